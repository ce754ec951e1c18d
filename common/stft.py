"""The short-time Fourier transform and its inverse, for NumPy arrays and torch tensors alike.

The chapter *spectrograms* builds it; every other chapter imports it from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.fft
import scipy.signal

from common.checks import (
    backend,
    check_complex,
    check_dimensions,
    check_floating,
    is_tensor,
)

WINDOWS = ("sqrt_hann", "hann", "hamming", "blackman", "boxcar")
LEAST_COVERAGE = 0.02  # of the peak: dividing by less would lift the rounding of float32 above 1e-6


@dataclass(frozen=True)
class STFTConfig:
    """How a signal is cut into frames.

    Parameters
    ----------
    window_length : int
        Samples in a frame; even.
    hop : int
        Samples from one frame to the next.
    window : str
        One of ``WINDOWS``, periodic; used before the transform and again after the inverse.

    Raises
    ------
    ValueError
        If the window is unknown, a length does not fit, or the squared windows, laid `hop` apart,
        leave samples uncovered (the NOLA condition: no inverse could bring those samples back).
    """

    window_length: int = 1024
    hop: int = 256
    window: str = "sqrt_hann"

    def __post_init__(self) -> None:
        if self.window not in WINDOWS:
            raise ValueError(f"window: expected one of {', '.join(WINDOWS)}, got {self.window!r}")
        if self.window_length < 2 or self.window_length % 2:
            raise ValueError(f"window_length: expected an even number, got {self.window_length}")
        if not 1 <= self.hop <= self.window_length:
            raise ValueError(
                f"hop: expected 1 to window_length = {self.window_length} samples, got {self.hop}"
            )
        squared = np.pad(window(self) ** 2, (0, -self.window_length % self.hop))
        coverage = squared.reshape(-1, self.hop).sum(axis=0)  # far from the edges, periodic
        if coverage.min() < LEAST_COVERAGE * coverage.max():
            raise ValueError(
                f"a {self.window} window of {self.window_length} samples with a hop of {self.hop} "
                f"leaves samples all but uncovered: its squares, added up, fall to "
                f"{coverage.min():.1e} (NOLA). Take a smaller hop, for example "
                f"{self.window_length // 2}."
            )

    @property
    def full_scale(self) -> float:
        """Magnitude of a sine of amplitude 1 whose frequency falls on a bin."""
        return float(window(self).sum() / 2)

    def frequencies(self, rate: float) -> np.ndarray:
        """Centre frequency of each bin in Hz, (freq,), for a sample rate in Hz."""
        return np.fft.rfftfreq(self.window_length, 1 / rate)

    def times(self, frames: int, rate: float) -> np.ndarray:
        """Centre of each frame in seconds, (frame,), for a sample rate in Hz."""
        return np.arange(frames) * self.hop / rate


@lru_cache(maxsize=32)
def window(config: STFTConfig) -> np.ndarray:
    """Return the window of `config`, (window_length,), float64."""
    name = "hann" if config.window == "sqrt_hann" else config.window
    w = scipy.signal.get_window(name, config.window_length, fftbins=True)
    w = np.sqrt(w) if config.window == "sqrt_hann" else w
    w.flags.writeable = False
    return w


def stft(x: Any, config: STFTConfig = STFTConfig()) -> Any:
    """Short-time Fourier transform.

    Frame t is centred on sample t * hop; zeros are put before the first and after the last sample,
    so that every sample lies in the middle of some frame.

    Parameters
    ----------
    x : array or tensor, (..., sample), float32 or float64
    config : STFTConfig

    Returns
    -------
    array or tensor, (..., freq, frame), complex
        ``window_length // 2 + 1`` frequencies, ``1 + ceil(sample / hop)`` frames.

    Raises
    ------
    TypeError, ValueError
        If `x` is no real floating-point array or has no samples.

    Notes
    -----
    Allen and Rabiner (1977), "A unified approach to short-time Fourier analysis and synthesis".

    Examples
    --------
    >>> import numpy as np
    >>> from common.stft import istft, magnitude, stft
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)  # one second
    >>> X = stft(tone)
    >>> X.shape  # (freq, frame)
    (513, 88)
    >>> loudest = magnitude(X)[:, 40].argmax()
    >>> round(float(STFTConfig().frequencies(22050)[loudest]))  # Hz; the bins lie 22 Hz apart
    431
    """
    check_floating(x, "x")
    check_dimensions(x, "x", ("sample",))
    if x.shape[-1] == 0:
        raise ValueError(f"x: expected at least one sample, got shape {tuple(x.shape)}")
    half = config.window_length // 2
    to_grid = -x.shape[-1] % config.hop
    frames = _frames(_pad(x, half, half + to_grid), config)  # (..., frame, sample)
    spectra = _rfft(frames * _window_like(x, config))  # (..., frame, freq)
    return _swap(spectra)  # (..., freq, frame)


def istft(X: Any, *, length: int, config: STFTConfig = STFTConfig()) -> Any:
    """Inverse short-time Fourier transform: the least-squares signal for `X`.

    Parameters
    ----------
    X : array or tensor, (..., freq, frame), complex
        What `stft` returned, or a modification of it, under the same `config`.
    length : int
        Samples to return; the zeros that `stft` put around the signal are cut off.
    config : STFTConfig

    Returns
    -------
    array or tensor, (..., sample), real

    Raises
    ------
    TypeError, ValueError
        If `X` is not complex, or its shape does not fit `config` and `length`.

    Notes
    -----
    Griffin and Lim (1984), "Signal estimation from modified short-time Fourier transform", eq. 6.

    Examples
    --------
    >>> import numpy as np
    >>> from common.stft import istft, stft
    >>> noise = np.random.default_rng(0).standard_normal((2, 5000))  # (channel, sample)
    >>> np.allclose(istft(stft(noise), length=5000), noise)
    True
    """
    check_complex(X, "X")
    check_dimensions(X, "X", ("freq", "frame"))
    expected = (config.window_length // 2 + 1, 1 + -(-length // config.hop))
    if tuple(X.shape[-2:]) != expected:
        raise ValueError(
            f"X: expected (freq, frame) = {expected} for {length} samples and {config}, "
            f"got {tuple(X.shape[-2:])}; pass the length and config that stft had"
        )
    frames = _irfft(_swap(X), config.window_length)  # (..., frame, sample)
    w = _window_like(frames, config)
    signal = _overlap_add(frames * w, config.hop)  # (..., sample)
    coverage = _overlap_add(backend(w).tile(w * w, (frames.shape[-2], 1)), config.hop)
    inside = slice(config.window_length // 2, config.window_length // 2 + length)
    return signal[..., inside] / coverage[inside]


def magnitude(X: Any) -> Any:
    """Return the magnitude of a spectrogram, same shape, real and not negative."""
    check_complex(X, "X")
    return backend(X).abs(X)


def phase(X: Any) -> Any:
    """Return the phase of a spectrogram in radians, same shape, in (-pi, pi]."""
    check_complex(X, "X")
    return backend(X).angle(X)


def decibels(magnitude: Any, *, reference: float = 1.0, floor: float = -80.0) -> Any:
    """Return magnitudes as levels in decibels, never below the floor.

    Parameters
    ----------
    magnitude : array or tensor, any shape, not negative
    reference : float
        The magnitude that is 0 dB, for example ``STFTConfig().full_scale``.
    floor : float
        The lowest level, in dB; silence gets this.

    Returns
    -------
    array or tensor, same shape, in dB

    Examples
    --------
    >>> import numpy as np
    >>> decibels(np.array([1.0, 0.5, 0.0])).round(1)
    array([  0.,  -6., -80.])
    """
    xp = backend(magnitude)
    return 20 * xp.log10(xp.clip(magnitude / reference, 10 ** (floor / 20), None))


def _window_like(x: Any, config: STFTConfig) -> Any:
    w = window(config)
    return (
        backend(x).tensor(w, dtype=x.dtype, device=x.device) if is_tensor(x) else w.astype(x.dtype)
    )


def _pad(x: Any, before: int, after: int) -> Any:
    if before == after == 0:
        return x
    if is_tensor(x):
        return backend(x).nn.functional.pad(x, (before, after))
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(before, after)])


def _frames(x: Any, config: STFTConfig) -> Any:
    if is_tensor(x):
        return x.unfold(-1, config.window_length, config.hop)
    views = np.lib.stride_tricks.sliding_window_view(x, config.window_length, axis=-1)
    return views[..., :: config.hop, :]


def _rfft(frames: Any) -> Any:
    return backend(frames).fft.rfft(frames) if is_tensor(frames) else scipy.fft.rfft(frames)


def _irfft(spectra: Any, length: int) -> Any:
    fft = backend(spectra).fft if is_tensor(spectra) else scipy.fft
    return fft.irfft(spectra, length)


def _swap(x: Any) -> Any:
    return x.swapaxes(-1, -2)


def _overlap_add(frames: Any, hop: int) -> Any:
    """Add frames, (..., frame, sample), that start `hop` apart: (..., sample)."""
    *batch, count, length = frames.shape
    overlap = -(-length // hop)
    pieces = _pad(frames, 0, overlap * hop - length).reshape(*batch, count, overlap, hop)
    shape = (*batch, count + overlap - 1, hop)
    total = frames.new_zeros(shape) if is_tensor(frames) else np.zeros(shape, frames.dtype)
    for late in range(overlap):  # few: the overlap factor
        total[..., late : late + count, :] += pieces[..., late, :]
    return total.reshape(*batch, -1)
