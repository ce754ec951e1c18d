"""Filters, reverb, compression, saturation: the small rack behind the mixes.

All of it works along the last axis, in float64: with 53 bits of mantissa two
machines may differ in the last bit of a sine, and the 16-bit files still agree.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy.ndimage import minimum_filter1d
from scipy.signal import butter, fftconvolve, lfilter, resample_poly, sosfilt

from common.seed import rng as seeded


@cache
def _sections(kind: str, order: int, cutoff: float, rate: int) -> np.ndarray:
    return butter(order, min(cutoff, 0.49 * rate), kind, fs=rate, output="sos")


def lowpass(x: np.ndarray, cutoff: float, rate: int, *, order: int = 2) -> np.ndarray:
    """Butterworth low-pass, causal."""
    return sosfilt(_sections("lowpass", order, cutoff, rate), x)


def highpass(x: np.ndarray, cutoff: float, rate: int, *, order: int = 2) -> np.ndarray:
    """Butterworth high-pass, causal."""
    return sosfilt(_sections("highpass", order, cutoff, rate), x)


def shelf(x: np.ndarray, cutoff: float, gain_db: float, rate: int) -> np.ndarray:
    """Lift or lower what lies above a frequency (first order)."""
    return x + (10 ** (gain_db / 20) - 1) * highpass(x, cutoff, rate, order=1)


def shaped_noise(
    rng: np.random.Generator, count: int, rate: int, shape: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """White noise with a spectrum of our choice, at unit power before shaping.

    `shape` maps frequencies in Hz, ``(freq,)``, to gains.
    """
    size = 1 << (count - 1).bit_length()
    spectrum = np.fft.rfft(rng.standard_normal(size))
    return np.fft.irfft(spectrum * shape(np.fft.rfftfreq(size, 1 / rate)))[:count]


def band(low: float, high: float, *, slope: float = 2.0) -> Callable[[np.ndarray], np.ndarray]:
    """A smooth band from `low` to `high` Hz, for `shaped_noise`."""

    def shape(f: np.ndarray) -> np.ndarray:
        f = np.maximum(f, 1.0)
        return 1 / np.sqrt((1 + (low / f) ** (2 * slope)) * (1 + (f / high) ** (2 * slope)))

    return shape


@cache
def reverb_impulse(
    name: str, channels: int, seconds: float, brightness: float, rate: int
) -> np.ndarray:
    """A room as decaying noise whose highs die first, ``(channel, sample)``, unit energy.

    Each channel has noise of its own, so that stereo rooms are wide.
    """
    count = int(seconds * rate)
    t = np.arange(count) / rate
    bands = [
        (80.0, 900.0, 1.0),
        (900.0, 3500.0, 0.5 + 0.4 * brightness),
        (3500.0, 9000.0, 0.15 + 0.6 * brightness),
    ]
    impulse = np.zeros((channels, count))
    for channel in range(channels):
        for number, (low, high, life) in enumerate(bands):
            noise = shaped_noise(
                seeded("reverb", name, channel, number), count, rate, band(low, high)
            )
            impulse[channel] += noise * np.exp(-6.9 * t / (seconds * life)) * (0.4 + 0.6 * life)
    impulse *= np.minimum(1, t / 0.004)
    impulse *= np.minimum(1, (seconds - t) / (0.2 * seconds))
    return impulse / np.sqrt(np.sum(impulse**2) / channels)


def reverb(x: np.ndarray, impulse: np.ndarray, *, delay: float, rate: int) -> np.ndarray:
    """The room's answer alone (no direct sound), as long as the input, `delay` seconds later."""
    wet = fftconvolve(x, impulse, axes=-1)[..., : x.shape[-1]]
    late = int(delay * rate)
    return np.concatenate(
        [np.zeros((*wet.shape[:-1], late)), wet[..., : wet.shape[-1] - late]], axis=-1
    )


def echo(x: np.ndarray, *, delay: float, feedback: float, rate: int) -> np.ndarray:
    """Repeats alone, each `feedback` times the one before and a little darker."""
    step = int(delay * rate)
    out = np.zeros_like(x)
    tap, gain = x, 1.0
    for repeat in range(1, 5):
        late = repeat * step
        if late >= x.shape[-1]:
            break
        tap, gain = lowpass(tap, 3500, rate, order=1), gain * feedback
        out[..., late:] += gain * tap[..., : x.shape[-1] - late]
    return out


def saturate(x: np.ndarray, drive: float) -> np.ndarray:
    """Soft clipping at twice the rate, so that the new harmonics do not fold back."""
    if drive <= 0:
        return x
    louder = resample_poly(x, 2, 1, axis=-1) * (1 + drive)
    return resample_poly(np.tanh(louder), 1, 2, axis=-1)[..., : x.shape[-1]] / np.tanh(1 + drive)


def compress(
    x: np.ndarray, rate: int, *, threshold_db: float, ratio: float, release: float = 0.15
) -> np.ndarray:
    """Turn down what is louder than the threshold below the signal's own peak level.

    One gain for all channels, computed on blocks of 64 samples.
    """
    block = 64
    level = np.sqrt(_blocks(np.mean(np.atleast_2d(x) ** 2, axis=0), block).mean(axis=-1) + 1e-12)
    over_db = 20 * np.log10(level / level.max()) - threshold_db
    reduction = np.maximum(0, over_db) * (1 - 1 / ratio)
    pole = np.exp(-block / (release * rate))
    smooth = np.maximum(reduction, lfilter([1 - pole], [1, -pole], reduction))
    gain = 10 ** (-smooth / 20)
    return x * np.interp(np.arange(x.shape[-1]), (np.arange(len(gain)) + 0.5) * block, gain)


def limiter_gain(x: np.ndarray, ceiling: float, rate: int) -> np.ndarray:
    """The gain, ``(sample,)`` in (0, 1], that keeps every peak of `x` under `ceiling`.

    Applied to every stem alike it limits the mixture and keeps it their sum.
    """
    peaks = np.abs(np.atleast_2d(x)).max(axis=0)
    need = np.minimum(1, ceiling / np.maximum(peaks, 1e-9))
    reach = int(0.006 * rate) | 1
    window = np.hanning(reach + 2)[1:-1]
    held = np.pad(minimum_filter1d(need, reach), reach // 2, mode="edge")
    return fftconvolve(held, window / window.sum(), mode="valid")


def duck(length: int, times: list[float], depth: float, rate: int) -> np.ndarray:
    """A gain, ``(sample,)``, that dips at each time (the kick) and recovers within 0.2 s."""
    gain = np.ones(length)
    t = np.arange(int(0.22 * rate)) / rate
    dip = 1 - depth * np.minimum(1, t / 0.006) * np.exp(-t / 0.07)
    for time in times:
        start = int(time * rate)
        piece = gain[start : start + len(dip)]
        np.minimum(piece, dip[: len(piece)], out=piece)
    return gain


def pan(x: np.ndarray, position: float, channels: int) -> np.ndarray:
    """Mono to ``(channel, sample)``; position -1 (left) to 1 (right), constant power."""
    if channels == 1:
        return x[None]
    angle = (position + 1) * np.pi / 4
    return np.sqrt(2) * np.stack([np.cos(angle) * x, np.sin(angle) * x])


def _blocks(x: np.ndarray, block: int) -> np.ndarray:
    return np.pad(x, (0, -len(x) % block)).reshape(-1, block)
