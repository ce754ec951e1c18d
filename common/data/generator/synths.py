"""The pitched instruments. Each plays one note: ``(values, pitch, seconds, velocity, rate, rng)``.

`values` are the preset's parameters in physical units (see `cast`). A note may
ring on after its `seconds`; what comes back is mono and about as loud as 1.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from common.data.generator.effects import band, lowpass, saturate, shaped_noise
from common.data.generator.oscillators import classic, envelope, fade, hertz, swept

Values = Mapping[str, float]
Random = np.random.Generator


def _time(seconds: float, rate: int) -> np.ndarray:
    return np.arange(int(seconds * rate)) / rate


def electric_piano(
    v: Values, pitch: float, seconds: float, velocity: float, rate: int, rng: Random
) -> np.ndarray:
    """Two-operator FM: a bell-like attack that mellows, harder when struck harder."""
    t = _time(seconds + 0.25, rate)
    f = hertz(pitch)
    index = v["index"] * (0.35 + velocity) * np.exp(-t / (0.6 * v["decay"])) * min(1.0, 500 / f)
    tine = (
        v["tine"]
        * velocity
        * np.exp(-t / 0.12)
        * np.sin(2 * np.pi * f * 7 * t)
        * (f * 7 < 0.45 * rate)
    )
    body = np.sin(2 * np.pi * f * t + index * np.sin(2 * np.pi * f * t))
    chorus = np.sin(2 * np.pi * (f + min(v["beat"], 0.004 * f)) * t)
    amp = envelope(
        len(t), rate, attack=0.003, decay=v["decay"], sustain=0.05, hold=seconds, release=0.22
    )
    return (0.7 * body + 0.35 * chorus + tine) * amp * velocity


def bell(
    v: Values, pitch: float, seconds: float, velocity: float, rate: int, rng: Random
) -> np.ndarray:
    """FM with an inharmonic ratio."""
    t = _time(max(seconds, 0.2) + 0.5 * v["decay"], rate)
    f = hertz(pitch)
    room = 0.45 * rate / (f * v["ratio"])
    index = min(v["index"], max(0.2, room - 1)) * velocity * np.exp(-t / (0.35 * v["decay"]))
    x = np.sin(2 * np.pi * f * t + index * np.sin(2 * np.pi * f * v["ratio"] * t))
    amp = envelope(
        len(t),
        rate,
        attack=0.002,
        decay=0.5 * v["decay"],
        sustain=0.0,
        hold=len(t) / rate,
        release=0.1,
    )
    return x * amp * velocity


def organ(
    v: Values, pitch: float, seconds: float, velocity: float, rate: int, rng: Random
) -> np.ndarray:
    """Drawbars with a rotating speaker: a slow vibrato and tremolo, and a key click."""
    t = _time(seconds + 0.06, rate)
    f = hertz(pitch)
    turn = 2 * np.pi * v["leslie"] * t + 0.4
    cycles = f * t + 0.0012 * f / v["leslie"] * np.sin(turn)
    bars = (
        (0.5, v["sub"]),
        (1, 1.0),
        (1.5, v["fifth"]),
        (2, 0.7),
        (3, v["upper"]),
        (4, 0.6 * v["upper"]),
        (6, 0.4 * v["upper"]),
    )
    x = sum(
        level * np.sin(2 * np.pi * bar * cycles) for bar, level in bars if bar * f < 0.45 * rate
    )
    amp = envelope(len(t), rate, attack=0.008, decay=1.0, sustain=1.0, hold=seconds, release=0.05)
    click = shaped_noise(rng, len(t), rate, band(800, 4000)) * np.exp(-t / 0.004) * 0.25
    return (x * (1 + 0.18 * np.sin(turn + 1)) + click) * amp * 0.45 * (0.6 + 0.4 * velocity)


def string(
    v: Values, pitch: float, seconds: float, velocity: float, rate: int, rng: Random
) -> np.ndarray:
    """A plucked string (Karplus and Strong, 1983): noise that circles in a loop and is averaged each time.

    All rounds are computed at once: in the spectrum of one period the loop's
    filter is a product, so round n is the first period times the filter to the
    power n. Reading the rounds one after another at the exact pitch tunes it.
    """
    f = hertz(pitch)
    period = int(np.ceil(rate / f))
    t = _time(seconds + 0.12, rate)
    rounds = int(np.ceil(t[-1] * f)) + 3
    k = np.arange(period // 2 + 1)
    pick = np.fft.rfft(rng.standard_normal(period)) / np.sqrt(period)
    pick *= 0.5 + np.abs(np.sin(np.pi * k * v["position"]))
    pick *= 1 / np.sqrt(1 + (k * f / (v["brightness"] * (0.4 + 0.6 * velocity))) ** 2)
    pick[0] = 0
    loss = np.exp(-1 / (v["decay"] * f)) * (
        1 - 0.5 * v["damping"] * (1 - np.cos(2 * np.pi * k / period))
    )
    loop = np.fft.irfft(pick * loss ** np.arange(rounds)[:, None], n=period, axis=-1).ravel()
    position = t * f * period
    x = np.interp(position, np.arange(len(loop)), loop)
    x /= np.abs(x).max() + 1e-9
    amp = envelope(len(t), rate, attack=0.001, decay=1.0, sustain=1.0, hold=seconds, release=0.1)
    return x * amp * velocity


def pluck(
    v: Values, pitch: float, seconds: float, velocity: float, rate: int, rng: Random
) -> np.ndarray:
    """Two detuned saws behind a low-pass that closes."""
    t = _time(max(seconds, 0.12) + 0.25, rate)
    f = hertz(pitch)
    cutoff = v["cutoff"] * (0.15 + velocity * np.exp(-t / v["decay"])) + f
    bend = 2 ** (v["detune"] / 1200)
    x = swept("saw", f, f * bend * t + rng.random(), cutoff, rate)
    x += swept(
        "square" if v["hollow"] > 0.5 else "saw", f, f / bend * t + rng.random(), cutoff, rate
    )
    amp = envelope(
        len(t), rate, attack=0.002, decay=2 * v["decay"], sustain=0.1, hold=seconds, release=0.2
    )
    return x * amp * velocity


def supersaw(
    v: Values, pitch: float, seconds: float, velocity: float, rate: int, rng: Random
) -> np.ndarray:
    """Five saws beside each other, the sound of a stadium."""
    t = _time(seconds + 0.2, rate)
    f = hertz(pitch)
    spread = v["detune"] / 1200 * np.array([-1.0, -0.45, 0.0, 0.4, 0.95])
    x = sum(classic("saw", f * 1.02, f * 2**s * t + rng.random(), rate) for s in spread)
    amp = envelope(
        len(t), rate, attack=v["attack"], decay=0.6, sustain=0.75, hold=seconds, release=0.18
    )
    return lowpass(x, v["cutoff"], rate) * amp * 0.4 * velocity


def strings(
    v: Values, pitch: float, seconds: float, velocity: float, rate: int, rng: Random
) -> np.ndarray:
    """A slow pad of three wandering saws: an ensemble, or a soft synthesiser."""
    t = _time(seconds + 0.5, rate)
    f = hertz(pitch)
    cutoff = v["cutoff"] * (0.5 + 0.5 * np.minimum(1, t / (2 * v["attack"]))) + f
    x = np.zeros(len(t))
    for voice in range(3):
        wander = (
            v["wander"]
            / 1200
            * np.log(2)
            * f
            * np.sin(2 * np.pi * (4.2 + 0.7 * voice) * t + 6 * rng.random())
            / 28
        )
        cycles = f * 2 ** (v["detune"] * (voice - 1) / 1200) * t + wander + rng.random()
        x += swept("saw", f, cycles, cutoff, rate)
    amp = envelope(
        len(t), rate, attack=v["attack"], decay=1.0, sustain=0.9, hold=seconds, release=0.45
    )
    return x * amp * 0.5 * velocity


def lead(
    v: Values, pitch: float, seconds: float, velocity: float, rate: int, rng: Random
) -> np.ndarray:
    """A square or triangle voice with late vibrato."""
    t = _time(seconds + 0.12, rate)
    f = hertz(pitch)
    late = np.clip((t - 0.2) / 0.3, 0, 1)
    cycles = f * t + late * v["vibrato"] * np.log(2) / 1200 * f / (2 * np.pi * 5.5) * np.sin(
        2 * np.pi * 5.5 * t
    )
    x = (1 - v["edge"]) * classic("triangle", f, cycles, rate) + v["edge"] * classic(
        "saw", f, cycles, rate
    )
    amp = envelope(len(t), rate, attack=0.012, decay=0.4, sustain=0.7, hold=seconds, release=0.1)
    return lowpass(x, v["cutoff"], rate) * amp * velocity


def electric_guitar(
    v: Values, pitch: float, seconds: float, velocity: float, rate: int, rng: Random
) -> np.ndarray:
    """A plucked string; its amplifier is on the whole part (`drive`, see `song`)."""
    return string(v, pitch, seconds, velocity, rate, rng)


def finger_bass(
    v: Values, pitch: float, seconds: float, velocity: float, rate: int, rng: Random
) -> np.ndarray:
    """A thick plucked string and some sine below it."""
    x = string(v, pitch, seconds, velocity, rate, rng)
    t = np.arange(len(x)) / rate
    amp = envelope(
        len(x), rate, attack=0.004, decay=v["decay"], sustain=0.2, hold=seconds, release=0.1
    )
    return (
        lowpass(x, 2600, rate) + v["round"] * velocity * np.sin(2 * np.pi * hertz(pitch) * t) * amp
    )


def sub_bass(
    v: Values, pitch: float, seconds: float, velocity: float, rate: int, rng: Random
) -> np.ndarray:
    """The 808's long kick, tuned: a sine that falls into its pitch, driven until small speakers hear it."""
    t = _time(seconds + 0.08, rate)
    f = hertz(pitch)
    cycles = f * t + v["fall"] * f * 0.03 * (1 - np.exp(-t / 0.03))
    amp = envelope(
        len(t), rate, attack=0.004, decay=v["decay"], sustain=0.15, hold=seconds, release=0.08
    )
    return saturate(np.sin(2 * np.pi * cycles) * amp * velocity, v["drive"])


