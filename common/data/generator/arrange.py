"""From chords and grids to notes: what drums, bass and the other instruments play."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from common.data.generator.form import STEPS, Form
from common.data.generator.singing import SungNote
from common.data.generator.styles import Part, Style
from common.data.generator.theory import Key, voicing

FILLS = (
    {"snare": "..............56"},
    {"snare": "........6.5.6567"},
    {"high": "........7.7.....", "low": "............7.77", "snare": "......6........."},
    {"snare": "............6.79", "low": "..........7....."},
    {"kick": "9...............", "snare": "............7777"},
)


@dataclass(frozen=True)
class Note:
    """A note: when and how long (seconds), its MIDI pitch, how hard (0 to 1)."""

    start: float
    seconds: float
    pitch: float
    velocity: float


@dataclass(frozen=True)
class Hit:
    """A stroke on a piece of the kit."""

    start: float
    piece: str
    velocity: float


def drum_hits(style: Style, form: Form, rng: np.random.Generator) -> list[Hit]:
    """Play the style's grooves, a fill before each new section, and a crash into it."""
    grooves = {
        "V": style.beats[rng.integers(len(style.beats))],
        "C": style.chorus_beats[rng.integers(len(style.chorus_beats))],
    }
    # An intro is the verse without its backbeat.
    grooves["I"] = {
        piece: grid for piece, grid in grooves["V"].items() if piece not in ("snare", "clap")
    }
    # Slow bars have long steps: there a fill is only a few strokes.
    fills = FILLS if form.clock.step < 0.15 else FILLS[:1]
    fill = fills[rng.integers(len(fills))]
    soft = style.drums_level < -1
    hits: list[Hit] = []
    for bar, section in enumerate(form.sections):
        groove = dict(grooves[section])
        following = form.sections[bar + 1 : bar + 2] or "E"
        if following != section and not (soft and rng.random() < 0.6):
            groove = _with_fill(groove, fill)
        if bar and section != form.sections[bar - 1] and section == "C" and not soft:
            hits.append(Hit(form.clock.time(bar), "crash", 0.9))
        for piece, grid in groove.items():
            hits += _row(form, bar, piece, grid, rng)
    end = form.clock.time(len(form.sections))
    return [*hits, Hit(end, "kick", 0.9), Hit(end, "ride" if soft else "crash", 0.75)]


def _with_fill(groove: dict[str, str], fill: dict[str, str]) -> dict[str, str]:
    """Let the fill have the steps from its first stroke on; the hi-hat keeps time."""
    first = min(index for grid in fill.values() for index, step in enumerate(grid) if step != ".")
    mixed = {
        piece: grid if piece in ("hat", "shaker") else grid[:first] + "." * (STEPS - first)
        for piece, grid in groove.items()
    }
    for piece, grid in fill.items():
        mixed[piece] = mixed.get(piece, "." * STEPS)[:first] + grid[first:]
    return mixed


def _row(form: Form, bar: int, piece: str, grid: str, rng: np.random.Generator) -> list[Hit]:
    hits = []
    for step, mark in enumerate(grid):
        if mark != ".":
            late = rng.normal(0, 0.0025)
            velocity = min(1.0, int(mark) / 9 * rng.uniform(0.88, 1.06))
            hits.append(Hit(form.clock.time(bar, step) + late, piece, velocity))
    return hits


