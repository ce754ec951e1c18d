"""The singer: a source and a moving vocal tract (Fant, 1960), filtered in the STFT.

The pulse train of the vocal folds, breath and hiss are each a long signal; in
every frame their spectra are multiplied by what the mouth is doing just then.
The singer is itself a mask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from common.data.generator.oscillators import TABLE, hertz, table
from common.data.generator.phones import Segment, parts

Values = Mapping[str, float]


@dataclass(frozen=True)
class SungNote:
    """A syllable on a pitch; `start` is where its vowel begins, on the beat."""

    start: float
    end: float
    pitch: float
    syllable: tuple[str, ...]
    effort: float = 0.8
    breath_before: bool = False


@dataclass
class Tracks:
    """What the singer does, frame by frame; every array is ``(frame,)`` but `formants`."""

    pitch: np.ndarray
    effort: np.ndarray
    voice: np.ndarray
    breath: np.ndarray
    hiss: np.ndarray
    centre: np.ndarray
    width: np.ndarray
    formants: np.ndarray  # (3, frame)


def sing(
    notes: Sequence[SungNote], singer: Values, *, count: int, rate: int, rng: np.random.Generator
) -> np.ndarray:
    """Sing a melody.

    Parameters
    ----------
    notes : sequence of SungNote
        In order; they may touch and do not overlap.
    singer : mapping
        The voice's parameters, see `cast.SINGER`.
    count, rate : int
        Length in samples, and samples a second.
    rng : numpy.random.Generator
        For breath, drift and small unsteadiness: another one is another take.

    Returns
    -------
    numpy.ndarray, ``(sample,)``
    """
    hop = round(0.0058 * rate)
    frames = count // hop + 1
    tracks = _tracks(notes, singer, frames, hop / rate, rng)
    cycles, pulses = _folds(tracks, singer, count, hop, rate, rng)
    wheeze = rng.standard_normal(count) * (0.35 + 0.65 * np.cos(np.pi * cycles) ** 2)
    noise = rng.standard_normal(count)
    return _articulate(tracks, singer, (pulses, wheeze, noise), hop, rate)


def _tracks(
    notes: Sequence[SungNote], singer: Values, frames: int, step: float, rng: np.random.Generator
) -> Tracks:
    """Write the segments of all syllables into the tracks, then smooth: the mouth has inertia."""
    t = np.zeros((7, frames))  # voice, breath, hiss, centre, width, effort, 1 where a note sounds
    t[3], t[4] = 4000.0, 0.6
    formants = np.full((3, frames), np.nan)
    pitch = np.full(frames, np.nan)

    def write(start: float, end: float, segment: Segment, note: SungNote) -> None:
        span = slice(max(0, round(start / step)), max(0, round(end / step)))
        t[:, span] = np.array(
            [
                segment.voice,
                segment.breath,
                segment.hiss,
                segment.centre,
                segment.width,
                note.effort,
                1,
            ]
        )[:, None]
        if segment.formants is not None:
            formants[:, span] = np.array(segment.formants, float)[:, None]
        pitch[span] = note.pitch

    previous_end = 0.0
    for index, note in enumerate(notes):
        before, targets, after = parts(note.syllable)
        following = notes[index + 1] if index + 1 < len(notes) else None
        end = note.end
        if following is not None:
            lead = sum(segment.seconds for segment in parts(following.syllable)[0])
            end = min(
                end, max(following.start - lead, note.start + 0.45 * (following.start - note.start))
            )
        room = note.start - previous_end
        lead = sum(segment.seconds for segment in before)
        squeeze = min(1.0, room / lead) if lead else 1.0
        time = note.start - squeeze * lead
        if note.breath_before and time - previous_end > 0.4:
            write(time - 0.32, time - 0.06, Segment(0.26, (600, 1500, 2500), breath=0.13), note)
        for segment in before:
            write(time, time + squeeze * segment.seconds, segment, note)
            time += squeeze * segment.seconds
        tail = sum(segment.seconds for segment in after)
        squeeze = min(1.0, 0.45 * (end - note.start) / tail) if tail else 1.0
        turn = end - squeeze * tail
        edges = (
            [note.start, turn]
            if len(targets) == 1
            else [note.start, note.start + 0.6 * (turn - note.start), turn]
        )
        for target, low, high in zip(targets, edges[:-1], edges[1:], strict=True):
            write(low, high, Segment(0, target, voice=1.0, breath=0.05), note)
        time = turn
        for segment in after:
            write(time, time + squeeze * segment.seconds, segment, note)
            time += squeeze * segment.seconds
        previous_end = time
    return _smooth(t, formants, pitch, singer, step, rng)


def _smooth(
    t: np.ndarray,
    formants: np.ndarray,
    pitch: np.ndarray,
    singer: Values,
    step: float,
    rng: np.random.Generator,
) -> Tracks:
    """Give the steps of the tracks the speed of muscles."""
    formants = np.stack([_blur(_bridge(track), 0.045 / step) for track in formants])
    held = _bridge(pitch)
    # High notes open the mouth: the first formant never falls below the pitch.
    formants[0] = np.maximum(formants[0], 1.05 * hertz(_blur(held, 0.06 / step)) / singer["tract"])
    glide = _blur(held, singer["glide"] * 2 / step)
    sounding = t[6] > 0
    onset = sounding & ~np.roll(sounding, 1)
    since = step * (
        np.arange(len(pitch)) - np.maximum.accumulate(np.where(onset, np.arange(len(pitch)), 0))
    )
    new = np.abs(np.diff(held, prepend=held[0])) > 0.1
    still = step * (
        np.arange(len(pitch))
        - np.maximum.accumulate(np.where(new | onset, np.arange(len(pitch)), 0))
    )
    time = step * np.arange(len(pitch))
    wobble = _blur(rng.standard_normal(len(pitch)), 0.12 / step) * np.sqrt(0.12 / step)
    rate = singer["vibrato_rate"] * (1 + 0.03 * wobble)
    depth = singer["vibrato_depth"] / 100 * np.clip((still - 0.18) / 0.35, 0, 1)
    vibrato = depth * np.sin(2 * np.pi * np.cumsum(rate) * step + 6 * rng.random())
    drift = 0.06 * _blur(rng.standard_normal(len(pitch)), 0.25 / step) * np.sqrt(0.25 / step)
    scoop = -0.9 * np.exp(-since / 0.05)
    shimmer = 1 + 0.05 * wobble + 0.03 * np.sin(2 * np.pi * singer["vibrato_rate"] * time)
    return Tracks(
        pitch=glide + vibrato + drift + scoop,
        effort=_blur(t[5], 0.08 / step),
        voice=_blur(t[0] * t[5], 0.035 / step) * shimmer,
        breath=_blur(t[1], 0.03 / step),
        hiss=_blur(t[2], 0.018 / step),
        centre=_blur(t[3], 0.02 / step),
        width=_blur(t[4], 0.02 / step),
        formants=formants,
    )


def _folds(
    tracks: Tracks, singer: Values, count: int, hop: int, rate: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The phase of the vocal folds in cycles, and their pulses: a saw wave at the sung pitch."""
    frames = np.arange(len(tracks.pitch)) * hop
    pitch = np.interp(np.arange(count), frames, tracks.pitch)
    frequency = hertz(pitch)
    cycles = np.cumsum(frequency) / rate
    # A row of tables, three an octave, each with the harmonics that fit below half the rate.
    lowest = hertz(36.0)
    steps = np.clip(np.ceil(3 * np.log2(frequency / lowest)), 0, 20).astype(np.int32)
    rows = np.stack([table("saw", int(0.49 * rate / (lowest * 2 ** (k / 3)))) for k in range(21)])
    position = (cycles - np.floor(cycles)) * TABLE
    index = position.astype(np.int32)
    low = rows[steps, index]
    return cycles, low + (position - index) * (rows[steps, index + 1] - low)


