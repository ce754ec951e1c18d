"""Loudness as a meter shows it: ITU-R BS.1770, K-weighted and gated."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter


def _k_weighting(rate: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The two biquads of BS.1770-4 at any rate (De Man 2014)."""
    filters = []
    for kind, centre, quality, gain_db in (
        ("shelf", 1681.974, 0.7071752, 3.999844),
        ("high", 38.13547, 0.5003270, 0.0),
    ):
        k = np.tan(np.pi * centre / rate)
        norm = 1 + k / quality + k * k
        a = np.array([1, 2 * (k * k - 1) / norm, (1 - k / quality + k * k) / norm])
        if kind == "high":
            b = np.array([1.0, -2.0, 1.0])
        else:
            high = 10 ** (gain_db / 20)
            mid = high**0.4996667741545416
            b = (
                np.array(
                    [
                        high + mid * k / quality + k * k,
                        2 * (k * k - high),
                        high - mid * k / quality + k * k,
                    ]
                )
                / norm
            )
        filters.append((b, a))
    return filters


def loudness(x: np.ndarray, rate: int) -> float:
    """Integrated loudness in LUFS of ``(channel, sample)``; -inf for silence.

    Blocks of 0.4 s every 0.1 s; first the absolute gate at -70 LUFS, then the
    relative one 10 LU below what is left: rests do not count.
    """
    weighted = np.atleast_2d(x)
    for b, a in _k_weighting(rate):
        weighted = lfilter(b, a, weighted)
    step = int(0.1 * rate)
    power = np.sum(weighted**2, axis=0)
    tenths = power[: len(power) // step * step].reshape(-1, step).mean(axis=1)
    if len(tenths) < 4:
        return float("-inf")
    blocks = np.convolve(tenths, np.full(4, 0.25), mode="valid")
    blocks = blocks[blocks > _power(-70.0)]
    if not len(blocks):
        return float("-inf")
    blocks = blocks[blocks > 0.1 * blocks.mean()]
    return float(10 * np.log10(blocks.mean()) - 0.691)


def _power(lufs: float) -> float:
    return 10 ** ((lufs + 0.691) / 10)
