"""The parts of the generator sound as they claim."""

import numpy as np
import pytest

from common.data.generator import cast, effects, loudness
from common.data.generator import drums as kit
from common.data.generator.chant import chant
from common.data.generator.instruments import ACOUSTIC, FAMILIES, MACHINE, SINGER
from common.data.generator.oscillators import classic, hertz
from common.data.generator.singing import SungNote
from common.data.generator.synths import Tone
from common.data.generator.voice import sing

RATE = 22050
PITCHED = [family for family in FAMILIES if family.play]


def spectrum(x):
    """Power and frequencies."""
    power = np.abs(np.fft.rfft(x * np.hanning(len(x)), 1 << 18)) ** 2
    return power, np.fft.rfftfreq(1 << 18, 1 / RATE)


def play(family, pitch, seconds=1.0):
    tone = Tone(pitch, seconds, 0.8, RATE, np.random.default_rng(0))
    return family.play(cast.presets(family, "train")[0].values, tone)


@pytest.mark.parametrize("family", PITCHED, ids=lambda family: family.name)
@pytest.mark.parametrize("pitch", [40, 57, 71])
def test_instruments_are_in_tune(family, pitch):
    power, f = spectrum(play(family, pitch)[1500:20000])
    near = np.abs(np.log2(f[1:] / hertz(pitch))) < 1 / 12
    centre = np.sum(f[1:][near] * power[1:][near]) / np.sum(power[1:][near])
    assert abs(1200 * np.log2(centre / hertz(pitch))) < 15


@pytest.mark.parametrize("family", PITCHED, ids=lambda family: family.name)
def test_notes_neither_click_nor_drift(family):
    x = play(family, 52, 0.5)
    assert abs(x[0]) < 0.01
    assert abs(x[-1]) < 0.01
    assert 0.2 < np.abs(x).max() < 3
    assert abs(x.mean()) < 0.01


@pytest.mark.parametrize("family", [MACHINE, ACOUSTIC], ids=lambda family: family.name)
@pytest.mark.parametrize("name", kit.PIECES)
def test_drums_start_and_end_softly(family, name):
    values = cast.presets(family, "test")[0].values
    x = kit.PIECES[name](values, 0.9, RATE, np.random.default_rng(0))
    assert 0.05 < np.abs(x).max() < 3
    assert abs(x[0]) < 0.05
    assert abs(x[-1]) < 0.001
    power, f = spectrum(x)
    centre = np.sum(f * power) / power.sum()
    assert centre < 400 if name in ("kick", "low", "high") else centre > 300


def test_a_saw_does_not_alias():
    frequency = 1234.5
    cycles = frequency * np.arange(RATE) / RATE
    power, f = spectrum(classic("saw", frequency, cycles, RATE))
    harmonics = np.abs(f / frequency - np.round(f / frequency)) * frequency < 20
    assert power[~harmonics].sum() < 1e-5 * power.sum()


@pytest.mark.parametrize("engine", [sing, chant])
def test_both_voices_sing_vowels_and_consonants(engine):
    singer = {**cast.presets(SINGER, "train")[0].values, "tract": 1.0, "breath": 0.05}
    notes = [SungNote(0.4, 1.0, 52.0, ("S", "AA")), SungNote(1.0, 1.5, 52.0, ("M", "IY"))]
    x = engine(notes, singer, count=2 * RATE, rate=RATE, rng=np.random.default_rng(0))
    spans = ((0.31, 0.37), (0.6, 0.9), (1.2, 1.4))
    hiss, father, see = (x[int(start * RATE) : int(end * RATE)] for start, end in spans)
    assert share_above(hiss, 4000) > 0.8
    assert share_above(father, 4000) < 0.1
    # F2 of "see" lies where "father" has nothing, and the other way round.
    assert between(see, 2000, 3200) > 5 * between(see, 900, 1400)
    assert between(father, 900, 1400) > 5 * between(father, 2000, 3200)
    assert np.abs(x[int(1.7 * RATE) :]).max() < 1e-3
    assert not np.any(engine([], {}, count=100, rate=RATE, rng=np.random.default_rng(0)))


