"""The signal that SoX's golden numbers were made from; no file and no random generator."""

from __future__ import annotations

import numpy as np

RATE = 8000


def signal() -> np.ndarray:
    """One second in stereo, ``(sample, channel)``: decaying notes, a little noise, a silence."""
    n = np.arange(RATE)
    t = n / RATE
    decay = np.exp(-6 * ((4 * t) % 1))
    noise = ((n * 7919) % 1009) / 1009 - 0.5
    left = decay * (
        0.3 * np.sin(2 * np.pi * 220 * t) + 0.2 * np.sin(2 * np.pi * (300 + 200 * t) * t)
    )
    right = 0.4 * decay * np.sin(2 * np.pi * 331 * t) + 0.05 * noise
    x = np.stack([left, right], axis=1)
    x[3000:3600] = 0
    return x
