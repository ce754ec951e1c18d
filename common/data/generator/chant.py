"""A second singer's engine, for songs that no model has learned from: formant grains.

Every opening of the vocal folds sets off one damped sine for each formant, side by
side (FOF: Rodet, 1984), where `voice` filters a pulse train in the STFT.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from common.data.generator.effects import band, shaped_noise
from common.data.generator.oscillators import hertz
from common.data.generator.singing import SungNote, Tracks, Values, perform

BANDWIDTHS = (90.0, 70.0, 95.0, 130.0, 200.0, 280.0)
GRAIN_SECONDS = 0.018
# Noise for consonants: three fixed bands, blended by where a consonant hisses.
BANDS = ((1500.0, 3500.0), (3000.0, 6000.0), (5500.0, 9500.0))


def chant(
    notes: Sequence[SungNote], singer: Values, *, count: int, rate: int, rng: np.random.Generator
) -> np.ndarray:
    """Sing a melody, as `voice.sing` does, by another way of making sound."""
    if not notes:
        return np.zeros(count)
    hop = round(0.0058 * rate)
    tracks = perform(notes, singer, count // hop + 1, hop / rate, rng)
    return _grains(tracks, singer, count, hop, rate) + _noise(tracks, singer, count, hop, rate, rng)


def _grains(tracks: Tracks, singer: Values, count: int, hop: int, rate: int) -> np.ndarray:
    """The voiced sound: a burst of damped sines at every opening of the folds."""
    pitch = np.interp(np.arange(count), np.arange(len(tracks.pitch)) * hop, tracks.pitch)
    cycles = np.cumsum(hertz(pitch)) / rate
    pulse = np.flatnonzero(np.diff(np.floor(cycles)) > 0) + 1
    frame = np.minimum(pulse // hop, len(tracks.voice) - 1)
    sounding = tracks.voice[frame] > 1e-3
    pulse, frame = pulse[sounding], frame[sounding]
    fundamental = hertz(tracks.pitch[frame])
    # A pulse falls between two samples: its grain starts as much later.
    late = (cycles[pulse] - np.floor(cycles[pulse])) / fundamental
    t = late[:, None] + np.arange(int(GRAIN_SECONDS * rate)) / rate  # (pulse, sample)

    formants = tracks.formants[:, frame] * singer["tract"]
    high = np.full((2, len(pulse)), [[3500.0], [4300.0]]) * singer["tract"]
    centres = np.concatenate([fundamental[None], formants, high])  # (grain, pulse)
    bright = 0.5 + 0.5 * (1 - singer["brightness"])
    levels = (formants[0] / np.maximum(centres, formants[0])) ** bright
    grains = np.zeros_like(t)
    for centre, level, width in zip(centres, levels, BANDWIDTHS, strict=True):
        damping = np.exp(-np.pi * width * singer["bandwidth"] * t)
        grains += level[:, None] * damping * np.sin(2 * np.pi * centre[:, None] * t)
    grains *= np.minimum(1, t / 0.0012) * np.clip((t[0, -1] - t) / 0.004, 0, 1)
    grains *= tracks.voice[frame][:, None]
    index = pulse[:, None] + np.arange(t.shape[1])
    return np.bincount(index.ravel(), grains.ravel(), minlength=count)[:count]


def _noise(
    tracks: Tracks, singer: Values, count: int, hop: int, rate: int, rng: np.random.Generator
) -> np.ndarray:
    """Breath and consonants: bands of noise that come and go."""
    at, frames = np.arange(count), np.arange(len(tracks.hiss)) * hop
    total = np.zeros(count)
    for low, high in BANDS:
        middle = np.sqrt(low * high)
        near = np.exp(-(np.log2(tracks.centre * singer["sibilance"] / middle) ** 2))
        amount = 1.2 * tracks.hiss * near
        amount += 0.1 * (tracks.breath + 0.3 * singer["breath"] * tracks.voice)
        total += np.interp(at, frames, amount) * shaped_noise(rng, count, rate, band(low, high))
    return total
