"""Sounds on the page: one alone in a plain player, several in a StemPlayer."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from typing import Any

import numpy as np

from common.checks import check_finite, check_positive
from common.stft import STFTConfig, stft
from common.viz.arrays import as_array
from common.viz.gains import note_on_gains, playing_gains
from common.viz.picture import to_svg
from common.viz.signals import LEVELS, spectrogram
from common.viz.style import axes
from common.viz.widgets.bank import to_mp3
from common.viz.widgets.stem_player import StemPlayer

LONGEST = 6.0  # seconds of one clip that a page plays


class Sound:
    """One sound in a plain player, under its picture where it has one."""

    def __init__(self, name: str, page: str) -> None:
        self.name, self.page = name, page

    def __repr__(self) -> str:
        return f"<Sound: {self.name}>"

    def _repr_html_(self) -> str:
        return self.page


def listen(
    sounds: Mapping[str, Any], *, rate: float, match: bool = False, credit: str = ""
) -> StemPlayer | Sound:
    """Return a player of the sounds, one heard at a time, all at one gain.

    Parameters
    ----------
    sounds : dict of name to array, (sample,) or (channel, sample)
        One or two channels, at most 6 s. A shorter sound ends in silence.
    rate : float
        Hz.
    match : bool
        Bring each sound to the level (root mean square) of the first, by at most 12 dB, and say
        by how much; they must be of one length. Leave it off wherever level is the point.
    credit : str
        Attribution and licence, shown under the player.

    Returns
    -------
    StemPlayer, or Sound where there is only one

    Raises
    ------
    ValueError
        If there is nothing to play, a sound is too long, or holds NaN.
    """
    clips = _checked(sounds, rate)
    if len(clips) == 1:
        return _alone(clips, rate, "", credit)
    return StemPlayer(_of_one_length(clips, match), rate=int(rate), match=match, credit=credit)


def compare(
    sounds: Mapping[str, Any],
    *,
    rate: float,
    alt: str,
    match: bool = False,
    credit: str = "",
    config: STFTConfig = STFTConfig(),
    levels: tuple = LEVELS,
    top: float | None = None,
) -> StemPlayer | Sound:
    """Return a player with the spectrogram of each sound, one heard at a time, all at one gain.

    Parameters
    ----------
    sounds, rate, match, credit
        As for `listen`.
    alt : str
        What a reader who cannot see the pictures needs to be told about them together.
    config, levels, top
        As for `spectrogram`.

    Returns
    -------
    StemPlayer, or Sound where there is only one
    """
    clips = _checked(sounds, rate)
    if len(clips) > 1:
        return StemPlayer(
            _of_one_length(clips, match),
            rate=int(rate),
            match=match,
            credit=credit,
            description=alt,
            config=config,
            levels=levels,
            top=top,
            shown="spectrogram",
        )
    ((name, x),) = clips.items()
    ax = axes(height=2.6)
    spectrogram(stft(x, config), rate=rate, config=config, levels=levels, top=top, ax=ax)
    return _alone(clips, rate, to_svg(ax.figure, f"Spectrogram of {name}. {alt}"), credit)


def _checked(sounds: Mapping[str, Any], rate: float) -> dict[str, np.ndarray]:
    check_positive(rate, "rate")
    if not sounds:
        raise ValueError("sounds: expected at least one, got none")
    clips = {}
    for name, x in sounds.items():
        x = np.atleast_2d(as_array(x, np.float32))
        check_finite(x, name)
        if x.ndim != 2 or x.shape[0] > 2 or x.shape[1] == 0:
            raise ValueError(
                f"{name}: expected (sample,) or (1 or 2 channels, sample) with at least "
                f"one sample, got {x.shape}"
            )
        if x.shape[-1] > LONGEST * rate + 1:
            raise ValueError(
                f"{name}: a page plays at most {LONGEST:g} s of a clip, got "
                f"{x.shape[-1] / rate:.1f} s; cut it, for example "
                f"x[..., :int({LONGEST:g} * rate)]"
            )
        clips[name] = x
    return clips


def _of_one_length(clips: Mapping[str, np.ndarray], match: bool) -> dict[str, np.ndarray]:
    lengths = {name: x.shape[1] for name, x in clips.items()}
    if match and len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ValueError(f"match: expected sounds of one length to compare in level, got {found}")
    longest = max(lengths.values())
    return {name: np.pad(x, ((0, 0), (0, longest - x.shape[1]))) for name, x in clips.items()}


def _alone(clips: Mapping[str, np.ndarray], rate: float, picture: str, credit: str) -> Sound:
    ((name, x),) = clips.items()
    gains = playing_gains(clips, match=False)
    source = base64.b64encode(to_mp3(x * np.float32(10 ** (gains[name] / 20)), rate)).decode()
    note = f"{note_on_gains(gains, False)} {credit}".strip()
    under = f"<p><small>{html.escape(note)}</small></p>" if note else ""
    return Sound(
        name,
        f'<figure class="sound" style="margin:0;max-width:45rem">'
        f"<figcaption><strong>{html.escape(name)}</strong></figcaption>{picture}"
        f'<audio controls aria-label="{html.escape(name, quote=True)}" style="width:100%" '
        f'src="data:audio/mpeg;base64,{source}"></audio></figure>{under}',
    )