def _articulate(
    tracks: Tracks, singer: Values, sources: tuple[np.ndarray, ...], hop: int, rate: int
) -> np.ndarray:
    """Filter pulses, breath and hiss with the tract of each frame, and add the frames up again."""
    size = 8 * hop
    active = np.flatnonzero((tracks.voice > 1e-4) | (tracks.breath > 1e-4) | (tracks.hiss > 1e-4))
    frequencies = np.fft.rfftfreq(size, 1 / rate)
    window = np.hanning(4 * hop + 1)[:-1] / 2
    index = active[:, None] * hop + np.arange(4 * hop)
    pulses, wheeze, noise = (
        np.fft.rfft(np.pad(x, (2 * hop, 4 * hop))[index] * window, size) for x in sources
    )
    tract = _tract(tracks.formants[:, active], singer, frequencies)
    octaves = np.log2(np.maximum(frequencies, 60.0) / 1000)
    tilt = (0.75 - 0.5 * singer["brightness"]) + 0.35 * (1 - tracks.effort[active])
    voiced = tracks.voice[active, None] * np.exp2(-tilt[:, None] * np.maximum(octaves, -1.5))
    breath = tracks.breath[active, None] + singer["breath"] * tracks.voice[active, None]
    centre = tracks.centre[active, None] * singer["sibilance"]
    hiss = tracks.hiss[active, None] * np.exp(
        -0.5 * ((octaves - np.log2(centre / 1000)) / tracks.width[active, None]) ** 2
    )
    body = frequencies > 60
    # Six dB an octave of radiation at the lips make breath thin, as it should be.
    air = np.clip(frequencies / 3000, 0.05, 1.5)
    spectrum = (
        (voiced * pulses + 0.3 * breath * air * wheeze) * tract + 0.75 * hiss * noise
    ) * body
    grains = np.fft.irfft(spectrum, size)
    out = np.zeros((tracks.voice.size + 8, hop))
    for part in range(8):
        out[active + part] += grains[:, part * hop : (part + 1) * hop]
    return out.ravel()[2 * hop :][: len(sources[0])]