def sung(vowel, pitch=52.0, **changes):
    singer = {**cast.presets(SINGER, "train")[0].values, "tract": 1.0, "breath": 0.05, **changes}
    note = SungNote(0.1, 1.4, pitch, (vowel,))
    return sing([note], singer, count=int(1.5 * RATE), rate=RATE, rng=np.random.default_rng(0))


def share(x, low, high):
    power, f = spectrum(x[RATE // 3 : RATE])
    return power[(f > low) & (f < high)].sum() / power.sum()


def test_vowels_have_their_formants():
    see, father = sung("IY"), sung("AA")
    assert share(father, 600, 1300) > 4 * share(see, 600, 1300)
    assert share(see, 2000, 3200) > 4 * share(father, 2000, 3200)


def test_a_longer_tract_has_lower_formants():
    power, f = spectrum(sung("AA", tract=1.25)[RATE // 3 : RATE])
    lower, _ = spectrum(sung("AA", tract=0.95)[RATE // 3 : RATE])
    region = (f > 500) & (f < 1800)
    centres = [np.sum(f[region] * p[region]) / p[region].sum() for p in (power, lower)]
    assert centres[0] > 1.1 * centres[1]


def test_the_voice_is_in_tune_and_silent_elsewhere():
    x = sung("AA", pitch=57.0)
    power, f = spectrum(x[RATE // 3 : RATE])
    near = (f > 200) & (f < 240)
    centre = np.sum(f[near] * power[near]) / power[near].sum()
    assert abs(1200 * np.log2(centre / 220)) < 25
    assert np.abs(x[: RATE // 20]).max() < 1e-3
    assert not np.any(sing([], {}, count=100, rate=RATE, rng=np.random.default_rng(0)))


def between(x, low, high):
    power, f = spectrum(x)
    return power[(f > low) & (f < high)].sum()


def share_above(x, edge):
    power, f = spectrum(x)
    return power[f > edge].sum() / power.sum()


def test_two_takes_differ_and_one_does_not():
    assert np.array_equal(sung("AH"), sung("AH"))


def test_loudness_is_that_of_the_standard():
    import pyloudnorm

    rng = np.random.default_rng(0)
    for rate in (22050, 44100):
        x = rng.standard_normal((2, 6 * rate)) * np.repeat([0.2, 0.001, 0.05], 2 * rate)
        meter = pyloudnorm.Meter(rate, filter_class="DeMan")
        assert loudness.loudness(x, rate) == pytest.approx(meter.integrated_loudness(x.T), abs=0.05)
    # A sine of 997 Hz at full scale is at -3.01 LUFS, as the standard says.
    sine = np.sin(2 * np.pi * 997 * np.arange(5 * 48000) / 48000)
    assert loudness.loudness(sine, 48000) == pytest.approx(-3.01, abs=0.05)
    assert loudness.loudness(np.zeros((1, RATE)), RATE) == -np.inf
    assert loudness.loudness(np.zeros((1, 100)), RATE) == -np.inf


def test_the_limiter_keeps_its_promise():
    x = np.random.default_rng(0).standard_normal((2, RATE))
    gain = effects.limiter_gain(x, 0.5, RATE)
    assert gain.shape == (RATE,)
    assert np.abs(x * gain).max() <= 0.5 + 1e-9
    assert np.allclose(effects.limiter_gain(0.1 * x, 0.9, RATE), 1)


def test_panning_keeps_the_power():
    x = np.random.default_rng(0).standard_normal(1000)
    for position in (-1, -0.3, 0, 1):
        both = effects.pan(x, position, 2)
        assert np.mean(both**2) == pytest.approx(np.mean(x**2))
    assert effects.pan(x, 0.5, 1).shape == (1, 1000)


def test_rooms_answer_late_and_die_away():
    click = np.zeros((1, 2 * RATE))
    click[0, 0] = 1
    room = effects.reverb_impulse("test", 1, 1.0, 0.5, RATE)
    wet = effects.reverb(click, room, delay=0.02, rate=RATE)
    assert wet.shape == click.shape
    assert not np.any(np.abs(wet[0, : int(0.019 * RATE)]) > 1e-6)
    early, late = wet[0, : RATE // 4], wet[0, RATE // 2 : RATE]
    assert np.sum(early**2) > 20 * np.sum(late**2)
    left, right = effects.reverb_impulse("test", 2, 1.0, 0.5, RATE)
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.1
