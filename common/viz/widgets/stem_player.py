"""StemPlayer: several sounds on one clock, heard one at a time or together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets
from matplotlib.figure import Figure

from common.stft import STFTConfig, stft
from common.viz.arrays import as_array
from common.viz.gains import note_on_gains, playing_gains
from common.viz.signals import LEVELS, spectrogram, waveform
from common.viz.style import SOURCE_COLORS, axes
from common.viz.widgets.bank import AudioBank
from common.viz.widgets.instrument import Instrument

SOFTEST, LOUDEST = -30.0, 12.0  # dB, of the reader's own gain
CODED_BAND = 0.9  # of the band: what lossy coding leaves as it is


class StemPlayer(Instrument, code="stem_player.js"):
    """Sounds that run together: A/B, solo, mute, gain, and a loop over a dragged region.

    Every parameter from `mode` on is a trait that follows what the reader does, so are ``chosen``
    (the name of the track heard in A/B), ``soloed``, ``muted`` (names), ``gains`` (name to dB) and
    ``region`` (start and end of the loop in seconds, or None).

    Parameters
    ----------
    sounds : mapping of str to array, (sample,) or (channel, sample), or AudioBank
        One or two channels each, all of one length, at most 60 s.
    rate : int, optional
        Hz; asked for with a mapping, known to a bank.
    match : bool
        Bring each sound to the level (root mean square) of the first, by at most 12 dB, and show
        each gain. Leave it off wherever level is the point.
    description : str
        What a reader who cannot see the pictures needs to be told about them together.
    credit : str
        Attribution and licence, shown under the tracks.
    config : STFTConfig
        Of the spectrograms.
    levels : (float, float)
        What they draw darkest and brightest, in dB relative to a full-scale sine.
    top : float, optional
        The highest frequency that they draw, in Hz.
    mode : {"A/B", "mix"}
        One track at a time, or all together.
    shown : {"waveform", "spectrogram", "none"}
        Pictures are of the sounds before any gain.

    Raises
    ------
    ValueError
        If there is nothing to play, or a sound is too long, of another length, or holds NaN.
    """

    mode = traitlets.Enum(("A/B", "mix"), "A/B").tag(sync=True)
    shown = traitlets.Enum(("waveform", "spectrogram", "none"), "waveform").tag(sync=True)
    chosen = traitlets.Unicode().tag(sync=True)
    soloed = traitlets.List(traitlets.Unicode()).tag(sync=True)
    muted = traitlets.List(traitlets.Unicode()).tag(sync=True)
    gains = traitlets.Dict().tag(sync=True)
    region = traitlets.Tuple(
        traitlets.Float(), traitlets.Float(), default_value=None, allow_none=True
    ).tag(sync=True)

    matched = traitlets.Bool().tag(sync=True)
    applied = traitlets.Dict().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    description = traitlets.Unicode().tag(sync=True)
    credit = traitlets.Unicode().tag(sync=True)
    colors = traitlets.Dict().tag(sync=True)
    spectrum = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        sounds: Mapping[str, Any] | AudioBank,
        *,
        rate: int | None = None,
        match: bool = False,
        description: str = "",
        credit: str = "",
        config: STFTConfig = STFTConfig(),
        levels: Sequence[float] = LEVELS,
        top: float | None = None,
        mode: str = "A/B",
        shown: str = "waveform",
    ) -> None:
        if isinstance(sounds, AudioBank):
            bank, exact = sounds, {name: sounds.sound(name) for name in sounds.names}
        elif rate is None:
            raise ValueError("rate: expected the sample rate of the sounds in Hz, got none")
        else:
            coding = "seen" if shown == "spectrogram" else "heard"
            bank = AudioBank(sounds, rate=rate, coding=coding)
            exact = {name: np.atleast_2d(as_array(x)) for name, x in sounds.items()}
        names = bank.names
        applied = playing_gains(exact, match=match, together=mode == "mix")
        self._config, self._levels = config, tuple(levels)
        lossy = any(entry["coding"] != "flac" for entry in bank.entries)
        self._top = min(top or np.inf, (CODED_BAND if lossy else 1.0) * bank.rate / 2)
        super().__init__(
            bank=bank,
            label=", ".join(names),
            mode=mode,
            shown=shown,
            chosen=names[0],
            matched=match,
            applied=applied,
            note=note_on_gains(applied, match),
            description=description,
            credit=credit,
            colors={name: SOURCE_COLORS[name] for name in names if name in SOURCE_COLORS},
            spectrum=spectrum_of(config, self._levels, self._top),
        )

    @traitlets.validate("chosen")
    def _one_track(self, proposal: dict) -> str:
        return self._known([proposal["value"]], "chosen")[0]

    @traitlets.validate("soloed", "muted")
    def _tracks(self, proposal: dict) -> list[str]:
        return self._known(proposal["value"], proposal["trait"].name)

    @traitlets.validate("gains")
    def _own_gains(self, proposal: dict) -> dict[str, float]:
        gains = proposal["value"]
        self._known(list(gains), "gains")
        return {name: float(np.clip(gain, SOFTEST, LOUDEST)) for name, gain in gains.items()}

    @traitlets.validate("region")
    def _part(self, proposal: dict) -> tuple[float, float] | None:
        region, end = proposal["value"], self.duration
        if region is not None and not 0 <= region[0] < region[1] <= end + 1e-6:
            raise traitlets.TraitError(
                f"region: expected None, or start and end in seconds with 0 <= start < end <= "
                f"{end:g}, got {region}"
            )
        return region

    def _known(self, names: list[str], what: str) -> list[str]:
        if strangers := [name for name in names if name not in self.bank.names]:
            raise traitlets.TraitError(
                f"{what}: expected names among {', '.join(self.bank.names)}, got {strangers}"
            )
        return names

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.bank.sound(self.bank.names[0]).shape[-1] / self.bank.rate

    def picture(self) -> Figure:
        """Return the tracks under one another, as the page draws them."""
        sounds, rate = {name: self.bank.sound(name) for name in self.bank.names}, self.bank.rate
        seen = self.shown == "spectrogram"
        grid = axes(len(sounds), width=7.2, height=1.5 if seen else 0.8, sharex=True)
        for ax, (name, x) in zip(np.atleast_1d(grid), sounds.items(), strict=True):
            if seen:
                spectrogram(
                    stft(x, self._config),
                    rate=rate,
                    config=self._config,
                    levels=self._levels,
                    top=self._top,
                    colorbar=False,
                    ax=ax,
                )
            else:
                waveform({name: x}, rate=rate, ax=ax)
                peak = max(float(np.abs(y).max()) for y in sounds.values()) or 1.0
                ax.set(ylim=(-peak, peak), ylabel="")
            gain = f" ({self.applied[name]:+.1f} dB)" if self.matched else ""
            ax.set_title(name + gain, loc="left", fontsize=9)
            ax.label_outer()
        return ax.figure


def spectrum_of(config: STFTConfig, levels: Sequence[float], top: float) -> dict[str, Any]:
    """What the page needs to draw spectrograms as `common.viz.spectrogram` does."""
    return {
        "windowLength": config.window_length,
        "hop": config.hop,
        "window": config.window,
        "fullScale": config.full_scale,
        "limits": list(levels),
        "top": float(top),
    }
