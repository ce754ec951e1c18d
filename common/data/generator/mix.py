"""Render a score: play every instrument, process every stem, balance the mix."""

from __future__ import annotations

import numpy as np

from common.data.generator import drums, effects
from common.data.generator.cast import GUITAR, MACHINE, Preset
from common.data.generator.score import Score
from common.data.generator.loudness import loudness
from common.data.generator.oscillators import fade
from common.data.generator.synths import Random
from common.data.generator.voice import SungNote, sing
from common.seed import rng as seeded

STEMS = ("drums", "bass", "other", "vocals")
# Loudness of each stem beside the vocals' in LU, before the style and chance have their say.
BALANCE = {"drums": -1.3, "bass": -4.2, "other": -1.4, "vocals": 0.0}
MIXTURE_LUFS = -15.0
CEILING_DB = -1.2


def render(
    score: Score, *, rate: int, channels: int, duration: float, vocals_db: float = 0.0
) -> dict[str, np.ndarray]:
    """Make a score sound.

    Parameters
    ----------
    score : Score
    rate, channels : int
        Samples a second; 1 or 2 channels.
    duration : float
        Seconds, as told to `compose`.
    vocals_db : float
        Raise the voice in the mix.

    Returns
    -------
    dict of str to numpy.ndarray
        The stems, ``(channel, sample)`` int16. Their sum is the mixture and fits int16 too.
    """
    count = round(duration * rate)
    stems = {
        "drums": _drums(score, count, rate, channels),
        "bass": _bass(score, count, rate, channels),
        "other": _other(score, count, rate, channels),
        "vocals": _vocals(score, count, rate, channels),
    }
    kicks = [hit.start for hit in score.hits if hit.piece == "kick" and hit.velocity > 0.5]
    lift = _sections(score, count, rate)
    stems["drums"] = stems["drums"] * lift
    stems["other"] = stems["other"] * lift
    if score.style.duck:
        gain = effects.duck(count, kicks, score.style.duck, rate)
        stems["bass"] = stems["bass"] * gain
        stems["other"] = stems["other"] * gain
    return _master(score, stems, rate, vocals_db)


def _master(
    score: Score, stems: dict[str, np.ndarray], rate: int, vocals_db: float
) -> dict[str, np.ndarray]:
    """Set the levels; one limiter gain for all stems keeps the mixture their sum."""
    rng = seeded(*score.seed, "balance")
    style = {"drums": score.style.drums_level, "bass": score.style.bass_level, "vocals": vocals_db}
    for name, stem in stems.items():
        wanted = BALANCE[name] + style.get(name, 0.0) + rng.normal(0, 0.9)
        stems[name] = effects.highpass(stem, 32, rate) * 10 ** (
            (wanted - loudness(stem, rate)) / 20
        )
    mixture = sum(stems.values())
    gain = 10 ** ((MIXTURE_LUFS - loudness(mixture, rate)) / 20)
    # Stems that cancel in the mixture can each be louder than it: none may leave the scale.
    loudest = gain * np.concatenate([mixture, *stems.values()])
    curve = gain * effects.limiter_gain(loudest, 10 ** (CEILING_DB / 20), rate)
    tail = np.arange(mixture.shape[-1])[::-1] / (0.6 * rate)
    curve *= np.sin(0.5 * np.pi * np.minimum(1, tail)) ** 2
    curve *= np.minimum(1, np.arange(mixture.shape[-1]) / (0.01 * rate))
    return {name: np.rint(32767 * curve * stem).astype(np.int16) for name, stem in stems.items()}


def _sections(score: Score, count: int, rate: int) -> np.ndarray:
    """A fader ride, ``(sample,)``: the verse 1.5 dB below the chorus, the intro between."""
    level = {"I": -0.7, "V": -1.5, "C": 0.0}
    bars = np.arange(len(score.form.sections))
    times = score.form.clock.start + score.form.clock.bar * bars
    steps = np.array([level[section] for section in score.form.sections])
    at = np.arange(count) / rate
    return 10 ** (
        np.interp(
            at,
            np.stack([times, times + 0.9 * score.form.clock.bar], 1).ravel(),
            np.repeat(steps, 2),
        )
        / 20
    )


def _drums(score: Score, count: int, rate: int, channels: int) -> np.ndarray:
    rng = seeded(*score.seed, "drums")
    dry = np.zeros((channels, count))
    closed = sorted(hit.start for hit in score.hits if hit.piece in ("hat", "open"))
    for hit in score.hits:
        sound = (
            drums.PIECES[hit.piece](score.kit.values, hit.velocity, rate, rng)
            * drums.LEVELS[hit.piece]
        )
        if hit.piece == "open":
            choke = next((time for time in closed if time > hit.start + 0.02), np.inf)
            sound = fade(
                sound[: max(1, int(min(len(sound), (choke - hit.start) * rate)))], rate, start=0
            )
        place(
            dry, effects.pan(sound, 0.7 * drums.PANS.get(hit.piece, 0.0), channels), hit.start, rate
        )
    dry = effects.compress(dry, rate, threshold_db=-14, ratio=2.5, release=0.12)
    machine = score.kit.family is MACHINE
    room = effects.reverb_impulse("room", channels, 0.35 if machine else 0.6, 0.5, rate)
    wet = effects.reverb(effects.highpass(dry, 180, rate), room, delay=0.004, rate=rate)
    return (
        effects.saturate(0.8 * dry / np.abs(dry).max(), 0.4)
        + (0.1 if machine else 0.2) * wet / np.abs(dry).max()
    )


def _bass(score: Score, count: int, rate: int, channels: int) -> np.ndarray:
    rng = seeded(*score.seed, "bass")
    line = _play(score.bass, score.bass_notes, count, rate, rng)
    line = effects.compress(line, rate, threshold_db=-16, ratio=3.5)
    # A little drive gives small speakers something to hold on to.
    line = effects.saturate(line / (np.abs(line).max() + 1e-9), 0.6)
    return effects.pan(line, 0.0, channels)


