"""Sounds on the page: players under pictures, levels kept honest."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import soundfile

from common.checks import check_finite, check_positive
from common.stft import STFTConfig, stft
from common.viz.picture import to_svg
from common.viz.signals import LEVELS, spectrogram
from common.viz.style import axes

LONGEST = 6.0  # seconds of one clip that a page plays
HEADROOM = 0.89  # the loudest sample written: lossy coding adds up to a decibel
MOST_GAIN = 12.0  # dB, of a level match


class Sounds:
    """What ``listen`` and ``compare`` return: players, each under its own picture."""

    def __init__(self, panels: Mapping[str, str], note: str) -> None:
        self.panels, self.note = panels, note

    def __repr__(self) -> str:
        return f"<Sounds: {', '.join(self.panels)}>"

    def _repr_html_(self) -> str:
        columns = "repeat(auto-fit,minmax(min(100%,19rem),1fr))" if len(self.panels) > 1 else "1fr"
        cells = "".join(
            f'<figure style="margin:0;min-width:0">{panel}</figure>'
            for panel in self.panels.values()
        )
        note = f"<p><small>{html.escape(self.note)}</small></p>" if self.note else ""
        return (
            f'<div class="sounds" style="display:grid;gap:1rem;max-width:45rem;'
            f'grid-template-columns:{columns}">{cells}</div>{note}'
        )


def listen(
    sounds: Mapping[str, Any], *, rate: float, match: bool = False, credit: str = ""
) -> Sounds:
    """Return a player for each sound, all at one gain.

    Parameters
    ----------
    sounds : dict of name to array, (sample,) or (channel, sample)
        One or two channels, at most 6 s, all of one length.
    rate : float
        Hz.
    match : bool
        Bring each sound to the level (root mean square) of the first, by at most 12 dB, and say
        by how much. Leave it off wherever level is the point.
    credit : str
        Attribution and licence, shown under the players.

    Returns
    -------
    Sounds

    Raises
    ------
    ValueError
        If there is nothing to play, a sound is too long, or holds NaN.
    """
    clips, gains = _levelled(sounds, rate, match)
    panels = {
        name: _caption(name, gains[name] if match else 0.0) + _player(name, x, rate)
        for name, x in clips.items()
    }
    return Sounds(panels, _note(gains, match, credit))


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
) -> Sounds:
    """Return the spectrogram of each sound with its player under it, all at one gain.

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
    Sounds
    """
    clips, gains = _levelled(sounds, rate, match)
    panels = {}
    for name, x in clips.items():
        ax = axes(width=3.7 if len(clips) > 1 else 7.2, height=2.2 if len(clips) > 1 else 2.6)
        # drawn before any gain: level is what the picture is about
        spectrogram(
            stft(np.asarray(sounds[name]), config),
            rate=rate,
            config=config,
            levels=levels,
            top=top,
            colorbar=len(clips) == 1,
            ax=ax,
        )
        picture = to_svg(ax.figure, f"Spectrogram of {name}. {alt}")
        caption = _caption(name, gains[name] if match else 0.0)
        panels[name] = caption + picture + _player(name, x, rate)
    return Sounds(panels, _note(gains, match, credit))


def encode(x: np.ndarray, rate: float) -> bytes:
    """Return a sound, (channel, sample) within [-1, 1], as an MP3 file of about 6 KB a second."""
    out = io.BytesIO()
    soundfile.write(
        out,
        x.T,
        int(rate),
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="VARIABLE",
        compression_level=0.6,
    )
    return out.getvalue()


def _levelled(sounds, rate, match) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Sounds at the gain that they are played with, and that gain in dB."""
    check_positive(rate, "rate")
    if not sounds:
        raise ValueError("sounds: expected at least one, got none")
    clips = {}
    for name, x in sounds.items():
        x = np.atleast_2d(np.asarray(x, dtype=np.float32))
        check_finite(x, name)
        if x.ndim != 2 or x.shape[0] > 2:
            raise ValueError(
                f"{name}: expected (sample,) or (1 or 2 channels, sample), got {x.shape}"
            )
        if x.shape[-1] > LONGEST * rate + 1:
            raise ValueError(
                f"{name}: a page plays at most {LONGEST:g} s of a clip, got "
                f"{x.shape[-1] / rate:.1f} s; cut it, for example "
                f"x[..., :int({LONGEST:g} * rate)]"
            )
        clips[name] = x
    level = {
        name: 10 * np.log10(np.mean(x.astype(float) ** 2) + 1e-20) for name, x in clips.items()
    }
    first = next(iter(level.values()))
    gains = {
        name: float(np.clip(first - level[name], -MOST_GAIN, MOST_GAIN)) if match else 0.0
        for name in clips
    }
    peak = max(np.abs(x).max() * 10 ** (gains[name] / 20) for name, x in clips.items())
    shared = min(0.0, 20 * np.log10(HEADROOM / peak)) if peak > 0 else 0.0
    gains = {name: gain + shared for name, gain in gains.items()}
    return {name: x * np.float32(10 ** (gains[name] / 20)) for name, x in clips.items()}, gains


def _caption(name: str, gain: float) -> str:
    shown = f" ({gain:+.1f} dB)" if gain else ""
    return f"<figcaption><strong>{html.escape(name)}</strong>{shown}</figcaption>"


def _player(name: str, x: np.ndarray, rate: float) -> str:
    source = base64.b64encode(encode(x, rate)).decode()
    return (
        f'<audio controls aria-label="{html.escape(name, quote=True)}" style="width:100%" '
        f'src="data:audio/mpeg;base64,{source}"></audio>'
    )


def _note(gains: Mapping[str, float], match: bool, credit: str) -> str:
    said = []
    if match:
        said.append("Levels are matched to the first sound; each gain is shown.")
    elif min(gains.values()) < -0.05:
        said.append(f"All are played {-min(gains.values()):.1f} dB softer, so that none clips.")
    return " ".join([*said, credit]).strip()
