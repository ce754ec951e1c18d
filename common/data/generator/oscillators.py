"""Oscillators without aliasing: tables of one period, read at any pitch."""

from __future__ import annotations

from functools import cache

import numpy as np

TABLE = 2048


def hertz(pitch: float | np.ndarray) -> float | np.ndarray:
    """Frequency of a MIDI pitch; 69 is 440 Hz."""
    return 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)


def read(table: np.ndarray, cycles: np.ndarray) -> np.ndarray:
    """Look a table of one period (its first value repeated at the end) up at a phase in cycles."""
    position = (cycles - np.floor(cycles)) * TABLE
    index = position.astype(np.int32)
    low = table[index]
    return low + (position - index) * (table[index + 1] - low)


@cache
def table(shape: str, harmonics: int) -> np.ndarray:
    """One period of a ``"saw"``, ``"square"`` or ``"triangle"`` with so many harmonics, and no more."""
    k = np.arange(1, min(harmonics, TABLE // 2 - 1) + 1)
    odd = k % 2 == 1
    amplitudes = {
        "saw": 1 / k,
        "square": odd * 2 / k,
        "triangle": odd * 2 * (-1.0) ** (k // 2) / k**2,
    }
    spectrum = np.zeros(TABLE // 2 + 1, complex)
    # A cosine taper over the last third keeps the edge of the table from ringing.
    taper = np.clip(3 * (1 - k / (k[-1] + 1)), 0, 1)
    spectrum[k] = -0.5j * TABLE * amplitudes[shape] * np.sin(0.5 * np.pi * taper)
    period = np.fft.irfft(spectrum) * 2 / np.pi
    return np.append(period, period[0])


def classic(shape: str, frequency: float, cycles: np.ndarray, rate: int) -> np.ndarray:
    """An analogue waveform at a phase, band-limited for the given frequency."""
    return read(table(shape, max(1, int(0.48 * rate / frequency))), cycles)


def swept(
    hollow: float, frequency: float, cycles: np.ndarray, cutoff: np.ndarray, rate: int
) -> np.ndarray:
    """A saw (0) that turns into a square wave (1) behind a low-pass that moves.

    `cutoff` is ``(sample,)`` in Hz. The filter is a blend between two neighbours of
    a row of tables with ever more harmonics, an octave apart: cheap, and it cannot
    become unstable.
    """
    limit = 0.48 * rate / frequency
    octaves = np.clip(np.log2(np.maximum(cutoff, 1.0) / frequency), 0, np.log2(limit))
    step = np.floor(octaves).astype(np.int32)
    harmonics = [max(1, int(min(2.0**octave, limit))) for octave in range(int(step.max()) + 2)]
    rows = np.stack(
        [(1 - hollow) * table("saw", k) + hollow * table("square", k) for k in harmonics]
    )
    position = (cycles - np.floor(cycles)) * TABLE
    index = position.astype(np.int32)
    part = position - index
    low = rows[step, index] * (1 - part) + rows[step, index + 1] * part
    high = rows[step + 1, index] * (1 - part) + rows[step + 1, index + 1] * part
    return low + (octaves - step) * (high - low)


def fade(x: np.ndarray, rate: int, *, start: float = 0.0008, end: float = 0.006) -> np.ndarray:
    """Ramp the first and last milliseconds of a sound so that it cannot click."""
    count = x.shape[-1]
    for length, edge in ((start, slice(None)), (end, slice(None, None, -1))):
        ramp = min(int(length * rate), count)
        x[..., edge][..., :ramp] *= (
            np.sin(0.5 * np.pi * (np.arange(ramp) + 0.5) / max(ramp, 1)) ** 2
        )
    return x
