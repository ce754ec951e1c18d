"""Change a recording's tempo and keep its pitch, by WSOLA as ``sox tempo`` does it.

Verhelst and Roelands, "An overlap-add technique based on waveform similarity (WSOLA)
for high quality time-scale modification of speech", ICASSP 1993. The lengths and the
search follow SoX 14.4.2, so that the result is the same to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# audio_type: segment in ms, how it shrinks with the factor, and the divisors of the segment
# that give overlap and search.
PROFILES = {
    None: (82, 0.0, 6.833, 5.587),
    "m": (82, 1.0, 7.0, 6.0),
    "s": (35, 0.33, 2.5, 2.14),
    "l": (20, 1.0, 2.0, np.inf),
}


@dataclass(frozen=True)
class Lengths:
    """Lengths in samples: of a segment, its cross-fade, and the search for the best place."""

    segment: int
    overlap: int
    search: int

    @classmethod
    def of(cls, rate: float, factor: float, audio_type: str | None) -> Lengths:
        """Return SoX's lengths for a sample rate, a factor and a kind of audio."""
        milliseconds, power, overlap_divisor, search_divisor = PROFILES[audio_type]
        milliseconds = max(10.0, milliseconds / max(factor**power, 1.0))
        segment = int(rate * milliseconds / 1000 + 0.5)
        search = int(rate * milliseconds / search_divisor / 1000 + 0.5)
        overlap_ms = min(milliseconds / overlap_divisor, milliseconds / 2)
        overlap = int(max(rate * overlap_ms / 1000 + 4.5, 16)) // 8 * 8
        if overlap * 2 > segment:
            overlap -= 8
        return cls(segment, overlap, search)


def tempo(
    x: np.ndarray, rate: float, factor: float, audio_type: str | None = None, quick: bool = False
) -> np.ndarray:
    """Play ``x`` ``factor`` times as fast.

    Parameters
    ----------
    x
        Audio, ``(sample, channel)``.
    rate
        Sample rate in Hz.
    factor
        New tempo over old tempo.
    audio_type
        None, or "m" for music, "s" for speech, "l" for a factor near to 1.
    quick
        Search coarsely first: faster, and a little rougher.
    """
    if factor == 1 or not len(x):
        return x.copy()
    lengths = Lengths.of(rate, factor, audio_type)
    search, overlap, stride = lengths.search, lengths.overlap, lengths.segment - lengths.overlap
    n_out = int(len(x) / factor + 0.5)
    n_segments = -(-n_out // stride)
    starts = (factor * stride * np.arange(n_segments) + 0.5).astype(int)
    starts[0] = 0
    n_padded = starts[-1] + search + lengths.segment
    padded = np.zeros((max(n_padded, search // 2 + len(x)), x.shape[1]))
    padded[search // 2 : search // 2 + len(x)] = x

    fade_in = (np.arange(overlap) / overlap)[:, None]
    y = np.empty((n_segments * stride, x.shape[1]))
    tail = None
    for i, start in enumerate(starts):
        if tail is None:
            offset = search // 2
        else:
            find = _best_offset_quick if quick else _best_offset
            offset = find(padded[start : start + search + overlap], tail, search)
        segment = padded[start + offset : start + offset + lengths.segment].copy()
        if tail is not None:
            segment[:overlap] = tail * (1 - fade_in) + segment[:overlap] * fade_in
        y[i * stride : (i + 1) * stride] = segment[:stride]
        tail = segment[stride:]
    return y[:n_out]


def _difference(candidates: np.ndarray, tail: np.ndarray, offset: int) -> float:
    return float(np.square(candidates[offset : offset + len(tail)] - tail).sum())


def _best_offset(candidates: np.ndarray, tail: np.ndarray, search: int) -> int:
    """Return the first of the ``search`` offsets where the candidates are most like the tail."""
    if search < 2:
        return 0
    n = len(tail)
    energy = np.concatenate([[0.0], np.square(candidates).sum(axis=1).cumsum()])
    n_fft = 1 << (len(candidates) - 1).bit_length()
    spectra = np.fft.rfft(candidates, n_fft, axis=0) * np.fft.rfft(tail, n_fft, axis=0).conj()
    likeness = np.fft.irfft(spectra.sum(axis=1), n_fft)[:search]
    # |a - b|^2 without |b|^2. It rounds, so compare what is nearly best exactly.
    differences = (energy[n : n + search] - energy[:search]) - 2 * likeness
    nearly_best = np.flatnonzero(differences <= differences.min() + 1e-12 * (1e-9 + energy[-1]))
    best, least = int(nearly_best[0]), np.inf
    if len(nearly_best) > 1:
        for offset in nearly_best:
            difference = _difference(candidates, tail, offset)
            if difference < least:
                best, least = int(offset), difference
            if difference == 0:  # in silence there are many
                break
    return best


def _best_offset_quick(candidates: np.ndarray, tail: np.ndarray, search: int) -> int:
    """Look around the middle in steps of 64, then around the best so far in 16, 4 and 1."""
    best = middle = (search + 1) // 2
    least = _difference(candidates, tail, best)
    for step in (64, 16, 4, 1):
        for sign in (-1, 1):
            for j in range(1, search if step == 64 else 4):
                offset = middle + sign * j * step
                if not 0 <= offset < search:
                    break
                difference = _difference(candidates, tail, offset)
                if difference < least:
                    least, best = difference, offset
        middle = best
    return best
