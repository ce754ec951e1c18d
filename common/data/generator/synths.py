"""The pitched instruments. Each turns a preset's values and a tone into sound.

What comes back is mono, about as loud as 1, and may ring on after the tone's end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from common.data.generator.effects import band, lowpass, shaped_noise
from common.data.generator.oscillators import classic, fade, hertz, swept

Values = Mapping[str, float]
Random = np.random.Generator


@dataclass(frozen=True)
class Tone:
    """A tone to play: MIDI pitch, seconds, how hard (0 to 1), and at which rate."""

    pitch: float
    seconds: float
    velocity: float
    rate: int
    rng: Random

    @property
    def frequency(self) -> float:
        """Of its fundamental, in Hz."""
        return hertz(self.pitch)

    def time(self, tail: float, *, least: float = 0.0) -> np.ndarray:
        """The moments of all samples, in seconds, until `tail` after the tone's end."""
        return np.arange(int((max(self.seconds, least) + tail) * self.rate)) / self.rate

    def envelope(
        self, t: np.ndarray, *, attack: float, decay: float, sustain: float, release: float
    ) -> np.ndarray:
        """Rise to `velocity`, decay to `sustain` of it, and to nothing when the tone ends."""
        shape = sustain + (1 - sustain) * np.exp(-np.maximum(0, t - attack) / decay)
        fall = np.exp(-np.maximum(0, t - self.seconds) / (release / 4))
        return self.velocity * fade(np.minimum(1, t / attack) * shape * fall, self.rate)


def electric_piano(v: Values, note: Tone) -> np.ndarray:
    """Two-operator FM: a bell-like attack that mellows, brighter when struck harder."""
    t, f = note.time(0.25), note.frequency
    index = v["index"] * (0.35 + note.velocity) * min(1.0, 500 / f)
    index = index * np.exp(-t / (0.6 * v["decay"]))
    body = np.sin(2 * np.pi * f * t + index * np.sin(2 * np.pi * f * t))
    chorus = np.sin(2 * np.pi * (f + min(v["beat"], 0.004 * f)) * t)
    tine = v["tine"] * note.velocity * np.exp(-t / 0.12) * np.sin(2 * np.pi * 7 * f * t)
    hammer = shaped_noise(note.rng, len(t), note.rate, band(1500, 7000)) * np.exp(-t / 0.006)
    x = 0.7 * body + 0.35 * chorus + 0.1 * note.velocity * hammer
    if 7 * f < 0.45 * note.rate:
        x += tine
    return x * note.envelope(t, attack=0.003, decay=v["decay"], sustain=0.05, release=0.22)


def bell(v: Values, note: Tone) -> np.ndarray:
    """FM with an inharmonic ratio, that rings on."""
    t, f = note.time(0.5 * v["decay"], least=0.2), note.frequency
    # No more modulation than fits below half the rate.
    most = max(0.2, 0.45 * note.rate / (f * v["ratio"]) - 1)
    index = min(v["index"], most) * note.velocity * np.exp(-t / (0.35 * v["decay"]))
    x = np.sin(2 * np.pi * f * t + index * np.sin(2 * np.pi * f * v["ratio"] * t))
    rise = np.minimum(1, t / 0.002)
    return fade(x * rise * np.exp(-t / (0.5 * v["decay"])), note.rate) * note.velocity


def organ(v: Values, note: Tone) -> np.ndarray:
    """Drawbars with a rotating speaker (a slow vibrato and tremolo), and a key click."""
    t, f = note.time(0.06), note.frequency
    turn = 2 * np.pi * v["leslie"] * t + 0.4
    cycles = f * t + 0.0012 * f / v["leslie"] * np.sin(turn)
    upper = v["upper"]
    drawbars = {
        0.5: v["sub"],
        1: 1.0,
        1.5: v["fifth"],
        2: 0.7,
        3: upper,
        4: 0.6 * upper,
        6: 0.4 * upper,
    }
    x = sum(
        level * np.sin(2 * np.pi * multiple * cycles)
        for multiple, level in drawbars.items()
        if multiple * f < 0.45 * note.rate
    )
    click = shaped_noise(note.rng, len(t), note.rate, band(800, 4000)) * np.exp(-t / 0.004)
    amp = note.envelope(t, attack=0.008, decay=1.0, sustain=1.0, release=0.05)
    return 0.45 * (x * (1 + 0.18 * np.sin(turn + 1)) + 0.25 * click) * amp


