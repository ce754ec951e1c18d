"""Singers and instrument presets, and which split may use which.

A preset is a point in the unit cube of its family's parameters. The points are
thrown at random and kept only if they lie far enough from all others, so two
presets differ in how they sound, not in name alone; then each split gets its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from common.data.generator import synths
from common.data.generator.theory import Loop, canonical, chord_loops, FOLLOWS
from common.seed import rng as seeded

SPLITS = ("train", "valid", "test", "clips")
PRESETS = {"train": 7, "valid": 2, "test": 2, "clips": 2}
SINGERS = {"train": 40, "valid": 8, "test": 8, "clips": 4}


@dataclass(frozen=True, eq=False)
class Family:
    """A kind of instrument: its parameters' ranges, and how one note is played."""

    name: str
    ranges: Mapping[str, tuple[float, float]]
    distance: float
    play: Callable[..., np.ndarray] | None = None


@dataclass(frozen=True, eq=False)
class Preset:
    """One instrument (or singer): its place in the unit cube and the values that follow from it."""

    family: Family
    name: str
    point: tuple[float, ...]
    values: Mapping[str, float]


EPIANO = Family(
    "electric piano",
    {"index": (0.8, 3.2), "tine": (0.05, 0.5), "decay": (0.6, 2.6), "beat": (0.2, 2.0)},
    0.35,
    synths.electric_piano,
)
BELL = Family(
    "bell", {"ratio": (2.0, 4.6), "index": (0.8, 3.2), "decay": (0.5, 1.8)}, 0.3, synths.bell
)
ORGAN = Family(
    "organ",
    {"sub": (0.0, 1.0), "fifth": (0.0, 0.8), "upper": (0.05, 0.8), "leslie": (1.0, 6.8)},
    0.35,
    synths.organ,
)
NYLON = Family(
    "acoustic guitar",
    {
        "brightness": (1200, 5000),
        "decay": (0.5, 1.6),
        "damping": (0.02, 0.5),
        "position": (0.1, 0.45),
    },
    0.35,
    synths.string,
)
GUITAR = Family(
    "electric guitar",
    {
        "brightness": (2500, 8000),
        "decay": (1.0, 3.5),
        "damping": (0.01, 0.2),
        "position": (0.08, 0.4),
        "drive": (0.5, 9.0),
    },
    0.4,
    synths.electric_guitar,
)
PLUCK = Family(
    "pluck",
    {"cutoff": (1500, 7000), "decay": (0.08, 0.35), "detune": (1, 12), "hollow": (0, 1)},
    0.35,
    synths.pluck,
)
SUPERSAW = Family(
    "supersaw",
    {"detune": (8, 32), "cutoff": (4000, 10000), "attack": (0.004, 0.08)},
    0.3,
    synths.supersaw,
)
STRINGS = Family(
    "strings",
    {"attack": (0.08, 0.45), "cutoff": (2200, 7500), "detune": (3, 14), "wander": (0, 12)},
    0.35,
    synths.strings,
)
LEAD = Family(
    "lead", {"edge": (0.0, 1.0), "cutoff": (1800, 7000), "vibrato": (5, 40)}, 0.3, synths.lead
)

FINGER = Family(
    "finger bass",
    {
        "brightness": (350, 1800),
        "decay": (0.5, 2.0),
        "damping": (0.02, 0.4),
        "position": (0.1, 0.45),
        "round": (0.2, 0.9),
    },
    0.4,
    synths.finger_bass,
)
SUB = Family(
    "sub bass", {"decay": (0.4, 1.4), "drive": (0.3, 3.0), "fall": (1, 14)}, 0.3, synths.sub_bass
)
SAW = Family(
    "saw bass",
    {"cutoff": (400, 2600), "decay": (0.07, 0.35), "hollow": (0, 1)},
    0.3,
    synths.saw_bass,
)
FM = Family(
    "fm bass", {"index": (0.6, 3.0), "ratio": (1, 3), "decay": (0.05, 0.4)}, 0.3, synths.fm_bass
)
REESE = Family(
    "reese bass",
    {"detune": (6, 24), "cutoff": (350, 1400), "move": (0.1, 0.6)},
    0.3,
    synths.reese_bass,
)

