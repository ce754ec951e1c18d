"""Twelve styles of music, and three to be surprised by, as data: tempo, drum grids, bass figures, instruments.

A grid has sixteen steps a bar: a digit is how hard (1 to 9), a dot is a rest.
Bass grids name chord tones: ``R`` root, ``8`` its octave, ``5`` fifth, ``3``
third, ``A`` a step towards the next root; ``-`` holds the note before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from common.data.generator import instruments as play
from common.data.generator.chant import chant
from common.data.generator.instruments import Family
from common.data.generator.voice import sing


@dataclass(frozen=True)
class Part:
    """What one of the other instruments does.

    `role` is how it plays (see `arrange`), `grid` when, `centre` its MIDI pitch,
    `level` its loudness in dB within the stem, `pan` its place (-1 to 1),
    `sections` in which parts of the form it plays.
    """

    families: tuple[Family, ...]
    role: str
    centre: int
    level: float
    pan: float = 0.0
    grid: str = ""
    sections: str = "IVCE"
    room: float = 0.2


@dataclass(frozen=True)
class Style:
    """A style; `beats` are verse and chorus grooves, each a grid for every drum.

    `duck` is how deep the kick ducks bass and others, `voice` how the singer is made.
    """

    name: str
    tempo: tuple[float, float]
    modes: tuple[str, ...]
    kit: Family
    beats: tuple[dict[str, str], ...]
    chorus_beats: tuple[dict[str, str], ...]
    bass: tuple[Family, ...]
    figures: tuple[str, ...]
    parts: tuple[Part, ...]
    swing: float = 0.0
    chord_size: int = 3
    duck: float = 0.0
    drums_level: float = 0.0
    bass_level: float = 0.0
    vocal_room: float = 0.16
    voice: Callable[..., np.ndarray] = sing


_STRAIGHT_HATS = "6.4.6.4.6.4.6.4."
_SIXTEENTHS = "7353735373537353"

POP = Style(
    "pop", (96, 124), ("major", "major", "minor"), play.MACHINE,
    ({"kick": "9.....9.9.......", "snare": "....8.......8...", "hat": _STRAIGHT_HATS},
     {"kick": "9..9..9...9.....", "clap": "....8.......8...", "hat": "5.5.5.5.5.5.5.55"}),
    ({"kick": "9...9...9...9...", "snare": "....9.......9...", "clap": "....6.......6...", "hat": _STRAIGHT_HATS, "open": "..6...6...6...6."},),
    (play.SAW, play.FM, play.SUB), ("R--.R-R-R--.R-8-", "R-----R-R---5-R-", "R-R-R-R-R-R-R-A-"),
    (Part((play.STRINGS, play.SUPERSAW), "pad", 60, -5, 0.0, sections="VCE", room=0.35),
     Part((play.PLUCK, play.BELL), "arp", 69, -6, 0.35, "8.6.8.6.8.6.8.6.", "IC"),
     Part((play.EPIANO, play.NYLON), "comp", 62, -2, -0.3, "8..6..6.8.....6.", "IVCE")),
    duck=0.35,
)  # fmt: skip
ROCK = Style(
    "rock", (108, 148), ("major", "mixolydian", "minor", "dorian"), play.ACOUSTIC,
    ({"kick": "9.......9.9.....", "snare": "....9.......9...", "hat": "8.5.8.5.8.5.8.5."},
     {"kick": "9..9....9.......", "snare": "....9.......9..3", "hat": "8.5.8.5.8.5.8.6."}),
    ({"kick": "9.....9.9.9.....", "snare": "....9.......9...", "ride": "8.6.8.6.8.6.8.6."},
     {"kick": "9...5...9.9.....", "snare": "....9.......9...", "open": "7...7...7...7..."}),
    (play.FINGER,), ("R-R-R-R-R-R-R-R-", "R-R-R-R-R-R-5-A-", "R--.R-R-R--.R-A-"),
    (Part((play.GUITAR,), "power", 50, 0, -0.6, "8.7.8.7.8.7.8.7.", "VCE", 0.12),
     Part((play.GUITAR,), "strum", 57, -3, 0.6, "8...6.6.8...6.6.", "IVCE", 0.12),
     Part((play.ORGAN,), "pad", 64, -8, 0.1, sections="CE"),
     Part((play.GUITAR, play.LEAD), "answer", 69, -4, 0.2, sections="IVC", room=0.3)),
    drums_level=0.5, vocal_room=0.13,
)  # fmt: skip
FUNK = Style(
    "funk", (100, 122), ("dorian", "mixolydian", "minor"), play.ACOUSTIC,
    ({"kick": "9..4..9...9..4..", "snare": "..1.9..2.2..9..1", "hat": _SIXTEENTHS},
     {"kick": "9.9....4..9.....", "snare": "....9..2.1..9.2.", "hat": "8.54845.8.548.55"}),
    ({"kick": "9...9...9...9...", "snare": "....9..2....9..2", "hat": "6.2.6.2.6.2.6.2.", "open": "..7...7...7...7.", "tambourine": "4.6.4.6.4.6.4.6."},),
    (play.FINGER, play.SAW), ("R..8..R...R8..5.", "R.8.R.8.R.8.5.A.", "R..R..8..5R...A."),
    (Part((play.NYLON, play.PLUCK), "comp", 66, -1, -0.55, "..8.5.8..58...6.", "IVC", 0.1),
     Part((play.EPIANO,), "comp", 60, 0, 0.35, "8.....7.....6...", "VCE"),
     Part((play.STRINGS,), "pad", 70, -8, 0.0, sections="CE", room=0.3),
     Part((play.LEAD, play.BELL), "answer", 70, -6, 0.3, sections="IVC")),
    chord_size=4, swing=0.06, bass_level=1.0,
)  # fmt: skip
TRAP = Style(
    "trap", (66, 80), ("minor", "minor", "dorian"), play.MACHINE,
    ({"kick": "9.....6...9.....", "clap": "........9.......", "hat": "8.6.8.6.8.6787.6"},
     {"kick": "9..7......9...5.", "clap": "........9.......", "hat": "8.8.6.8.85787.8."}),
    ({"kick": "9..7..9...9..7..", "clap": "........9.......", "snare": "........6......4", "hat": "8676867686768888", "open": "......6........."},),
    (play.SUB,), ("R---------R-----", "R-----R---8-----", "R--R------5---A-"),
    (Part((play.BELL, play.EPIANO, play.NYLON), "arp", 72, 0, 0.2, "8..6..8..6..8...", "IVCE", 0.35),
     Part((play.STRINGS,), "pad", 60, -3, 0.0, sections="VCE", room=0.4),
     Part((play.LEAD, play.PLUCK), "answer", 76, -6, -0.3, sections="IC", room=0.4)),
    drums_level=0.5, bass_level=2.0, vocal_room=0.2,
)  # fmt: skip
HOUSE = Style(
    "house", (118, 128), ("minor", "dorian", "minor", "mixolydian"), play.MACHINE,
    ({"kick": "9...9...9...9...", "hat": "..7...7...7...7.", "clap": "....7.......7..."},
     {"kick": "9...9...9...9...", "hat": "4.7.4.7.4.7.4.75", "rim": "...6..6....6...."}),
    ({"kick": "9...9...9...9...", "open": "..8...8...8...8.", "clap": "....9.......9...", "hat": "5.355.355.355.35", "shaker": _SIXTEENTHS},),
    (play.SAW, play.FM, play.REESE), ("..R-..R-..R-..8-", "R..R..R-..R-8-R-", "..RR..R8..RR..5A"),
    (Part((play.SUPERSAW, play.ORGAN), "comp", 62, 0, 0.0, "8..8..8...8..8..", "VC", 0.2),
     Part((play.STRINGS,), "pad", 66, -4, 0.0, sections="IVCE", room=0.4),
     Part((play.PLUCK, play.BELL), "arp", 74, -5, 0.4, "8.68.68.8.68.6..", "IC", 0.35)),
    chord_size=4, duck=0.6, drums_level=1.0,
)  # fmt: skip
SYNTHWAVE = Style(
    "synthwave", (88, 112), ("minor", "minor", "major"), play.MACHINE,
    ({"kick": "9.......9.......", "snare": "....9.......9...", "hat": "6.6.6.6.6.6.6.6."},),
    ({"kick": "9...4...9...9...", "snare": "....9.......9...", "hat": _SIXTEENTHS, "low": "..............6.", "open": "......6........."},),
    (play.SAW,), ("RRRRRRRRRRRRRRRR", "R.RRR.RRR.RRR.88", "R-8-R-8-R-8-R-8-"),
    (Part((play.SUPERSAW, play.STRINGS), "pad", 62, -1, 0.0, sections="VCE", room=0.45),
     Part((play.PLUCK,), "arp", 69, -3, -0.4, "8686868686868686", "IVC", 0.3),
     Part((play.LEAD,), "answer", 74, -4, 0.25, sections="IVC", room=0.4),
     Part((play.BELL,), "comp", 72, -7, 0.4, "8.......8.......", "CE", 0.4)),
    duck=0.3, vocal_room=0.24,
)  # fmt: skip
BOSSA = Style(
    "bossa", (112, 138), ("major", "dorian", "major"), play.ACOUSTIC,
    ({"kick": "7..57..57..57..5", "rim": "8..8..8...8..8..", "shaker": "6343634363436343"},),
    ({"kick": "7..57..57..57..5", "rim": "8..8..8...8..8..", "hat": "5.7.5.7.5.7.5.7.", "shaker": "6343634363436343"},),
    (play.FINGER, play.FM), ("R--.5--.R--.5--A", "R--.--5-5--.--R-"),
    (Part((play.NYLON,), "strum", 60, 0, -0.25, "8..7..8...8..7..", "IVCE", 0.2),
     Part((play.STRINGS,), "pad", 67, -6, 0.0, sections="CE", room=0.35),
     Part((play.EPIANO, play.BELL), "answer", 72, -3, 0.4, sections="IVC", room=0.3)),
    chord_size=4, drums_level=-2.5,
)  # fmt: skip
BALLAD = Style(
    "ballad", (64, 84), ("major", "minor", "major"), play.ACOUSTIC,
    ({"kick": "8.......5.......", "rim": "....7.......7...", "hat": "5.3.5.3.5.3.5.3."},),
    ({"kick": "9......69.......", "snare": "....8.......8...", "ride": "6.4.6.4.6.4.6.4."},
     {"kick": "9......6..9.....", "snare": "....8.......8...", "hat": "6.4.6.4.6.4.6.4."}),
    (play.FINGER, play.FM), ("R-------5---R---", "R-----5-8-----A-", "R-----------5-A-"),
    (Part((play.EPIANO,), "comp", 60, 0, -0.2, "8...5...7...5...", "IVCE", 0.25),
     Part((play.STRINGS,), "pad", 65, -3, 0.1, sections="VCE", room=0.45),
     Part((play.NYLON, play.BELL), "arp", 67, -5, 0.4, "6.5.6.5.6.5.6.5.", "IVC", 0.3)),
    drums_level=-1.5, vocal_room=0.24, chord_size=3,
)  # fmt: skip
REGGAE = Style(
    "reggae", (70, 88), ("minor", "major", "dorian", "mixolydian"), play.ACOUSTIC,
    ({"kick": "........9.......", "rim": "........8.......", "hat": "6.3.8.3.6.3.8.35"},
     {"kick": "8.......9.......", "rim": "....4...9.....4.", "hat": "6.3.8.3.6.3.8.3."}),
    ({"kick": "9...9...9...9...", "snare": "........9.......", "hat": "6.3.8.3.6.3.8.35", "tambourine": "....5.......5..."},),
    (play.FINGER, play.SUB), ("R-..R-3-5---..R-", "..R-3-5-R-----5-", "R---..R-5-3-R-.."),
    (Part((play.GUITAR, play.NYLON), "comp", 64, 0, -0.45, "....9.......9...", "IVC", 0.15),
     Part((play.ORGAN,), "comp", 62, -1, 0.4, "..6.7.6...6.7.6.", "VCE", 0.2),
     Part((play.BELL, play.LEAD), "answer", 72, -5, 0.2, sections="IVC", room=0.4)),
    swing=0.1, bass_level=2.0,
)  # fmt: skip
BREAKS = Style(
    "drum and bass", (164, 176), ("minor", "dorian", "minor"), play.MACHINE,
    ({"kick": "9.........9.....", "snare": "....9.......9...", "hat": "6.6.6.6.6.6.6.6."},
     {"kick": "9.........9.....", "snare": "....9..3.3..9...", "hat": _SIXTEENTHS}),
    ({"kick": "9.9.......9.....", "snare": "....9..3.3..9..2", "ride": "7.5.7.5.7.5.7.5.", "hat": _SIXTEENTHS},),
    (play.REESE, play.SUB), ("R---------R---5-", "R-----R-----8---", "R---R-----5---A-"),
    (Part((play.STRINGS, play.SUPERSAW), "pad", 64, 0, 0.0, sections="IVCE", room=0.45),
     Part((play.EPIANO, play.PLUCK), "comp", 65, -1, 0.3, "8.....6.....7...", "VC", 0.3),
     Part((play.BELL, play.PLUCK), "arp", 74, -4, -0.3, "8...6...8...6...", "IC", 0.4)),
    chord_size=4, drums_level=1.0, vocal_room=0.22,
)  # fmt: skip
FOLK = Style(
    "folk", (88, 116), ("major", "mixolydian", "major", "dorian"), play.ACOUSTIC,
    ({"kick": "8.......8.......", "tambourine": "....7.......7...", "shaker": "6.4.6.4.6.4.6.4."},
     {"kick": "8.....5.8.......", "rim": "....6.......6...", "shaker": "6345634563456345"}),
    ({"kick": "9...6...9...6...", "snare": "....7.......7...", "tambourine": "4.7.4.7.4.7.4.7."},),
    (play.FINGER,), ("R---5---R---5---", "R---5---R-3-5-A-", "R-----5-R-----A-"),
    (Part((play.NYLON,), "strum", 58, 0, -0.4, "9...7.67.67.7.67", "IVCE", 0.15),
     Part((play.NYLON,), "arp", 67, -2, 0.45, "7.6.7.6.7.6.7.6.", "IVC", 0.2),
     Part((play.ORGAN, play.STRINGS), "pad", 62, -6, 0.1, sections="CE", room=0.3)),
    drums_level=-2.0,
)  # fmt: skip
SOUL = Style(
    "soul", (78, 98), ("major", "dorian", "minor"), play.ACOUSTIC,
    ({"kick": "9..5...4..9.....", "snare": "....8..1.2..8...", "hat": "7.5.7.5.7.557.5."},
     {"kick": "9......7..9....4", "snare": "....8.....2.8..1", "hat": "7.575.577.575.57"}),
    ({"kick": "9..5...4..9.....", "snare": "....9..1.2..9...", "ride": "7.4.7.47.47.7.4.", "tambourine": "....6.......6..."},),
    (play.FINGER, play.FM), ("R-..--R-5-..8-A-", "R--R..5-8-..5-A-", "R---..R5..R-3-A-"),
    (Part((play.EPIANO,), "comp", 61, 0, 0.25, "8....6....7..5..", "IVCE", 0.2),
     Part((play.ORGAN,), "pad", 66, -6, -0.3, sections="VCE", room=0.2),
     Part((play.NYLON, play.GUITAR), "answer", 68, -4, -0.5, sections="IVC", room=0.2)),
    chord_size=4, swing=0.16,
)  # fmt: skip

SKA = Style(
    "ska", (148, 172), ("major", "mixolydian"), play.ACOUSTIC,
    ({"kick": "8.......8.......", "snare": "....9.......9...", "hat": "5.7.5.7.5.7.5.7."},),
    ({"kick": "8...5...8...5...", "snare": "....9.......9..4", "ride": "8.5.8.5.8.5.8.5."},),
    (play.FINGER,), ("R-3-5-3-R-3-5-A-", "R-3-5-8-5-3-R-A-"),
    (Part((play.GUITAR, play.NYLON), "comp", 65, 0, -0.5, "..8...8...8...8.", "IVC", 0.15),
     Part((play.ORGAN,), "comp", 62, -2, 0.4, "..6...6...6...6.", "VCE"),
     Part((play.LEAD,), "answer", 69, -2, 0.3, sections="IVC", room=0.25)),
    voice=chant,
)  # fmt: skip
TECHNO = Style(
    "techno", (128, 140), ("minor", "dorian"), play.MACHINE,
    ({"kick": "9...9...9...9...", "open": "..7...7...7...7.", "rim": "......5....5...."},),
    ({"kick": "9...9...9...9...", "open": "..8...8...8...8.", "clap": "....7.......7...", "hat": "5.555.555.555.55"},),
    (play.REESE, play.FM, play.SAW), ("..RR..RR..RR..RR", ".RR.RRR.RR.RRR.8"),
    (Part((play.PLUCK, play.BELL), "arp", 70, 0, 0.3, "86.86.86.86.86.8", "IVC", 0.35),
     Part((play.STRINGS, play.SUPERSAW), "pad", 62, -2, 0.0, sections="VCE", room=0.45)),
    duck=0.55, drums_level=1.0, voice=chant,
)  # fmt: skip
BLUES = Style(
    "blues", (84, 120), ("mixolydian", "mixolydian", "minor"), play.ACOUSTIC,
    ({"kick": "8.......8..5....", "snare": "....8.......8...", "ride": "8..58..58..58..5"},),
    ({"kick": "8...5...8..5....", "snare": "....9.......9..3", "ride": "8..68..68..68..6"},),
    (play.FINGER,), ("R---3---5---A---", "R---5---8---A---", "R--R3--35--5A--A"),
    (Part((play.GUITAR,), "comp", 57, 0, -0.4, "8..5....8..5....", "IVCE", 0.15),
     Part((play.ORGAN,), "pad", 64, -4, 0.3, sections="CE"),
     Part((play.GUITAR,), "answer", 67, -1, 0.5, sections="IVC", room=0.25)),
    swing=0.3, chord_size=4, voice=chant,
)  # fmt: skip

STYLES = (POP, ROCK, FUNK, TRAP, HOUSE, SYNTHWAVE, BOSSA, BALLAD, REGGAE, BREAKS, FOLK, SOUL)
# Nothing in the other splits sounds like these.
UNSEEN_STYLES = (SKA, TECHNO, BLUES)
