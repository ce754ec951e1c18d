"""At what gain sounds are played beside each other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

LOUDEST = 0.89  # of full scale: where the loudest sample is brought, lest anything clip
MOST_GAIN = 12.0  # dB, of a level match


def playing_gains(
    sounds: Mapping[str, np.ndarray], *, match: bool, together: bool = False
) -> dict[str, float]:
    """Return the gain of each sound in dB, (channel, sample) each.

    Parameters
    ----------
    match : bool
        Bring each sound to the level (root mean square) of the first, by at most 12 dB.
    together : bool
        Leave room for their sum. In any case one gain, the same for all, keeps each from clipping.
    """
    gains = dict.fromkeys(sounds, 0.0)
    if match:
        level = {
            name: 10 * np.log10(np.mean(np.square(x, dtype=float)) + 1e-20)
            for name, x in sounds.items()
        }
        first = next(iter(level.values()))
        gains = {
            name: float(np.clip(first - level[name], -MOST_GAIN, MOST_GAIN)) for name in sounds
        }
    played = [x * 10 ** (gains[name] / 20) for name, x in sounds.items()]
    peak = max(float(np.abs(x).max()) for x in played)
    if together:
        both = sum(np.broadcast_to(x, (2, x.shape[1])) for x in played)  # mono sounds on both sides
        peak = max(peak, float(np.abs(both).max()))
    shared = min(0.0, 20 * np.log10(LOUDEST / peak)) if peak > 0 else 0.0
    return {name: gain + shared for name, gain in gains.items()}


def note_on_gains(gains: Mapping[str, float], match: bool) -> str:
    """Return what a listener needs to be told about the gains, if anything."""
    if match:
        return "Levels are matched to the first sound; each gain is shown."
    if (least := min(gains.values())) < -0.05:
        return f"All are played {-least:.1f} dB softer, so that none clips."
    return ""
