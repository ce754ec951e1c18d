"""The basses; they are played as the instruments in `synths` are."""

from __future__ import annotations

import numpy as np

from common.data.generator.effects import lowpass, saturate
from common.data.generator.oscillators import swept
from common.data.generator.synths import Tone, Values, string


def finger_bass(v: Values, note: Tone) -> np.ndarray:
    """A thick plucked string, and its fundamental once more below it."""
    t = note.time(0.12)
    body = v["round"] * np.sin(2 * np.pi * note.frequency * t)
    amp = note.envelope(t, attack=0.004, decay=v["decay"], sustain=0.2, release=0.1)
    return lowpass(string(v, note), 3600, note.rate) + body * amp


def sub_bass(v: Values, note: Tone) -> np.ndarray:
    """The 808's long kick, tuned: a sine that falls into its pitch, driven until it growls."""
    t, f = note.time(0.08), note.frequency
    cycles = f * t + v["fall"] * f * 0.03 * (1 - np.exp(-t / 0.03))
    amp = note.envelope(t, attack=0.004, decay=v["decay"], sustain=0.15, release=0.08)
    return saturate(np.sin(2 * np.pi * cycles) * amp, v["drive"])


def saw_bass(v: Values, note: Tone) -> np.ndarray:
    """A saw (or square) behind a closing filter, and a sine that stays."""
    t, f = note.time(0.08), note.frequency
    cutoff = v["cutoff"] * (0.2 + note.velocity * np.exp(-t / v["decay"])) + f
    x = swept(v["hollow"], f, f * t + 0.25, cutoff, note.rate) + 0.5 * np.sin(2 * np.pi * f * t)
    return x * note.envelope(t, attack=0.003, decay=0.5, sustain=0.7, release=0.07)


def fm_bass(v: Values, note: Tone) -> np.ndarray:
    """Two operators in unison and an octave above: a woody knock on a round tone."""
    t, f = note.time(0.08), note.frequency
    index = v["index"] * note.velocity * (0.15 + np.exp(-t / v["decay"]))
    x = np.sin(2 * np.pi * f * t + index * np.sin(2 * np.pi * f * t))
    x += v["octave"] * np.exp(-t / 0.5) * np.sin(4 * np.pi * f * t)
    return x * note.envelope(t, attack=0.003, decay=1.5, sustain=0.5, release=0.07)


def reese_bass(v: Values, note: Tone) -> np.ndarray:
    """Two saws that beat against each other behind a moving low-pass, over a sine."""
    t, f = note.time(0.08), note.frequency
    bend = 2 ** (v["detune"] / 1200)
    cutoff = v["cutoff"] * (1 + v["move"] * np.sin(2 * np.pi * 0.7 * t)) + f
    x = swept(0.0, f, f * bend * t, cutoff, note.rate)
    x += swept(0.0, f, f / bend * t + 0.3, cutoff, note.rate)
    x = 0.7 * x + 0.6 * np.sin(2 * np.pi * f * t)
    return x * note.envelope(t, attack=0.008, decay=1.0, sustain=0.9, release=0.07)
