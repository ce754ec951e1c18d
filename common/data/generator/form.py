"""When things happen: the clock, the sections, the chord of every moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from common.data.generator.theory import Loop

STEPS = 16
# How many bars an intro may last, by the bars of the song.
INTROS = {2: (0,), 3: (0, 1), 4: (0, 1, 1), 5: (0, 1, 1), 6: (0, 1, 1, 2)}


@dataclass(frozen=True)
class Clock:
    """Turns bars and sixteenth steps into seconds.

    `swing` delays every second step by that share of a step.
    """

    bar: float
    start: float
    swing: float

    def time(self, bar: int, step: float = 0.0) -> float:
        """When a step of a bar is, in seconds from the song's start."""
        late = self.swing if step % 2 == 1 else 0.0
        return self.start + self.bar * (bar + (step + late) / STEPS)

    @property
    def step(self) -> float:
        """Seconds of a sixteenth."""
        return self.bar / STEPS


@dataclass(frozen=True)
class Form:
    """The plan of a song.

    `sections` has a letter a bar: I(ntro), V(erse), C(horus); the ending, E, is the
    one chord after the last bar. `chords` has for each bar one or two degrees.
    """

    clock: Clock
    sections: str
    chords: tuple[tuple[int, ...], ...]
    ending: float

    def chord(self, bar: int, step: float = 0.0) -> int:
        """The degree that sounds; the chord after the last bar is the first of the song's."""
        if bar >= len(self.chords):
            return self.chords[0][0]
        return self.chords[bar][int(step * len(self.chords[bar]) / STEPS)]

    def section(self, time: float) -> str:
        """The letter of the section at a time in seconds; after the last bar it is the last's."""
        bar = int((time - self.clock.start + 1e-6) / self.clock.bar)
        return self.sections[min(bar, len(self.sections) - 1)]

    def changes(self) -> list[tuple[int, int, float, float]]:
        """Every chord as ``(degree, bar, start, end)`` in seconds."""
        spans = []
        for bar, chords in enumerate(self.chords):
            length = STEPS // len(chords)
            for index, degree in enumerate(chords):
                start = self.clock.time(bar, index * length)
                spans.append((degree, bar, start, start + self.clock.bar / len(chords)))
        return spans


def plan(
    tempo: tuple[float, float], swing: float, loops: tuple[Loop, Loop], duration: float, early: bool,
    rng: np.random.Generator,
) -> Form:  # fmt: skip
    """Fit whole bars and an ending into the duration, and divide them into sections.

    Parameters
    ----------
    tempo : pair of float
        The style's range in beats a minute; the song's lies about there.
    swing : float
        See `Clock`.
    loops : pair of Loop
        The chords of the verse and of the chorus.
    duration : float
        Seconds.
    early : bool
        Without an intro, so that the voice starts at once.
    rng : numpy.random.Generator
    """
    start = 0.16
    ending = rng.uniform(1.0, 1.5)
    usable = duration - start - ending
    bars = max(2, round(usable * rng.uniform(*tempo) / 240))
    clock = Clock(usable / bars, start, swing)
    slow = clock.bar > 2.5
    lengths = INTROS[min(bars, max(INTROS))] if not early else (0,)
    intro = int(rng.choice(lengths))
    verse = (bars - intro + int(rng.integers(0, 2))) // 2
    sung = ["V"] * verse + ["C"] * (bars - intro - verse)
    if rng.random() < 0.2:
        sung.reverse()
    sections = "I" * intro + "".join(sung)
    chords, place = [], {"V": 0, "C": 0}
    for section in sections:
        loop = loops[1] if section == "C" else loops[0]
        key = "C" if section == "C" else "V"
        width = 2 if slow else 1
        chords.append(tuple(loop[(place[key] + index) % 4] for index in range(width)))
        place[key] += width
    return Form(clock, sections, tuple(chords), ending)