def bass_line(style: Style, form: Form, key: Key, rng: np.random.Generator) -> list[Note]:
    """Walk the style's figure along the chords, near the root before."""
    figures = [style.figures[index] for index in rng.permutation(len(style.figures))]
    notes: list[Note] = []
    low = 33.0
    for bar, section in enumerate(form.sections):
        if section == "I" and bar == 0 and rng.random() < 0.5:
            continue
        figure = figures[1] if section == "C" else figures[0]
        for step, mark in enumerate(figure):
            if mark in ".-":
                continue
            held = len(figure[step + 1 :]) - len(figure[step + 1 :].lstrip("-"))
            degree = form.chord(bar, step)
            low = bass_pitch(key, degree, low)
            velocity = (0.92 if step % 4 == 0 else 0.78) * rng.uniform(0.92, 1.05)
            seconds = (held + 0.7) * form.clock.step
            start = form.clock.time(bar, step) + rng.normal(0, 0.0025)
            pitch = _bass_tone(
                mark, key, degree, low, form.chord(bar + (step + 4) // STEPS, (step + 4) % STEPS)
            )
            notes.append(Note(start, seconds, pitch, velocity))
    end = form.clock.time(len(form.sections))
    notes.append(
        Note(end, 0.8 * form.ending, bass_pitch(key, form.chord(len(form.sections)), low), 0.9)
    )
    return notes


def bass_pitch(key: Key, degree: int, near: float) -> float:
    """The root of a chord between E1 and E2, as near as can be to a pitch."""
    root = key.pitch(degree) % 12
    return float(min((p for p in range(28, 41) if p % 12 == root), key=lambda p: abs(p - near)))


def _bass_tone(mark: str, key: Key, degree: int, root: float, following: int) -> float:
    base = key.pitch(degree)
    if mark == "A":
        # One scale step below or above where the bass goes next.
        target = bass_pitch(key, following, root)
        side = -1 if target >= root else 1
        return target + key.pitch(following + side) - key.pitch(following)
    steps = {"R": 0, "3": 2, "5": 4, "8": 7}[mark]
    return root + key.pitch(degree + steps) - base


def part_notes(
    part: Part, form: Form, key: Key, size: int, sung: Sequence[SungNote], rng: np.random.Generator
) -> list[Note]:
    """Write a part according to its role."""
    if part.role == "answer":
        return _answers(part, form, key, sung, rng)
    notes: list[Note] = []
    shape: tuple[int, ...] = ()
    counter = 0
    direction = rng.choice([1, -1])
    for degree, bar, start, end in [*form.changes(), _ending(form)]:
        section = form.sections[bar] if bar < len(form.sections) else "E"
        if part.role == "power":
            root = bass_pitch(key, degree, 34) + 12
            shape = (root, root + key.pitch(degree + 4) - key.pitch(degree), root + 12)
        else:
            shape = voicing(key.chord(degree, size=size), part.centre, shape)
        if section not in part.sections:
            continue
        if section == "E" or part.role == "pad":
            length = end - start - (0.0 if section == "E" else 0.03)
            gap = 0.025 if part.role == "strum" else 0.004
            notes += [Note(start + gap * i, length, pitch, 0.75) for i, pitch in enumerate(shape)]
            continue
        for time, seconds, velocity in _strokes(part, form, bar, start, end, rng):
            if part.role == "arp":
                ladder = [*shape, shape[0] + 12]
                around = ladder + ladder[-2:0:-1]
                pitch = around[(direction * counter) % len(around)]
                notes.append(Note(time, 1.6 * seconds, pitch, velocity))
                counter += 1
            else:
                notes += _chord(part.role, shape, time, seconds, velocity, rng)
    return notes


def _chord(
    role: str, shape: tuple[int, ...], time: float, seconds: float, velocity: float,
    rng: np.random.Generator,
) -> list[Note]:  # fmt: skip
    """A chord, its notes a little after one another; a strum has one string more."""
    gap = {"strum": 0.011, "power": 0.004}.get(role, 0.003)
    pitches = (*shape, shape[0] + 12) if role == "strum" else shape
    return [
        Note(time + gap * index, seconds, pitch, velocity * rng.uniform(0.9, 1))
        for index, pitch in enumerate(pitches)
    ]


def _ending(form: Form) -> tuple[int, int, float, float]:
    end = form.clock.time(len(form.sections))
    return form.chord(len(form.sections)), len(form.sections), end, end + 0.75 * form.ending


def _strokes(
    part: Part, form: Form, bar: int, start: float, end: float, rng: np.random.Generator
) -> list[tuple[float, float, float]]:
    """The steps of the part's grid under one chord: ``(time, seconds, velocity)``."""
    marks = [step for step, mark in enumerate(part.grid) if mark != "."] + [STEPS]
    strokes = []
    for step, following in pairwise(marks):
        time = form.clock.time(bar, step)
        if start - 1e-6 <= time < end - 0.5 * form.clock.step:
            seconds = min(0.75 * (following - step) * form.clock.step, end - time - 0.01)
            velocity = int(part.grid[step]) / 9 * rng.uniform(0.92, 1.05)
            strokes.append((time + rng.normal(0, 0.003), seconds, min(1.0, velocity)))
    return strokes


def _answers(
    part: Part, form: Form, key: Key, sung: Sequence[SungNote], rng: np.random.Generator
) -> list[Note]:
    """Fill the singer's rests with a short lick on the scale, ending on a chord tone."""
    stops = [form.clock.start] + [note.end for note in sung]
    starts = [note.start for note in sung] + [form.clock.time(len(form.sections))]
    unit = min((1, 2, 4), key=lambda steps: abs(np.log(steps * form.clock.step / 0.2)))
    middle = round((part.centre - 48 - key.tonic) / 12 * 7)
    notes: list[Note] = []
    for stop, start in zip(stops, starts, strict=True):
        first = int(np.ceil((stop + 0.05 - form.clock.start) / (unit * form.clock.step)))
        room = int((start - 0.1 - form.clock.start) / (unit * form.clock.step)) - first
        bar = first * unit // STEPS
        if room < 2 or bar >= len(form.sections) or form.sections[bar] not in part.sections:
            continue
        degree = middle + int(rng.integers(-2, 3))
        for index in range(min(room, 6)):
            at_bar, at_step = divmod((first + index) * unit, STEPS)
            if index and rng.random() < 0.2:
                continue
            degree += int(rng.choice([-2, -1, -1, 1, 1, 2]))
            strong = at_step % 4 == 0
            if strong and (degree - form.chord(at_bar, at_step)) % 7 not in (0, 2, 4):
                degree += 1
            notes.append(
                Note(
                    form.clock.time(at_bar, at_step),
                    0.9 * unit * form.clock.step,
                    key.pitch(degree),
                    0.8,
                )
            )
    return notes
