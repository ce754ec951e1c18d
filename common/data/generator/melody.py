"""The tune and its words: phrases with a rhythm, a contour and a rest after them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from common.data.generator.form import STEPS, Form
from common.data.generator.lyrics import Line, write_line
from common.data.generator.singing import SungNote
from common.data.generator.theory import Key


@dataclass(frozen=True)
class Motif:
    """Where syllables fall (in sixteenths from the phrase's start), how long they last, how the tune moves."""

    onsets: tuple[int, ...]
    lengths: tuple[int, ...]
    moves: tuple[int, ...]


def write_melody(
    form: Form, key: Key, register: float, split: str, rng: np.random.Generator
) -> tuple[list[SungNote], list[Line]]:
    """Write what the singer sings.

    Returns
    -------
    notes : list of SungNote
    lines : list of Line
        One for each phrase.
    """
    notes: list[SungNote] = []
    lines: list[Line] = []
    motifs: dict[tuple[str, int], Motif] = {}
    for number, (bar, bars) in enumerate(phrases(form, rng)):
        section = form.sections[bar]
        again = motifs.get((section, bars))
        early = number == 0 and bar == 0
        motif = again if again and rng.random() < 0.65 else _motif(form, bars, early, rng)
        motifs.setdefault((section, bars), motif)
        line = write_line(split, len(motif.onsets), rng)
        lines.append(line)
        last = bar + bars == len(form.sections)
        home = register + (2.5 if section == "C" else -1.0)
        notes += _phrase(form, key, home, bar, motif, line, last, rng)
    return notes, lines


def phrases(form: Form, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Cut the sung bars into phrases of about 2 to 5 s: ``(first bar, bars)``."""
    long = form.clock.bar < 2.3 or (form.clock.bar < 2.8 and rng.random() < 0.5)
    spans, bar = [], form.sections.count("I")
    while bar < len(form.sections):
        run = len(form.sections[bar:]) - len(form.sections[bar:].lstrip(form.sections[bar]))
        bars = 2 if long and run >= 2 else 1
        spans.append((bar, bars))
        bar += bars
    return spans


def _motif(form: Form, bars: int, early: bool, rng: np.random.Generator) -> Motif:
    """Choose a rhythm on the grid nearest to four syllables a second, and a contour."""
    unit = min((1, 2, 4), key=lambda steps: abs(np.log(steps * form.clock.step / 0.23)))
    units = bars * STEPS // unit
    offset = int(rng.choice([0, 0, 1, 2])) if not early else int(rng.choice([0, 1]))
    rest = max(1, round(units * rng.uniform(0.18, 0.38)))
    sung = units - offset - rest
    count = int(np.clip(round(sung / rng.uniform(1.2, 1.8)), 3, 11))
    lengths = np.ones(count, int)
    lengths[-1] += min(3, max(0, sung - count) // 2)
    for _ in range(sung - int(lengths.sum())):
        free = np.flatnonzero(lengths < np.where(np.arange(count) < count - 1, 3, 9))
        lengths[rng.choice(free) if len(free) else -1] += 1
    onsets = offset + np.concatenate([[0], np.cumsum(lengths[:-1])])
    arch = np.sin(np.pi * np.linspace(0.1, 1, count)) * rng.uniform(0, 3)
    moves = np.diff(np.round(arch + rng.normal(0, 0.8, count))).astype(int)
    moves = np.clip(moves, -3, 4)
    return Motif(
        tuple(int(o) * unit for o in onsets),
        tuple(int(n) * unit for n in lengths),
        (0, *map(int, moves)),
    )


def _phrase(
    form: Form, key: Key, home: float, bar: int, motif: Motif, line: Line, last: bool,
    rng: np.random.Generator,
) -> list[SungNote]:  # fmt: skip
    """Put a motif on the chords of a phrase that begins at `bar`; the last one may hold on."""
    middle = round((home - 48 - key.tonic) / 12 * 7)
    degrees = [middle + int(rng.integers(-1, 2))]
    final = len(motif.onsets) - 1
    notes = []
    for index, (onset, length) in enumerate(zip(motif.onsets, motif.lengths, strict=True)):
        at_bar, step = bar + onset // STEPS, onset % STEPS
        strong = step % 8 == 0 or length >= 4 or index == final
        root = form.chord(at_bar, step)
        degrees.append(_next_degree(degrees, motif.moves[index], middle, root, strong))
        start = form.clock.time(at_bar, step)
        end = form.clock.time(at_bar, step + length) - (0.02 if index < final else 0.05)
        if last and index == final:
            end = form.clock.time(len(form.sections)) + rng.uniform(-0.1, 0.5 * form.ending)
            end = min(end, start + 1.8)
        effort = 0.72 + 0.1 * (step % 4 == 0) + 0.05 * rng.random()
        effort += 0.12 * (form.sections[bar] == "C")
        end = max(end, start + 0.1)
        syllable = line.syllables[index]
        notes.append(SungNote(start, end, key.pitch(degrees[-1]), syllable, effort, index == 0))
    return notes


def _next_degree(degrees: list[int], move: int, middle: int, root: int, strong: bool) -> int:
    """Move on from the last degree; strong and long notes go to chord tones, others pass.

    `degrees` begins with where the tune comes from, which is not sung.
    """
    degree = degrees[-1] + move
    degree -= int(np.sign(degree - middle)) * max(0, abs(degree - middle) - 4)
    if strong:
        degree = nearest_chord_tone(degree, root)
    if len(degrees) > 2 and degrees[-1] == degrees[-2] == degree:
        # Two of a kind are a tune, three are a telephone: step towards the middle.
        side = 1 if degree <= middle else -1
        degree = nearest_chord_tone(degree + 2 * side, root) if strong else degree + side
    return degree


def nearest_chord_tone(degree: int, root: int) -> int:
    """The degree nearest to `degree` that belongs to the triad on `root`."""
    return min(
        (degree + move for move in (0, -1, 1, -2, 2)),
        key=lambda d: ((d - root) % 7 not in (0, 2, 4), abs(d - degree)),
    )
