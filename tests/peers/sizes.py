"""How long each axis is in the tests of the peers: primes, so that no two are mistaken."""

import re

BATCH, SOURCES, CHANNELS, FRAMES, MELS, HIDDEN, FEATURES, BINS = 2, 3, 5, 7, 11, 13, 17, 127
SIZES = {"batch": BATCH, "source": SOURCES, "channel": CHANNELS, "frame": FRAMES, "mel": MELS,
         "hidden": HIDDEN, "feature": FEATURES, "freq": BINS, "1": 1}  # fmt: skip


def shape(axes):
    """``"batch, 2 freq, frame"`` in numbers."""
    found = (re.fullmatch(r"(?:(\d) )?(\w+)", axis) for axis in axes.split(", "))
    return [int(axis[1] or 1) * SIZES[axis[2]] for axis in found]
