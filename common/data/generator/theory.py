"""Keys, chords and chord loops: the harmony of the made songs.

Everything is counted in scale degrees from 0 (the tonic), so that a chord
sequence means the same in every key.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "minor": (0, 2, 3, 5, 7, 8, 10),
}
NOTE_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")

# Which degree may follow which, so that every loop has a direction. The
# diminished chord of each mode (VII in major, II in minor) is left out.
FOLLOWS = {
    "major": {
        0: (1, 2, 3, 4, 5), 1: (0, 2, 3, 4, 5), 2: (1, 3, 5), 3: (0, 1, 2, 4, 5), 4: (0, 1, 3, 5), 5: (0, 1, 2, 3, 4),
    },
    "mixolydian": {0: (1, 3, 4, 5, 6), 1: (0, 3, 4), 3: (0, 1, 4, 5, 6), 4: (0, 3, 6), 5: (1, 3, 6), 6: (0, 3, 5)},
    "dorian": {0: (1, 2, 3, 4, 6), 1: (0, 2, 3), 2: (1, 3, 6), 3: (0, 1, 2, 6), 4: (0, 3), 6: (0, 2, 3)},
    "minor": {0: (2, 3, 4, 5, 6), 2: (0, 3, 5, 6), 3: (0, 2, 4, 5, 6), 4: (0, 3, 5), 5: (0, 2, 3, 4, 6), 6: (0, 2, 3, 5)},
}  # fmt: skip

Loop = tuple[int, int, int, int]


@dataclass(frozen=True)
class Key:
    """A tonic (pitch class 0 to 11, C is 0) and a mode of `SCALES`."""

    tonic: int
    mode: str

    @property
    def name(self) -> str:
        """For people: ``"Eb minor"``."""
        return f"{NOTE_NAMES[self.tonic]} {self.mode}"

    def pitch(self, degree: int) -> int:
        """MIDI pitch of a scale degree; degree 0 lies in the octave below middle C."""
        octave, step = divmod(degree, 7)
        return 48 + self.tonic + 12 * octave + SCALES[self.mode][step]

    def chord(self, degree: int, *, size: int = 3) -> tuple[int, ...]:
        """Pitch classes of the chord on a degree: thirds stacked within the scale."""
        return tuple(self.pitch(degree + 2 * third) % 12 for third in range(size))


def canonical(loop: Loop) -> Loop:
    """The same loop started elsewhere is the same loop: its smallest rotation."""
    return min(loop[shift:] + loop[:shift] for shift in range(len(loop)))


@cache
def chord_loops(mode: str) -> tuple[Loop, ...]:
    """All four-chord loops of a mode that visit at least three chords, sorted."""
    follows = FOLLOWS[mode]
    loops = [
        (a, b, c, d)
        for a in follows
        for b in follows[a]
        for c in follows[b]
        for d in follows[c]
        if a in follows[d] and len({a, b, c, d}) >= 3 and 0 in (a, b, c, d)
    ]
    return tuple(sorted(set(loops)))


def voicing(
    pitch_classes: tuple[int, ...], centre: float, previous: tuple[int, ...] = ()
) -> tuple[int, ...]:
    """Place a chord near a pitch, moving each voice as little as possible.

    Parameters
    ----------
    pitch_classes : tuple of int
        What the chord consists of.
    centre : float
        MIDI pitch around which it shall lie.
    previous : tuple of int, optional
        The chord before, in MIDI pitches: of all inversions the nearest wins.

    Returns
    -------
    tuple of int
        MIDI pitches, ascending.
    """

    def close(start: int) -> tuple[int, ...]:
        notes: list[int] = []
        for pitch_class in pitch_classes[start:] + pitch_classes[:start]:
            floor = notes[-1] + 1 if notes else 36
            notes.append(floor + (pitch_class - floor) % 12)
        mean = sum(notes) / len(notes)
        lift = 12 * round((centre - mean) / 12)
        return tuple(note + lift for note in notes)

    def cost(notes: tuple[int, ...]) -> float:
        drift = abs(sum(notes) / len(notes) - centre)
        moves = sum(abs(a - b) for a, b in zip(notes, previous, strict=False))
        return drift + 0.7 * moves

    return min((close(start) for start in range(len(pitch_classes))), key=cost)
