"""From syllables to what the singer's body does: where the mouth is at every moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from common.data.generator.oscillators import hertz
from common.data.generator.phones import Segment, parts

Values = Mapping[str, float]
BREATH = Segment(0.26, (600, 1500, 2500), breath=0.13)


@dataclass(frozen=True)
class SungNote:
    """A syllable on a pitch; `start` is where its vowel begins, on the beat."""

    start: float
    end: float
    pitch: float
    syllable: tuple[str, ...]
    effort: float = 0.8
    breath_before: bool = False


@dataclass(frozen=True)
class Tracks:
    """What the singer does, frame by frame; every array is ``(frame,)`` but `formants`."""

    pitch: np.ndarray  # MIDI
    effort: np.ndarray
    voice: np.ndarray
    breath: np.ndarray
    hiss: np.ndarray
    centre: np.ndarray  # Hz
    width: np.ndarray  # octaves
    formants: np.ndarray  # (3, frame), Hz


class Timeline:
    """Frames into which segments of speech are written."""

    def __init__(self, frames: int, step: float) -> None:
        self.step = step
        self.pitch = np.full(frames, np.nan)
        self.formants = np.full((3, frames), np.nan)
        self.effort, self.voice, self.breath, self.hiss = np.zeros((4, frames))
        self.centre, self.width = np.full(frames, 4000.0), np.full(frames, 0.6)

    def write(self, start: float, end: float, segment: Segment, note: SungNote) -> None:
        """Let a segment last from `start` to `end`, in seconds."""
        span = slice(max(0, round(start / self.step)), max(0, round(end / self.step)))
        for name in ("voice", "breath", "hiss", "centre", "width"):
            getattr(self, name)[span] = getattr(segment, name)
        self.effort[span], self.pitch[span] = note.effort, note.pitch
        if segment.formants is not None:
            self.formants[:, span] = np.array(segment.formants, float)[:, None]

    def row(self, start: float, room: float, segments: Sequence[Segment], note: SungNote) -> float:
        """Write segments one after another, squeezed into `room`; returns their end."""
        length = sum(segment.seconds for segment in segments)
        squeeze = min(1.0, room / length) if length else 1.0
        for segment in segments:
            self.write(start, start + squeeze * segment.seconds, segment, note)
            start += squeeze * segment.seconds
        return start


def perform(
    notes: Sequence[SungNote], singer: Values, frames: int, step: float, rng: np.random.Generator
) -> Tracks:
    """Write all syllables, then let them flow together: the mouth has inertia.

    Parameters
    ----------
    notes : sequence of SungNote
        In order, without overlap.
    singer : mapping
        See `instruments.SINGER`.
    frames : int
        How many; `step` seconds apart.
    rng : numpy.random.Generator
        For the small unsteadiness of a take.
    """
    line = Timeline(frames, step)
    free = 0.0
    for note, following in zip(notes, [*notes[1:], None], strict=True):
        free = _write_syllable(line, note, following, free)
    return _flow(line, singer, rng)


def _write_syllable(
    line: Timeline, note: SungNote, following: SungNote | None, free: float
) -> float:
    """Consonants before the beat, the vowel on it, the last consonants at the end.

    `free` is where the last syllable ended; returns where this one does.
    """
    before, targets, after = parts(note.syllable)
    end = note.end
    if following is not None:
        # Leave the next syllable's first consonants their time.
        lead = sum(segment.seconds for segment in parts(following.syllable)[0])
        end = min(end, max(following.start - lead, 0.55 * note.start + 0.45 * following.start))
    room = note.start - free
    lead = min(room, sum(segment.seconds for segment in before))
    start = note.start - lead
    if note.breath_before and start - free > 0.4:
        line.write(start - 0.32, start - 0.06, BREATH, note)
    line.row(start, lead, before, note)
    tail = min(0.45 * (end - note.start), sum(segment.seconds for segment in after))
    turn = end - tail
    middle = note.start + 0.6 * (turn - note.start)
    edges = (note.start, turn) if len(targets) == 1 else (note.start, middle, turn)
    for target, low, high in zip(targets, edges[:-1], edges[1:], strict=True):
        line.write(low, high, Segment(0.0, target, voice=1.0, breath=0.05), note)
    return line.row(turn, tail, after, note)


def _flow(line: Timeline, singer: Values, rng: np.random.Generator) -> Tracks:
    """Give the steps of the timeline the speed of muscles."""
    step, held = line.step, _bridge(line.pitch)
    wobble = _drift(len(held), 0.12, step, rng)
    formants = np.stack([_blur(_bridge(track), 0.045 / step) for track in line.formants])
    # High notes open the mouth: the first formant never falls below the pitch.
    opened = 1.05 * hertz(_blur(held, 0.06 / step)) / singer["tract"]
    formants[0] = np.maximum(formants[0], opened)
    return Tracks(
        pitch=_intonation(line, held, singer, wobble, rng),
        effort=_blur(line.effort, 0.08 / step),
        voice=_blur(line.voice * line.effort, 0.035 / step) * (1 + 0.05 * wobble),
        breath=_blur(line.breath, 0.03 / step),
        hiss=_blur(line.hiss, 0.018 / step),
        centre=_blur(line.centre, 0.02 / step),
        width=_blur(line.width, 0.02 / step),
        formants=formants,
    )


def _intonation(
    line: Timeline, held: np.ndarray, singer: Values, wobble: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Glide from note to note, scoop into a phrase, swing into vibrato on long notes."""
    step = line.step
    sounding = ~np.isnan(line.pitch)
    onset = sounding & ~np.roll(sounding, 1)
    moved = np.abs(np.diff(held, prepend=held[0])) > 0.1
    scoop = -0.9 * np.exp(-_since(onset, step) / 0.05)
    depth = (
        singer["vibrato_depth"] / 100 * np.clip((_since(moved | onset, step) - 0.18) / 0.35, 0, 1)
    )
    turns = np.cumsum(singer["vibrato_rate"] * (1 + 0.03 * wobble)) * step + rng.random()
    drift = 0.06 * _drift(len(held), 0.25, step, rng)
    glide = _blur(held, 2 * singer["glide"] / step)
    return glide + scoop + depth * np.sin(2 * np.pi * turns) + drift


def _since(event: np.ndarray, step: float) -> np.ndarray:
    """Seconds since the last event, ``(frame,)``."""
    frames = np.arange(len(event))
    return step * (frames - np.maximum.accumulate(np.where(event, frames, 0)))


def _drift(frames: int, seconds: float, step: float, rng: np.random.Generator) -> np.ndarray:
    """Slow noise of about unit size."""
    return _blur(rng.standard_normal(frames), seconds / step) * np.sqrt(seconds / step)


def _bridge(track: np.ndarray) -> np.ndarray:
    """Fill the gaps (NaN) of a track in a straight line from neighbour to neighbour."""
    known = np.flatnonzero(~np.isnan(track))
    return np.interp(np.arange(len(track)), known, track[known])


def _blur(track: np.ndarray, frames: float) -> np.ndarray:
    """Smooth with a Hann window that reaches so many frames to each side."""
    reach = max(1, round(frames))
    window = np.hanning(2 * reach + 1)
    padded = np.pad(track, reach, mode="edge")
    return np.convolve(padded, window / window.sum(), mode="valid")