def saw_bass(
    v: Values, pitch: float, seconds: float, velocity: float, rate: int, rng: Random
) -> np.ndarray:
    """A saw (or square) with a closing filter and a sine an octave below its brightness."""
    t = _time(seconds + 0.08, rate)
    f = hertz(pitch)
    cutoff = v["cutoff"] * (0.2 + velocity * np.exp(-t / v["decay"])) + f
    x = swept("square" if v["hollow"] > 0.5 else "saw", f, f * t + 0.25, cutoff, rate)
    amp = envelope(len(t), rate, attack=0.003, decay=0.5, sustain=0.7, hold=seconds, release=0.07)
    return (x + 0.5 * np.sin(2 * np.pi * f * t)) * amp * velocity


def fm_bass(
    v: Values, pitch: float, seconds: float, velocity: float, rate: int, rng: Random
) -> np.ndarray:
    """Two operators in unison: a woody knock on a round tone."""
    t = _time(seconds + 0.08, rate)
    f = hertz(pitch)
    index = v["index"] * velocity * (0.15 + np.exp(-t / v["decay"]))
    x = np.sin(2 * np.pi * f * t + index * np.sin(2 * np.pi * f * round(v["ratio"]) * t))
    amp = envelope(len(t), rate, attack=0.003, decay=1.5, sustain=0.5, hold=seconds, release=0.07)
    return x * amp * velocity


def reese_bass(
    v: Values, pitch: float, seconds: float, velocity: float, rate: int, rng: Random
) -> np.ndarray:
    """Two saws that beat against each other, behind a low-pass, over a sine."""
    t = _time(seconds + 0.08, rate)
    f = hertz(pitch)
    bend = 2 ** (v["detune"] / 1200)
    cutoff = v["cutoff"] * (1 + v["move"] * np.sin(2 * np.pi * 0.7 * t)) + f
    x = swept("saw", f, f * bend * t, cutoff, rate) + swept(
        "saw", f, f / bend * t + 0.3, cutoff, rate
    )
    amp = envelope(len(t), rate, attack=0.008, decay=1.0, sustain=0.9, hold=seconds, release=0.07)
    return (0.7 * x + 0.6 * np.sin(2 * np.pi * f * t)) * amp * velocity
