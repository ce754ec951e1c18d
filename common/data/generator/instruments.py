"""The families of instruments: which parameters a preset has, in which range, and who plays it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from common.data.generator import basses, synths


@dataclass(frozen=True, eq=False)
class Family:
    """A kind of instrument.

    Parameters
    ----------
    name : str
    ranges : mapping
        For every parameter its lowest and highest value.
    distance : float
        How far apart two presets lie at least, in the unit cube of the parameters.
    play : callable, optional
        Plays one note, see `synths`; drums and singers have modules of their own.
    """

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


# fmt: off
_STRING = {"decay": (0.5, 2.0), "damping": (0.02, 0.45), "position": (0.1, 0.45)}

EPIANO = Family("electric piano", {
    "index": (0.8, 3.2), "tine": (0.05, 0.5), "decay": (0.6, 2.6), "beat": (0.2, 2.0),
}, 0.35, synths.electric_piano)
BELL = Family("bell", {
    "ratio": (2.0, 4.6), "index": (0.8, 3.2), "decay": (0.5, 1.8),
}, 0.3, synths.bell)
ORGAN = Family("organ", {
    "sub": (0.0, 1.0), "fifth": (0.0, 0.8), "upper": (0.05, 0.8), "leslie": (1.0, 6.8),
}, 0.35, synths.organ)
NYLON = Family("acoustic guitar", {"brightness": (1200, 5000), **_STRING}, 0.35, synths.string)
GUITAR = Family("electric guitar", {
    "brightness": (2500, 8000), "decay": (1.0, 3.5), "damping": (0.01, 0.2),
    "position": (0.08, 0.4), "drive": (0.5, 6.0),
}, 0.4, synths.string)
PLUCK = Family("pluck", {
    "cutoff": (1500, 7000), "decay": (0.08, 0.35), "detune": (1, 12), "hollow": (0, 1),
}, 0.35, synths.pluck)
SUPERSAW = Family("supersaw", {
    "detune": (8, 32), "cutoff": (4000, 10000), "attack": (0.004, 0.08),
}, 0.3, synths.supersaw)
STRINGS = Family("strings", {
    "attack": (0.08, 0.45), "cutoff": (2200, 7500), "detune": (3, 14), "wander": (0, 12),
}, 0.35, synths.strings)
LEAD = Family("lead", {
    "edge": (0.0, 1.0), "cutoff": (1800, 7000), "vibrato": (5, 40),
}, 0.3, synths.lead)

FINGER = Family("finger bass", {
    "brightness": (600, 3000), "round": (0.2, 0.9), **_STRING,
}, 0.4, basses.finger_bass)
SUB = Family("sub bass", {
    "decay": (0.4, 1.4), "drive": (0.3, 3.0), "fall": (1, 14),
}, 0.3, basses.sub_bass)
SAW = Family("saw bass", {
    "cutoff": (700, 3500), "decay": (0.07, 0.35), "hollow": (0, 1),
}, 0.3, basses.saw_bass)
FM = Family("fm bass", {
    "index": (0.6, 3.0), "octave": (0.0, 0.7), "decay": (0.05, 0.4),
}, 0.3, basses.fm_bass)
REESE = Family("reese bass", {
    "detune": (6, 24), "cutoff": (500, 2200), "move": (0.1, 0.6),
}, 0.3, basses.reese_bass)

_KIT = {
    "kick_sweep": (2.5, 7), "click": (0.05, 0.6), "snare_pitch": (150, 250), "wires": (0.45, 0.85),
    "brightness": (0, 1), "metal": (330, 620),
}
MACHINE = Family("drum machine", {
    **_KIT, "kick_pitch": (42, 58), "kick_decay": (0.16, 0.4), "snare_decay": (0.1, 0.3),
    "hat_decay": (0.012, 0.05),
}, 0.7)
ACOUSTIC = Family("drum kit", {
    **_KIT, "kick_pitch": (50, 72), "kick_decay": (0.12, 0.28), "snare_decay": (0.14, 0.4),
    "hat_decay": (0.02, 0.06),
}, 0.7)

# The singer's tract here is what deviates from the length that belongs to the register.
SINGER = Family("singer", {
    "register": (52, 69), "tract": (-0.06, 0.06), "brightness": (0, 1), "breath": (0.05, 0.6),
    "vibrato_rate": (4.6, 6.8), "vibrato_depth": (12, 60), "glide": (0.02, 0.07),
    "bandwidth": (0.8, 1.5), "sibilance": (0.85, 1.15),
}, 0.6)

FAMILIES = (
    EPIANO, BELL, ORGAN, NYLON, GUITAR, PLUCK, SUPERSAW, STRINGS, LEAD,
    FINGER, SUB, SAW, FM, REESE, MACHINE, ACOUSTIC, SINGER,
)
# fmt: on
