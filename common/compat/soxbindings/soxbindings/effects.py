"""SoX's effects on audio of shape ``(sample, channel)``, as functions.

Each was compared with SoX 14.4.2: tests/compat/test_soxbindings.py holds its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import soxr

# SoX's letters for the quality of a rate conversion are soxr's too.
QUALITIES = {"q": "QQ", "l": "LQ", "m": "MQ", "h": "HQ", "v": "VHQ"}

FADES = {
    "q": lambda t: np.sin(t * np.pi / 2),
    "h": lambda t: (1 - np.cos(t * np.pi)) / 2,
    "t": lambda t: t,
    "l": lambda t: 0.1 ** ((1 - t) * 5),
    "p": lambda t: 1 - (1 - t) ** 2,
}


def clip(x: np.ndarray) -> np.ndarray:
    """Limit to full scale, as SoX does after each effect."""
    return np.clip(x, -1.0, 1.0 - 2.0**-31)


def rate(x: np.ndarray, old: float, new: float, quality: str = "h") -> np.ndarray:
    """Resample from ``old`` to ``new`` Hz."""
    if old == new or not len(x):
        return x
    return soxr.resample(np.ascontiguousarray(x), old, new, QUALITIES[quality])


def channels(x: np.ndarray, count: int) -> np.ndarray:
    """Mix down to fewer channels, or repeat them for more."""
    have = x.shape[1]
    if count >= have:
        return x[:, np.arange(count) % have]
    return np.stack([x[:, i::count].mean(axis=1) for i in range(count)], axis=1)


def remix(x: np.ndarray, outputs: Sequence[Sequence[int]] | None) -> np.ndarray:
    """Average the named channels (counted from 1) for each output; None: all of them, to mono."""
    if outputs is None:
        return x.mean(axis=1, keepdims=True)
    if max((i for chosen in outputs for i in chosen), default=0) > x.shape[1]:
        raise ValueError(f"remix names a channel beyond the {x.shape[1]} of the input.")
    silence = np.zeros(len(x))
    return np.stack(
        [x[:, [i - 1 for i in chosen]].mean(axis=1) if chosen else silence for chosen in outputs],
        axis=1,
    )


def fade_in(x: np.ndarray, sample_rate: float, seconds: float, shape: str) -> np.ndarray:
    """Fade the beginning in over ``seconds``."""
    n = int(seconds * sample_rate + 0.5)
    curve = FADES[shape](np.arange(min(n, len(x))) / max(n, 1))
    y = x.copy()
    y[: len(curve)] *= curve[:, None]
    return y


def gain(x: np.ndarray, decibels: float, normalize: bool) -> np.ndarray:
    """Amplify; with ``normalize``, relative to a peak at full scale."""
    peak = np.abs(x).max(initial=0.0)
    factor = 10 ** (decibels / 20)
    return x * (factor / peak if normalize and peak > 0 else factor)


def trim(x: np.ndarray, sample_rate: float, start: float, end: float | None) -> np.ndarray:
    """Keep what lies between two times in seconds."""
    first = int(start * sample_rate + 0.5)
    if end is None:
        return x[first:]
    return x[first : first + int((end - start) * sample_rate + 0.5)]


def pad(x: np.ndarray, sample_rate: float, before: float, after: float) -> np.ndarray:
    """Add silence before and after, in seconds."""
    counts = [int(seconds * sample_rate + 0.5) for seconds in (before, after)]
    return np.pad(x, (counts, (0, 0)))
