"""StftExplorer: the short-time Fourier transform with all its choices under the reader's hands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets
from matplotlib.figure import Figure

from common.stft import LEAST_COVERAGE, WINDOWS, STFTConfig, istft, magnitude, stft, window
from common.viz.signals import LEVELS, spectrogram
from common.viz.style import axes, style
from common.viz.widgets.bank import AudioBank, exact_bank
from common.viz.widgets.instrument import Instrument

LENGTHS = tuple(2**k for k in range(7, 14))
SHARES = (1.0, 0.75, 0.5, 0.375, 0.25, 0.125)
LOWEST, HIGHEST = -120.0, 20.0  # dB, of what can be drawn darkest and brightest


class StftExplorer(Instrument, code="stft_explorer.js"):
    """Spectrogram, one frame of it, and what the inverse gives back, for any window and hop.

    Unlike `STFTConfig`, it takes settings that leave samples all but uncovered, says so, and plays
    what comes back then: silence at those samples.

    Every parameter from `window_length` on is a trait that follows what the reader does.

    Parameters
    ----------
    sounds : array, (sample,) or (channel, sample); or mapping of str to array; or AudioBank
        One sound, or several to choose from, of one length.
    rate : int, optional
        Hz; asked for with arrays, known to a bank.
    label : str, optional
        What a screen reader calls the instrument.
    chosen : str, optional
        The sound that is looked at; the first, unless it is said.
    window_length : int
        Samples in a frame, one of ``LENGTHS``.
    hop_share : float
        The hop as a share of the window, one of ``SHARES``.
    window : str
        One of ``common.stft.WINDOWS``.
    phase : {"kept", "zero", "random"}
        What the inverse is made of: the magnitudes with their own phases, with phases of 0, or with
        random ones, drawn by `mulberry32` from `seed`, frame by frame.
    seed : int
    listen : {"original", "inverse"}
        What is heard.
    levels : (float, float)
        What is drawn darkest and brightest, in dB relative to a full-scale sine.
    top : float
        Highest frequency drawn, in Hz.
    time : float
        Seconds: where the sound stands, and with it the frame that is shown.

    Raises
    ------
    ValueError, TraitError
        If a sound cannot be used, or a setting is none of those above.
    """

    chosen = traitlets.Unicode().tag(sync=True)
    window_length = traitlets.Enum(LENGTHS, 1024).tag(sync=True)
    hop_share = traitlets.Enum(SHARES, 0.25).tag(sync=True)
    window = traitlets.Enum(WINDOWS, "sqrt_hann").tag(sync=True)
    phase = traitlets.Enum(("kept", "zero", "random"), "kept").tag(sync=True)
    seed = traitlets.Int(0, min=0, max=2**31 - 1).tag(sync=True)
    listen = traitlets.Enum(("original", "inverse"), "inverse").tag(sync=True)
    levels = traitlets.Tuple(traitlets.Float(), traitlets.Float(), default_value=LEVELS).tag(
        sync=True
    )
    top = traitlets.Float(8000.0, min=100.0).tag(sync=True)
    time = traitlets.Float(0.0, min=0.0).tag(sync=True)

    def __init__(
        self,
        sounds: Any | Mapping[str, Any] | AudioBank,
        *,
        rate: int | None = None,
        label: str = "",
        chosen: str | None = None,
        window_length: int = 1024,
        hop_share: float = 0.25,
        window: str = "sqrt_hann",
        phase: str = "kept",
        seed: int = 0,
        listen: str = "inverse",
        levels: Sequence[float] = LEVELS,
        top: float = 8000.0,
        time: float = 0.0,
    ) -> None:
        bank = exact_bank(sounds, rate)
        super().__init__(
            bank=bank,
            label=label or f"The transform of {', '.join(bank.names)}",
            chosen=bank.names[0] if chosen is None else chosen,
            window_length=window_length,
            hop_share=hop_share,
            window=window,
            phase=phase,
            seed=seed,
            listen=listen,
            levels=tuple(levels),
            top=min(float(top), bank.rate / 2),
            time=time,
        )

    @traitlets.validate("chosen")
    def _one_of_the_bank(self, proposal: dict) -> str:
        if proposal["value"] not in self.bank.names:
            raise traitlets.TraitError(
                f"chosen: expected one of {', '.join(self.bank.names)}, got {proposal['value']!r}"
            )
        return proposal["value"]

    @traitlets.validate("levels")
    def _darkest_first(self, proposal: dict) -> tuple[float, float]:
        low, high = proposal["value"]
        if not LOWEST <= low < high <= HIGHEST:
            raise traitlets.TraitError(
                f"levels: expected darkest and brightest in dB, {LOWEST:g} <= darkest < brightest "
                f"<= {HIGHEST:g}, got {low:g} and {high:g}"
            )
        return low, high

    @property
    def sound(self) -> np.ndarray:
        """The sound that is looked at, (channel, sample) float32."""
        return self.bank.sound(self.chosen)

    @property
    def hop(self) -> int:
        """Samples from one frame to the next."""
        return int(self.window_length * self.hop_share)

    @property
    def stft_config(self) -> STFTConfig:
        """The settings for `common.stft`, which refuses those that leave samples uncovered."""
        return STFTConfig(self.window_length, self.hop, self.window)

    @property
    def spectrogram(self) -> np.ndarray:
        """The transform of the sound, with its phases as chosen, (channel, freq, frame) complex."""
        X = stft(self.sound.astype(float), self._cut)  # (channel, freq, frame)
        if self.phase == "zero":
            return magnitude(X).astype(complex)
        if self.phase == "random":
            channels, bins, frames = X.shape
            drawn = mulberry32(self.seed, X.size).reshape(channels, frames, bins)
            return magnitude(X) * np.exp(2j * np.pi * drawn.swapaxes(-1, -2))
        return X

    @property
    def inverse(self) -> np.ndarray:
        """What the page plays as the inverse, (channel, sample) float32."""
        samples, hop, half = self.sound.shape[-1], self.hop, self.window_length // 2
        squared = window(self._cut) ** 2  # (sample,)
        frames = 1 + -(-samples // hop)
        sums = np.zeros((frames - 1) * hop + 2 * half)
        for t in range(frames):
            sums[t * hop : t * hop + 2 * half] += squared
        with np.errstate(divide="ignore", invalid="ignore"):
            y = istft(self.spectrogram, length=samples, config=self._cut)  # (channel, sample)
        covered = sums[half : half + samples] >= LEAST_COVERAGE * self._coverage.max()
        return np.where(covered, y, 0).astype(np.float32)

    @property
    def readings(self) -> dict[str, Any]:
        """What the page prints.

        ``frame`` in ms, ``spacing`` of bins in Hz, number of ``frames``, ``coverage`` (least and
        greatest sum of the squared windows), share of samples ``uncovered``, and ``error`` of the
        inverse in dB relative to the sound.
        """
        x, coverage = self.sound.astype(float), self._coverage
        off, power = np.sum((self.inverse - x) ** 2), np.sum(x**2)
        with np.errstate(divide="ignore"):
            error = 10 * np.log10(off / power) if power > 0 else np.nan
        return {
            "frame": 1000 * self.window_length / self.bank.rate,
            "spacing": self.bank.rate / self.window_length,
            "frames": 1 + -(-x.shape[-1] // self.hop),
            "coverage": (float(coverage.min()), float(coverage.max())),
            "uncovered": float(np.mean(coverage < LEAST_COVERAGE * coverage.max())),
            "error": float(error),
        }

    @property
    def _cut(self) -> Cut:
        return Cut(self.window_length, self.hop, self.window)

    @property
    def _coverage(self) -> np.ndarray:
        """The squared windows added up, far from the edges, from one frame to the next, (hop,)."""
        squared = window(self._cut) ** 2
        return np.pad(squared, (0, -len(squared) % self.hop)).reshape(-1, self.hop).sum(axis=0)

    def picture(self) -> Figure:
        """Return the spectrogram, and under it the frame at `time` and its spectrum."""
        rate, N, cut = self.bank.rate, self.window_length, self._cut
        x = self.sound.astype(float)
        X = stft(x, cut)
        t = min(int(self.time * rate / self.hop + 0.5), X.shape[-1] - 1)
        padded = np.pad(x.mean(axis=0), (N // 2, N + self.hop))
        frame = window(cut) * padded[t * self.hop : t * self.hop + N]
        power = (magnitude(X[..., t]) ** 2).mean(axis=0)  # (freq,)
        level = 10 * np.log10(np.maximum(power / cut.full_scale**2, 1e-12))
        above, left, right = _layout()
        spectrogram(
            X, rate=rate, config=cut, levels=self.levels, top=self.top, colorbar=False, ax=above
        )
        with style():
            above.axvline(t * self.hop / rate, color="white", linewidth=0.8)
            above.set(title=f"{self.chosen}: {self.window} window of {N} samples, hop {self.hop}")
            left.plot(1000 * np.arange(N) / rate, frame)
            left.set(title="frame, windowed", xlabel="time (ms)", ylabel="amplitude")
            right.plot(cut.frequencies(rate) / 1000, level)
            right.set(title="its spectrum", xlabel="frequency (kHz)", ylabel="level (dB)")
            right.set(xlim=(0, self.top / 1000), ylim=self.levels)
        return above.figure


class Cut(STFTConfig):
    """Frames of any kind, also those that no inverse could be made of."""

    def __post_init__(self) -> None:
        """Leave out what `STFTConfig` makes sure of: here, the reader is to hear it."""


def _layout() -> tuple:
    """Return axes: one across, two under it."""
    (above, other), (left, right) = axes(2, 2, height=2.0)
    grid = above.get_gridspec()
    other.remove()
    above.set_subplotspec(grid[0, :])
    return above, left, right


def mulberry32(seed: int, count: int) -> np.ndarray:
    """Return the first numbers of Tommy Ettinger's generator mulberry32, in [0, 1), (count,).

    Each is a hash of its place in the sequence, so that a page and NumPy draw the same.
    """
    a = np.uint32(seed) + np.arange(1, count + 1, dtype=np.uint32) * np.uint32(0x6D2B79F5)
    t = (a ^ (a >> 15)) * (1 | a)
    t = (t + (t ^ (t >> 7)) * (61 | t)) ^ t
    return (t ^ (t >> 14)) / 2**32
