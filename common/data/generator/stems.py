"""Play a score, stem by stem: instruments, effects, rooms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from common.data.generator import drums, effects
from common.data.generator.arrange import Note
from common.data.generator.instruments import EPIANO, GUITAR, MACHINE, ORGAN, Preset
from common.data.generator.loudness import loudness
from common.data.generator.oscillators import fade
from common.data.generator.score import Score
from common.data.generator.singing import SungNote
from common.data.generator.synths import Random, Tone
from common.seed import rng as seeded


def play_drums(score: Score, count: int, rate: int, channels: int) -> np.ndarray:
    """The kit in its room, compressed, ``(channel, sample)``."""
    rng = seeded(*score.seed, "drums")
    dry = np.zeros((channels, count))
    closed = sorted(hit.start for hit in score.hits if hit.piece in ("hat", "open"))
    for hit in score.hits:
        sound = drums.PIECES[hit.piece](score.kit.values, hit.velocity, rate, rng)
        if hit.piece == "open":
            choke = next((time for time in closed if time > hit.start + 0.02), np.inf)
            length = min(len(sound), max(1, int(min(choke - hit.start, 9.0) * rate)))
            sound = fade(sound[:length], rate, start=0)
        position = 0.7 * drums.PANS.get(hit.piece, 0.0)
        place(
            dry, drums.LEVELS[hit.piece] * effects.pan(sound, position, channels), hit.start, rate
        )
    dry = effects.compress(dry, rate, threshold_db=-14, ratio=2.5, release=0.12)
    dry /= np.abs(dry).max()
    machine = score.kit.family is MACHINE
    room = effects.reverb_impulse("room", channels, 0.35 if machine else 0.6, 0.5, rate)
    wet = effects.reverb(effects.highpass(dry, 180, rate), room, delay=0.004, rate=rate)
    return effects.saturate(0.8 * dry, 0.4) + (0.1 if machine else 0.2) * wet


def play_bass(score: Score, count: int, rate: int, channels: int) -> np.ndarray:
    """The bass, in the middle, ``(channel, sample)``."""
    line = _play(score.bass, score.bass_notes, count, rate, seeded(*score.seed, "bass"))
    line = effects.compress(line, rate, threshold_db=-12, ratio=2.5)
    # Drive gives small speakers something to hold on to.
    line = effects.saturate(line / (np.abs(line).max() + 1e-9), 1.2)
    return effects.pan(line, 0.0, channels)


def play_other(score: Score, count: int, rate: int, channels: int) -> np.ndarray:
    """All other instruments in one hall, ``(channel, sample)``."""
    total, send = np.zeros((2, channels, count))
    beat = 4 * score.form.clock.step
    for number, (part, preset) in enumerate(score.instruments):
        rng = seeded(*score.seed, "other", number)
        line = _play(preset, score.part_notes[number], count, rate, rng)
        if preset.family is GUITAR:
            share = 1.0 if part.role in ("power", "answer") else 0.3
            line = _amplifier(line, share * preset.values["drive"], rate)
        if preset.family in (EPIANO, ORGAN):
            # Their amplifiers have valves.
            line = effects.saturate(line / (np.abs(line).max() + 1e-9), 1.5)
        line = effects.highpass(line, 80 if part.role == "power" else 110, rate)
        if np.isneginf(level := loudness(line[None], rate)):
            continue
        wide = effects.pan(line * 10 ** ((part.level - level) / 20), part.pan, channels)
        total += wide
        send += part.room * wide
        if part.role in ("arp", "answer"):
            # The echo comes from the other side.
            repeats = effects.echo(wide[::-1], delay=0.75 * beat, feedback=0.5, rate=rate)
            total += 0.25 * repeats
    total = effects.shelf(total, 4000, 3.0, rate) + _riser(score, count, rate, channels)
    hall = effects.reverb_impulse("hall", channels, 1.8, 0.4, rate)
    wet = effects.reverb(effects.highpass(send, 200, rate), hall, delay=0.015, rate=rate)
    return total + 0.9 * wet


def _riser(score: Score, count: int, rate: int, channels: int) -> np.ndarray:
    """Noise that opens up through the bar before the chorus, where machines play."""
    rng = seeded(*score.seed, "riser")
    total = np.zeros((channels, count))
    chorus = score.form.sections.find("C")
    if score.kit.family is not MACHINE or chorus < 1 or rng.random() < 0.4:
        return total
    length = int(min(score.form.clock.bar, 2.4) * rate)
    rise = np.arange(length) / length
    for channel in range(channels):
        sweep = sum(
            effects.shaped_noise(rng, length, rate, effects.band(low, 1.8 * low))
            * np.clip(2.2 * rise - late, 0, 1)
            for low, late in ((700, 0.0), (1500, 0.3), (3000, 0.7), (6000, 1.1))
        )
        sweep = fade(sweep * rise, rate, start=0.05, end=0.03)
        start = score.form.clock.time(chorus) - length / rate
        place(total[channel : channel + 1], sweep[None], start, rate)
    return total * 10 ** ((-4 - loudness(total, rate)) / 20)


def play_vocals(score: Score, count: int, rate: int, channels: int) -> np.ndarray:
    """The singer, doubled or in thirds in some choruses, with plate and echo."""
    rng = seeded(*score.seed, "voice")
    voice = effects.pan(_take(score, score.sung, count, rate, rng), 0.0, channels)
    chorus = [note for note in score.sung if score.form.section(note.start) == "C"]
    backing = (0, 0) if rng.random() < 0.35 else (2,) if rng.random() < 0.3 else ()
    for side, steps in zip((-0.6, 0.6), backing, strict=False):
        if chorus:
            notes = [_harmony(score, note, steps) for note in chorus]
            voice += 0.33 * effects.pan(_take(score, notes, count, rate, rng), side, channels)
    plate = effects.reverb_impulse("plate", channels, 1.3, 0.9, rate)
    wet = effects.reverb(effects.highpass(voice, 250, rate), plate, delay=0.025, rate=rate)
    voice = voice + score.style.vocal_room * wet
    if rng.random() < 0.4:
        thin = effects.highpass(voice, 400, rate)
        beat = 4 * score.form.clock.step
        voice = voice + 0.14 * effects.echo(thin, delay=beat, feedback=0.4, rate=rate)
    return voice


def _take(
    score: Score, notes: Sequence[SungNote], count: int, rate: int, rng: Random
) -> np.ndarray:
    """One recording of the voice, with what every engineer does to it."""
    voice = score.style.voice(notes, score.singer.values, count=count, rate=rate, rng=rng)
    voice = effects.highpass(voice, 90, rate)
    voice = effects.compress(voice, rate, threshold_db=-20, ratio=3.5, release=0.12)
    voice = effects.shelf(voice, 4500, 1.0, rate)
    return voice / (np.sqrt(np.mean(voice**2)) + 1e-9)


def _harmony(score: Score, note: SungNote, steps: int) -> SungNote:
    """The same syllable so many scale steps higher, a hair later and sharper."""
    inside = {score.key.pitch(degree) % 12 for degree in range(7)}
    scale = [pitch for pitch in range(30, 100) if pitch % 12 in inside]
    pitch = scale[scale.index(round(note.pitch)) + steps] + 0.06
    return replace(note, start=note.start + 0.008, pitch=pitch, effort=0.85 * note.effort)


def _amplifier(line: np.ndarray, drive: float, rate: int) -> np.ndarray:
    """Overdrive, then a loudspeaker that knows no highs."""
    hot = effects.highpass(line / (np.abs(line).max() + 1e-9), 120, rate, order=1)
    return effects.lowpass(effects.saturate(hot, 3 * drive), 4800, rate, order=3)


def _play(preset: Preset, notes: Sequence[Note], count: int, rate: int, rng: Random) -> np.ndarray:
    """All notes of a part, ``(sample,)``."""
    line = np.zeros((1, count))
    for note in notes:
        tone = Tone(note.pitch, note.seconds, min(note.velocity, 1.0), rate, rng)
        place(line, preset.family.play(preset.values, tone)[None], note.start, rate)
    return line[0]


def place(track: np.ndarray, sound: np.ndarray, start: float, rate: int) -> None:
    """Add a sound ``(channel, sample)`` to a track at a time; what runs over the end is cut."""
    room = track[:, max(0, round(start * rate)) :][:, : sound.shape[-1]]
    room += sound[:, : room.shape[-1]]
