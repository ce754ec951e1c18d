"""Drum kits: every piece is one hit, made of sines, noise and metal.

A piece is a function ``(values, velocity, rate, rng) -> (sample,)``. `MACHINE`
and `ACOUSTIC` name the pieces of the two kinds of kits.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from common.data.generator.effects import band, saturate, shaped_noise
from common.data.generator.oscillators import fade

Values = Mapping[str, float]
Random = np.random.Generator

# Ratios of the 808's six hat oscillators; their sum has the density of metal.
METAL = (1.0, 1.342, 1.2312, 1.6532, 1.9523, 2.1523)


def _time(seconds: float, rate: int) -> np.ndarray:
    return np.arange(int(seconds * rate)) / rate


def _metal(base: float, t: np.ndarray, rate: int) -> np.ndarray:
    """Inharmonic partials up to the top of the band."""
    partials = [base * ratio * odd for ratio in METAL for odd in (1, 3, 5)]
    return sum(np.sin(2 * np.pi * f * t + f) / len(METAL) for f in partials if f < 0.47 * rate)


def kick(v: Values, velocity: float, rate: int, rng: Random) -> np.ndarray:
    """A falling sine, a click and a little drive."""
    t = _time(v["kick_decay"] * 2.2 + 0.05, rate)
    f, sweep = v["kick_pitch"], v["kick_sweep"]
    cycles = f * t + sweep * f * 0.022 * (1 - np.exp(-t / 0.022))
    body = np.sin(2 * np.pi * cycles) * np.exp(-t / (0.5 * v["kick_decay"]))
    beater = shaped_noise(rng, len(t), rate, band(1200, 5500)) * np.exp(-t / 0.004) * v["click"]
    return fade(saturate(body * 1.2, 0.6) + beater, rate) * velocity


def snare(v: Values, velocity: float, rate: int, rng: Random) -> np.ndarray:
    """Two modes of the skin and the rattle of the wires."""
    t = _time(v["snare_decay"] * 2.5 + 0.06, rate)
    f = v["snare_pitch"]
    bend = 1 + 0.25 * np.exp(-t / 0.012)
    skin = np.sin(2 * np.pi * f * np.cumsum(bend) / rate) * np.exp(-t / 0.055)
    skin += 0.5 * np.sin(2 * np.pi * 1.59 * f * t) * np.exp(-t / 0.035)
    wires = shaped_noise(rng, len(t), rate, band(1300, 9500)) * np.exp(
        -t / (0.45 * v["snare_decay"])
    )
    crack = shaped_noise(rng, len(t), rate, band(2500, 7000)) * np.exp(-t / 0.006)
    x = (1 - v["wires"]) * skin + v["wires"] * (0.8 * wires + 0.7 * crack)
    return fade(x, rate) * velocity


def rim(v: Values, velocity: float, rate: int, rng: Random) -> np.ndarray:
    """A stick across the rim: three short ringing modes."""
    t = _time(0.14, rate)
    f = 2.1 * v["snare_pitch"]
    x = sum(
        np.sin(2 * np.pi * f * ratio * t) * np.exp(-t / life)
        for ratio, life in ((1, 0.02), (2.3, 0.012), (4.1, 0.006))
    )
    return fade(0.4 * x, rate) * velocity


def clap(v: Values, velocity: float, rate: int, rng: Random) -> np.ndarray:
    """Four hands that are not quite together."""
    t = _time(0.35, rate)
    noise = shaped_noise(rng, len(t), rate, band(700, 5000))
    shape = 0.55 * np.exp(-np.maximum(0, t - 0.03) / (0.35 * v["snare_decay"])) * (t >= 0.03)
    for late in (0.0, 0.011, 0.021):
        shape = shape + np.exp(-np.maximum(0, t - late) / 0.006) * (t >= late)
    return fade(0.6 * noise * shape, rate) * velocity


def _hat(v: Values, life: float, velocity: float, rate: int, rng: Random) -> np.ndarray:
    t = _time(4 * life + 0.03, rate)
    low = 5200 + 2500 * v["brightness"]
    air = shaped_noise(rng, len(t), rate, band(low, 16000, slope=3))
    ring = _metal(v["metal"], t, rate) * shaped_noise(rng, len(t), rate, band(100, 3000))
    ring = np.fft.irfft(
        np.fft.rfft(ring) * band(low, 16000, slope=3)(np.fft.rfftfreq(len(ring), 1 / rate)),
        n=len(ring),
    )
    shape = np.exp(-t / life) + 0.6 * np.exp(-t / 0.004)
    return fade((0.5 * air + 0.9 * ring) * shape, rate) * velocity


def hat(v: Values, velocity: float, rate: int, rng: Random) -> np.ndarray:
    """The closed hi-hat; harder hits ring longer."""
    return _hat(v, v["hat_decay"] * (0.5 + 0.5 * velocity), velocity, rate, rng)


def open_hat(v: Values, velocity: float, rate: int, rng: Random) -> np.ndarray:
    """The open hi-hat; the next closed one stops it."""
    return _hat(v, 3 * v["hat_decay"] + 0.04, velocity, rate, rng)


def _cymbal(
    v: Values, life: float, ping: float, velocity: float, rate: int, rng: Random
) -> np.ndarray:
    t = _time(4 * life, rate)
    x = np.zeros(len(t))
    for low, high, share in ((500, 2500, 0.8), (2500, 6000, 1.0), (6000, 16000, 0.6)):
        x += share * shaped_noise(rng, len(t), rate, band(low, high)) * np.exp(-t / (share * life))
    x *= 1 - 0.5 * np.exp(-t / 0.03)
    x += ping * _metal(0.9 * v["metal"], t, rate) * (np.exp(-t / 0.15) + 2 * np.exp(-t / 0.01))
    return fade(0.35 * x, rate, end=0.08) * velocity


def crash(v: Values, velocity: float, rate: int, rng: Random) -> np.ndarray:
    """A crash cymbal: noise whose highs bloom late and die first."""
    return _cymbal(v, 0.32 + 0.25 * v["brightness"], 0.4, velocity, rate, rng)


def ride(v: Values, velocity: float, rate: int, rng: Random) -> np.ndarray:
    """A ride cymbal: more ping than wash."""
    return 0.5 * _cymbal(v, 0.16, 1.2, velocity, rate, rng)


def _tom(frequency: float, velocity: float, rate: int, rng: Random) -> np.ndarray:
    t = _time(0.45, rate)
    cycles = frequency * t + 0.5 * frequency * 0.03 * (1 - np.exp(-t / 0.03))
    x = np.sin(2 * np.pi * cycles) * np.exp(-t / 0.12)
    x += 0.25 * shaped_noise(rng, len(t), rate, band(400, 3000)) * np.exp(-t / 0.012)
    return fade(x, rate) * velocity


def low_tom(v: Values, velocity: float, rate: int, rng: Random) -> np.ndarray:
    """The floor tom."""
    return _tom(1.7 * v["kick_pitch"], velocity, rate, rng)


def high_tom(v: Values, velocity: float, rate: int, rng: Random) -> np.ndarray:
    """The rack tom."""
    return _tom(2.6 * v["kick_pitch"], velocity, rate, rng)


def shaker(v: Values, velocity: float, rate: int, rng: Random) -> np.ndarray:
    """Seeds that start to slide, then stop."""
    t = _time(0.11, rate)
    shape = np.minimum(1, t / 0.03) * np.exp(-np.maximum(0, t - 0.03) / 0.02)
    return fade(0.45 * shaped_noise(rng, len(t), rate, band(4500, 9500)) * shape, rate) * velocity


def tambourine(v: Values, velocity: float, rate: int, rng: Random) -> np.ndarray:
    """Small jingles: metal over a short rattle."""
    t = _time(0.25, rate)
    x = 0.6 * _metal(2.3 * v["metal"], t, rate) + 0.5 * shaped_noise(
        rng, len(t), rate, band(6000, 12000)
    )
    return fade(0.5 * x * (np.exp(-t / 0.012) + 0.4 * np.exp(-t / 0.06)), rate) * velocity


PIECES = {
    "kick": kick, "snare": snare, "rim": rim, "clap": clap, "hat": hat, "open": open_hat, "crash": crash,
    "ride": ride, "low": low_tom, "high": high_tom, "shaker": shaker, "tambourine": tambourine,
}  # fmt: skip
LEVELS = {
    "kick": 1.0, "snare": 0.85, "rim": 0.8, "clap": 0.7, "hat": 0.34, "open": 0.3, "crash": 0.42,
    "ride": 0.34, "low": 0.75, "high": 0.65, "shaker": 0.35, "tambourine": 0.3,
}  # fmt: skip
PANS = {
    "hat": -0.3,
    "open": -0.3,
    "crash": 0.45,
    "ride": 0.4,
    "low": 0.35,
    "high": -0.25,
    "shaker": -0.5,
    "tambourine": 0.5,
}