_KIT = {
    "kick_sweep": (2.5, 7),
    "click": (0.05, 0.6),
    "snare_pitch": (150, 250),
    "wires": (0.45, 0.85),
    "brightness": (0, 1),
    "metal": (330, 620),
}
MACHINE = Family(
    "drum machine",
    {
        **_KIT,
        "kick_pitch": (42, 58),
        "kick_decay": (0.16, 0.4),
        "snare_decay": (0.1, 0.3),
        "hat_decay": (0.012, 0.05),
    },
    0.7,
)
ACOUSTIC = Family(
    "drum kit",
    {
        **_KIT,
        "kick_pitch": (50, 72),
        "kick_decay": (0.12, 0.28),
        "snare_decay": (0.14, 0.4),
        "hat_decay": (0.02, 0.06),
    },
    0.7,
)

SINGER = Family(
    "singer",
    {"register": (52, 69), "tract": (-0.06, 0.06), "brightness": (0.0, 1.0), "breath": (0.05, 0.6), "vibrato_rate": (4.6, 6.8),
     "vibrato_depth": (12, 60), "glide": (0.02, 0.07), "bandwidth": (0.8, 1.5), "sibilance": (0.85, 1.15)},
    0.6,
)  # fmt: skip
FAMILIES = (
    EPIANO,
    BELL,
    ORGAN,
    NYLON,
    GUITAR,
    PLUCK,
    SUPERSAW,
    STRINGS,
    LEAD,
    FINGER,
    SUB,
    SAW,
    FM,
    REESE,
    MACHINE,
    ACOUSTIC,
    SINGER,
)

_FIRST = "Ada Ben Cleo Dara Eli Faye Gus Hana Ivo June Kai Lena Milo Nora Otis Pia Remy Suki Theo Uma Vera Wes Yara Zoe".split()
_LAST = "Alder Birch Cedar Dune Ember Frost Grove Heath Iris Juniper Kestrel Lark Moss North Opal Pine Quill Reed Slate Thorn".split()


def spread(name: str, count: int, dimensions: int, distance: float) -> np.ndarray:
    """Points in the unit cube, ``(count, dimensions)``, no two nearer than `distance`."""
    rng = seeded("cast", name)
    points: list[np.ndarray] = []
    for _ in range(100_000):
        point = rng.random(dimensions)
        if all(np.linalg.norm(point - other) >= distance for other in points):
            points.append(point)
        if len(points) == count:
            return np.array(points)
    raise ValueError(
        f"{name}: expected {count} points {distance} apart, found {len(points)}; ask for fewer or nearer ones"
    )


@cache
def presets(family: Family, split: str) -> tuple[Preset, ...]:
    """The presets of a family that a split may use."""
    if split not in SPLITS:
        raise ValueError(f"expected a split of {SPLITS}, got {split!r}")
    counts = SINGERS if family is SINGER else PRESETS
    points = spread(family.name, sum(counts.values()), len(family.ranges), family.distance)
    start = sum(counts[other] for other in SPLITS[: SPLITS.index(split)])
    chosen = range(start, start + counts[split])
    return tuple(_preset(family, number, points[number]) for number in chosen)


def singer(split: str, number: int) -> Preset:
    """Who sings song `number` of a split: they take turns."""
    singers = presets(SINGER, split)
    return singers[(number * 3 + number // len(singers)) % len(singers)]


def _preset(family: Family, number: int, point: np.ndarray) -> Preset:
    values = {
        key: low + (high - low) * float(u)
        for (key, (low, high)), u in zip(family.ranges.items(), point, strict=True)
    }
    name = f"{family.name} {number + 1}"
    if family is SINGER:
        # High voices have short vocal tracts.
        values["tract"] += 1.0 + 0.22 * float(point[0])
        name = f"{_FIRST[number % len(_FIRST)]} {_LAST[(7 * number) % len(_LAST)]}"
    return Preset(family, name, tuple(float(u) for u in point), values)


@cache
def loops(mode: str, split: str) -> tuple[Loop, ...]:
    """The chord loops of a mode that a split may use; no other split has them, in any mode or rotation."""
    everything = sorted({canonical(loop) for each in FOLLOWS for loop in chord_loops(each)})
    order = seeded("loops").permutation(len(everything))
    share = {"train": (0, 0.52), "valid": (0.52, 0.7), "test": (0.7, 0.88), "clips": (0.88, 1)}[
        split
    ]
    low, high = (round(edge * len(everything)) for edge in share)
    mine = {everything[index] for index in order[low:high]}
    return tuple(loop for loop in chord_loops(mode) if canonical(loop) in mine)
