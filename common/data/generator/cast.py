"""Who plays where: singers, presets and chord loops, divided among the splits.

A preset is a point in the unit cube of its family's parameters. Points are thrown
at random and kept only if they lie far enough from all others, so two presets
differ in how they sound, not in name alone; then each split gets its own.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from common.data.generator.instruments import SINGER, Family, Preset
from common.data.generator.theory import FOLLOWS, Loop, canonical, chord_loops
from common.seed import rng as seeded

# "unseen" are songs in styles and by a kind of voice that are in no other split.
SPLITS = ("train", "valid", "test", "clips", "unseen")
PRESETS = {"train": 7, "valid": 2, "test": 2, "clips": 2, "unseen": 2}
SINGERS = {"train": 40, "valid": 8, "test": 8, "clips": 4, "unseen": 5}
# Which part of all chord loops is whose.
LOOPS = {
    "train": (0.0, 0.5),
    "valid": (0.5, 0.65),
    "test": (0.65, 0.8),
    "clips": (0.8, 0.9),
    "unseen": (0.9, 1.0),
}

# What a singer performs as: a band, not a person.
FIRST_WORDS = (
    "Amber Blue Calm Distant Early Faded Golden Hollow Inner Jade Kind Lunar "
    "Mellow Northern Open Pale Quiet Restless Silver Tidal Upper Velvet Wild Young"
).split()
SECOND_WORDS = (
    "Alder Birch Cedar Dune Ember Frost Grove Heath Iris Juniper "
    "Kestrel Lark Moss North Opal Pine Quill Reed Slate Thorn"
).split()


def spread(name: str, count: int, dimensions: int, distance: float) -> np.ndarray:
    """Points in the unit cube, ``(count, dimensions)``, no two nearer than `distance`.

    Raises
    ------
    ValueError
        If there is no room for so many.
    """
    rng = seeded("cast", name)
    points: list[np.ndarray] = []
    for _ in range(100_000):
        point = rng.random(dimensions)
        if all(np.linalg.norm(point - other) >= distance for other in points):
            points.append(point)
        if len(points) == count:
            return np.array(points)
    raise ValueError(
        f"{name}: expected {count} points {distance} apart, found {len(points)}; "
        f"ask for fewer or nearer ones"
    )


@cache
def presets(family: Family, split: str) -> tuple[Preset, ...]:
    """The presets of a family that a split may use; no other split has them."""
    if split not in SPLITS:
        raise ValueError(f"there is no split {split!r}; choose one of {', '.join(SPLITS)}")
    counts = SINGERS if family is SINGER else PRESETS
    points = spread(family.name, sum(counts.values()), len(family.ranges), family.distance)
    first = sum(counts[other] for other in SPLITS[: SPLITS.index(split)])
    return tuple(_preset(family, n, points[n]) for n in range(first, first + counts[split]))


def _preset(family: Family, number: int, point: np.ndarray) -> Preset:
    values = {
        name: low + (high - low) * float(u)
        for (name, (low, high)), u in zip(family.ranges.items(), point, strict=True)
    }
    name = f"{family.name} {number + 1}"
    if family is SINGER:
        # High voices have short vocal tracts.
        values["tract"] += 1.0 + 0.22 * float(point[0])
        second = SECOND_WORDS[(7 * number) % len(SECOND_WORDS)]
        name = f"{FIRST_WORDS[number % len(FIRST_WORDS)]} {second}"
    return Preset(family, name, tuple(float(u) for u in point), values)


def singer(split: str, number: int) -> Preset:
    """Who sings song `number` of a split: they take turns."""
    singers = presets(SINGER, split)
    return singers[(number * 3 + number // len(singers)) % len(singers)]


@cache
def loops(mode: str, split: str) -> tuple[Loop, ...]:
    """The chord loops that a split may use; no other has them, in any mode or rotation."""
    everything = sorted({canonical(loop) for each in FOLLOWS for loop in chord_loops(each)})
    order = seeded("loops").permutation(len(everything))
    low, high = (round(edge * len(everything)) for edge in LOOPS[split])
    mine = {everything[index] for index in order[low:high]}
    return tuple(loop for loop in chord_loops(mode) if canonical(loop) in mine)