def _other(score: Score, count: int, rate: int, channels: int) -> np.ndarray:
    total = np.zeros((channels, count))
    hall = effects.reverb_impulse("hall", channels, 1.8, 0.4, rate)
    send = np.zeros((channels, count))
    for index, ((part, preset), notes) in enumerate(
        zip(score.instruments, score.part_notes, strict=True)
    ):
        rng = seeded(*score.seed, "other", index)
        line = _play(preset, notes, count, rate, rng)
        if not np.any(line):
            continue
        if preset.family is GUITAR:
            line = _amplifier(
                line,
                preset.values["drive"] * (1.0 if part.role in ("power", "answer") else 0.3),
                rate,
            )
        line = effects.highpass(line, 110 if part.role != "power" else 80, rate)
        line *= (
            10 ** ((part.level - loudness(line[None], rate)) / 20)
            if loudness(line[None], rate) > -90
            else 0
        )
        wide = effects.pan(line, part.pan, channels)
        total += wide
        send += part.room * wide
        if part.role in ("arp", "answer"):
            total += 0.25 * effects.echo(
                wide[::-1], delay=3 * score.form.clock.step, feedback=0.5, rate=rate
            )
    total = effects.shelf(total, 4000, 3.0, rate) + _riser(score, count, rate, channels)
    return total + 0.9 * effects.reverb(
        effects.highpass(send, 200, rate), hall, delay=0.015, rate=rate
    )


def _riser(score: Score, count: int, rate: int, channels: int) -> np.ndarray:
    """Noise that opens up through the bar before the chorus, in the styles made with machines."""
    rng = seeded(*score.seed, "riser")
    total = np.zeros((channels, count))
    into = score.form.sections.find("C")
    if score.kit.family is not MACHINE or into < 1 or rng.random() < 0.4:
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
        place(
            total[channel : channel + 1],
            sweep[None],
            score.form.clock.time(into) - length / rate,
            rate,
        )
    return total * 10 ** ((-4 - loudness(total, rate)) / 20)


def _vocals(score: Score, count: int, rate: int, channels: int) -> np.ndarray:
    rng = seeded(*score.seed, "voice")
    lead = sing(score.sung, score.singer.values, count=count, rate=rate, rng=rng)
    lead = _channel_strip(lead, rate)
    voice = effects.pan(lead, 0.0, channels)
    chorus = [note for note in score.sung if score.form.sections[_bar(score, note)] == "C"]
    doubles = [0, 0] if rng.random() < 0.35 else [2] if rng.random() < 0.3 else []
    for take, steps in enumerate(doubles):
        if chorus:
            other = sing(
                [_third(score, note, steps) for note in chorus],
                score.singer.values,
                count=count,
                rate=rate,
                rng=rng,
            )
            voice = voice + effects.pan(
                _channel_strip(other, rate) * 0.33, (-0.6, 0.6)[take], channels
            )
    plate = effects.reverb_impulse("plate", channels, 1.3, 0.9, rate)
    wet = effects.reverb(effects.highpass(voice, 250, rate), plate, delay=0.025, rate=rate)
    voice = voice + score.style.vocal_room * wet
    if rng.random() < 0.4:
        voice = voice + 0.14 * effects.echo(
            effects.highpass(voice, 400, rate),
            delay=4 * score.form.clock.step,
            feedback=0.4,
            rate=rate,
        )
    return voice


def _channel_strip(voice: np.ndarray, rate: int) -> np.ndarray:
    """What every engineer does to a voice: cut the rumble, even it out, add air."""
    voice = effects.highpass(voice, 90, rate)
    voice = effects.compress(voice, rate, threshold_db=-20, ratio=3.5, release=0.12)
    voice = effects.shelf(voice, 4500, 3.5, rate)
    return voice / (np.sqrt(np.mean(voice**2)) + 1e-9)


def _third(score: Score, note: SungNote, steps: int) -> SungNote:
    """The same syllable so many scale steps higher, a hair earlier or later."""
    scale = [
        pitch
        for pitch in range(30, 100)
        if (pitch % 12) in {score.key.pitch(d) % 12 for d in range(7)}
    ]
    place = int(np.searchsorted(scale, note.pitch))
    return SungNote(
        note.start + 0.008, note.end, scale[place + steps] + 0.06, note.syllable, 0.85 * note.effort
    )


def _bar(score: Score, note: SungNote) -> int:
    bar = int((note.start - score.form.clock.start + 1e-6) / score.form.clock.bar)
    return min(bar, len(score.form.sections) - 1)


def _amplifier(line: np.ndarray, drive: float, rate: int) -> np.ndarray:
    """Overdrive, then a loudspeaker that knows no highs."""
    hot = effects.highpass(line / (np.abs(line).max() + 1e-9), 120, rate, order=1)
    return effects.lowpass(effects.saturate(hot, drive * 3), 4800, rate, order=3)


def _play(preset: Preset, notes: tuple, count: int, rate: int, rng: Random) -> np.ndarray:
    line = np.zeros((1, count))
    for note in notes:
        sound = preset.family.play(
            preset.values, note.pitch, note.seconds, min(note.velocity, 1.0), rate, rng
        )
        place(line, sound[None], note.start, rate)
    return line[0]


def place(track: np.ndarray, sound: np.ndarray, start: float, rate: int) -> None:
    """Add a sound ``(channel, sample)`` to a track at a time; what runs over the end is cut."""
    first = max(0, round(start * rate))
    room = track[:, first : first + sound.shape[-1]]
    room += sound[:, : room.shape[-1]]
