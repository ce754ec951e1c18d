"""Render a score: play every stem, balance them, and put them in sixteen bits."""

from __future__ import annotations

import numpy as np

from common.data.generator import effects, stems
from common.data.generator.loudness import loudness
from common.data.generator.score import Score
from common.seed import rng as seeded

# Loudness of each stem beside the vocals' in LU, before the style and chance have their say.
BALANCE = {"drums": -1.3, "bass": -4.2, "other": -1.4, "vocals": 0.0}
# Fader rides between the sections, in dB, for drums and other.
RIDES = {"I": -0.7, "V": -1.5, "C": 0.0}
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
    tracks = {
        "drums": stems.play_drums(score, count, rate, channels),
        "bass": stems.play_bass(score, count, rate, channels),
        "other": stems.play_other(score, count, rate, channels),
        "vocals": stems.play_vocals(score, count, rate, channels),
    }
    ride = _ride(score, count, rate)
    tracks["drums"] = tracks["drums"] * ride
    tracks["other"] = tracks["other"] * ride
    if score.style.duck:
        kicks = [hit.start for hit in score.hits if hit.piece == "kick" and hit.velocity > 0.5]
        gain = effects.duck(count, kicks, score.style.duck, rate)
        tracks["bass"] = tracks["bass"] * gain
        tracks["other"] = tracks["other"] * gain
    return _master(score, tracks, rate, vocals_db)


def _ride(score: Score, count: int, rate: int) -> np.ndarray:
    """A fader that rises from section to section within a tenth of a bar, ``(sample,)``."""
    clock, sections = score.form.clock, score.form.sections
    starts = clock.start + clock.bar * np.arange(len(sections))
    times = np.stack([starts, starts + 0.9 * clock.bar], axis=1).ravel()
    levels = np.repeat([RIDES[section] for section in sections], 2)
    return 10 ** (np.interp(np.arange(count) / rate, times, levels) / 20)


def _master(
    score: Score, tracks: dict[str, np.ndarray], rate: int, vocals_db: float
) -> dict[str, np.ndarray]:
    """Set the levels; one limiter gain for all stems keeps the mixture their sum."""
    rng = seeded(*score.seed, "balance")
    style = {
        "drums": score.style.drums_level,
        "bass": score.style.bass_level,
        "vocals": vocals_db,
    }
    balanced = {}
    for name, track in tracks.items():
        wanted = BALANCE[name] + style.get(name, 0.0) + rng.normal(0, 0.9)
        gain = 10 ** ((wanted - loudness(track, rate)) / 20)
        balanced[name] = gain * effects.highpass(track, 32, rate)
    mixture = sum(balanced.values())
    gain = 10 ** ((MIXTURE_LUFS - loudness(mixture, rate)) / 20)
    # Stems that cancel in the mixture can each be louder than it: none may leave the scale.
    loudest = gain * np.concatenate([mixture, *balanced.values()])
    curve = gain * effects.limiter_gain(loudest, 10 ** (CEILING_DB / 20), rate)
    curve *= _edges(mixture.shape[-1], rate)
    return {name: np.rint(32767 * curve * x).astype(np.int16) for name, x in balanced.items()}


def _edges(count: int, rate: int) -> np.ndarray:
    """Fade in within 10 ms, and out within the last 0.6 s, ``(sample,)``."""
    at = np.arange(count) / rate
    return np.minimum(1, at / 0.01) * np.sin(0.5 * np.pi * np.minimum(1, at[::-1] / 0.6)) ** 2