def _tract(formants: np.ndarray, singer: Values, frequencies: np.ndarray) -> np.ndarray:
    """Gain and phase of the vocal tract, ``(frame, freq)`` complex: a cascade of resonances.

    A resonance falls by 12 dB an octave above its centre. In a tube the higher ones
    make up for it; here the numerators do, as the tube's own resonances would lie.
    """
    scale, wide = singer["tract"], singer["bandwidth"]
    fixed = np.ones(len(frequencies))
    for neutral in (700, 1900, 2900):
        fixed *= np.sqrt(1 + (frequencies / (neutral * scale)) ** 4)
    # The singer's ring lies where the fourth and the fifth resonance meet.
    ring = np.log2(np.maximum(frequencies, 1) / (3300 * scale))
    fixed *= 1 + 1.2 * np.exp(-0.5 * (ring / 0.22) ** 2)
    response = np.ones((formants.shape[1], len(frequencies)), complex)
    for track, width in zip(formants, (80, 100, 140), strict=True):
        centre = (track * scale)[:, None]
        ratio = frequencies / centre
        response *= 1 - ratio**2 + 1j * ratio * (width * wide / centre)
    return 0.25 * fixed / response


def _bridge(track: np.ndarray) -> np.ndarray:
    """Fill the gaps (NaN) of a track in a straight line from neighbour to neighbour."""
    known = np.flatnonzero(~np.isnan(track))
    return (
        np.interp(np.arange(len(track)), known, track[known])
        if len(known)
        else np.full(len(track), 500.0)
    )


def _blur(track: np.ndarray, frames: float) -> np.ndarray:
    """Smooth with a Hann window about so many frames wide; the ends repeat their values."""
    reach = max(1, round(frames))
    window = np.hanning(2 * reach + 1)
    padded = np.pad(track, reach, mode="edge")
    return np.convolve(padded, window / window.sum(), mode="valid")