def string(v: Values, note: Tone) -> np.ndarray:
    """A plucked string (Karplus and Strong, 1983): noise that circles in a loop with a filter.

    All rounds are computed at once: in the spectrum of one period the loop's
    filter is a product, so round n is the first period times the filter to the
    power n. Reading the rounds one after another at the exact pitch tunes it.
    """
    t, f = note.time(0.12), note.frequency
    period = int(np.ceil(note.rate / f))
    rounds = int(np.ceil(t[-1] * f)) + 3
    k = np.arange(period // 2 + 1)
    pick = np.fft.rfft(note.rng.standard_normal(period)) / np.sqrt(period)
    pick *= 0.5 + np.abs(np.sin(np.pi * k * v["position"]))
    brightness = v["brightness"] * (0.4 + 0.6 * note.velocity)
    pick *= 1 / np.sqrt(1 + (k * f / brightness) ** 2)
    pick[0] = 0
    loss = 1 - 0.5 * v["damping"] * (1 - np.cos(2 * np.pi * k / period))
    loss *= np.exp(-1 / (v["decay"] * f))
    loop = np.fft.irfft(pick * loss ** np.arange(rounds)[:, None], n=period, axis=-1).ravel()
    x = np.interp(t * f * period, np.arange(len(loop)), loop)
    amp = note.envelope(t, attack=0.001, decay=1.0, sustain=1.0, release=0.1)
    return x / (np.abs(x).max() + 1e-9) * amp


def pluck(v: Values, note: Tone) -> np.ndarray:
    """Two detuned saws behind a low-pass that closes."""
    t, f = note.time(0.25, least=0.12), note.frequency
    cutoff = v["cutoff"] * (0.15 + note.velocity * np.exp(-t / v["decay"])) + f
    bend = 2 ** (v["detune"] / 1200)
    x = swept(0.0, f, f * bend * t + note.rng.random(), cutoff, note.rate)
    x += swept(v["hollow"], f, f / bend * t + note.rng.random(), cutoff, note.rate)
    return x * note.envelope(t, attack=0.002, decay=2 * v["decay"], sustain=0.1, release=0.2)


def supersaw(v: Values, note: Tone) -> np.ndarray:
    """Five saws beside each other, the sound of a stadium."""
    t, f = note.time(0.2), note.frequency
    octaves = v["detune"] / 1200 * np.array([-1.0, -0.45, 0.0, 0.4, 0.95])
    bends = 2**octaves
    x = sum(classic("saw", 1.02 * f, f * b * t + note.rng.random(), note.rate) for b in bends)
    amp = note.envelope(t, attack=v["attack"], decay=0.6, sustain=0.75, release=0.18)
    return 0.4 * lowpass(x, v["cutoff"], note.rate) * amp


def strings(v: Values, note: Tone) -> np.ndarray:
    """A slow pad of three wandering saws: an ensemble, or a soft synthesiser."""
    t, f = note.time(0.5), note.frequency
    cutoff = v["cutoff"] * (0.5 + 0.5 * np.minimum(1, t / (2 * v["attack"]))) + f
    x = np.zeros(len(t))
    for voice in (-1, 0, 1):
        bend = 2 ** (v["detune"] * voice / 1200)
        # A vibrato of so many cents, as a wobble of the phase in cycles.
        depth = v["wander"] * np.log(2) / 1200 * f / 28
        wobble = depth * np.sin(2 * np.pi * (4.9 + 0.7 * voice) * t + 6 * note.rng.random())
        x += swept(0.0, f, f * bend * t + wobble + note.rng.random(), cutoff, note.rate)
    return 0.5 * x * note.envelope(t, attack=v["attack"], decay=1.0, sustain=0.9, release=0.45)


def lead(v: Values, note: Tone) -> np.ndarray:
    """A voice between triangle and saw, with late vibrato."""
    t, f = note.time(0.12), note.frequency
    late = np.clip((t - 0.2) / 0.3, 0, 1)
    depth = v["vibrato"] * np.log(2) / 1200 * f / (2 * np.pi * 5.5)
    cycles = f * t + late * depth * np.sin(2 * np.pi * 5.5 * t)
    x = (1 - v["edge"]) * classic("triangle", f, cycles, note.rate)
    x += v["edge"] * classic("saw", f, cycles, note.rate)
    amp = note.envelope(t, attack=0.012, decay=0.4, sustain=0.7, release=0.1)
    return lowpass(x, v["cutoff"], note.rate) * amp
