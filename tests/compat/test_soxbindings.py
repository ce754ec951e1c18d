"""The stand-in for soxbindings does what SoX does; the numbers are SoX's own."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxbindings

from tests.compat.sox_signal import RATE, signal

GOLDEN = json.loads(Path(__file__).with_name("sox_numbers.json").read_text())["effects"]
# What resamples goes through soxr, whose filter is near to SoX's own, not equal.
TOLERANCE = {"pitch": 3e-4, "rate": 3e-4, "speed": 3e-4}


def build(method: str, args: list, kwargs: dict) -> np.ndarray:
    if "remix_dictionary" in kwargs:
        remixed = {int(key): value for key, value in kwargs["remix_dictionary"].items()}
        kwargs = {**kwargs, "remix_dictionary": remixed}
    transformer = getattr(soxbindings.Transformer(), method)(*args, **kwargs)
    return transformer.build_array(input_array=signal(), sample_rate_in=RATE)


def test_the_stand_in_is_installed_and_satisfies_nussl_and_scaper():
    assert importlib.metadata.version("soxbindings") == "1.2.3+book1"


def test_the_stand_in_that_is_installed_is_the_one_in_the_tree():
    """When this fails: pip install --force-reinstall --no-deps ./common/compat/soxbindings"""
    tree = Path(__file__).parents[2] / "common" / "compat" / "soxbindings" / "soxbindings"
    installed = Path(soxbindings.__file__).parent
    for path in tree.glob("*.py"):
        assert (installed / path.name).read_text() == path.read_text()


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["effect"])
def test_equals_sox(golden):
    y = build(golden["method"], golden["args"], golden["kwargs"])
    step, tolerance = golden["step"], TOLERANCE.get(golden["method"], 2e-7)
    assert list(y.shape) == golden["shape"]
    samples = y[step // 2 :: step][:8].sum(axis=1)
    np.testing.assert_allclose(samples, golden["samples"], atol=tolerance)
    assert np.sqrt(np.square(y).mean()) == pytest.approx(golden["rms"], abs=tolerance / 4)


def test_pitch_shift_moves_a_tone_by_the_semitones_and_keeps_the_length():
    tone = np.sin(2 * np.pi * 440 * np.arange(44100) / 44100)[:, None] / 2
    for semitones in (-5, 4, 12):
        y = (
            soxbindings.Transformer()
            .pitch(semitones)
            .build_array(input_array=tone, sample_rate_in=44100)
        )
        spectrum = np.abs(np.fft.rfft(y[:44100, 0] * np.hanning(44100)))
        assert abs(len(y) - 44100) <= 1
        assert np.argmax(spectrum) == pytest.approx(440 * 2 ** (semitones / 12), abs=3)


def test_effects_follow_each_other_at_the_rate_that_pitch_leaves_as_in_soxbindings():
    chain = soxbindings.Transformer().convert(samplerate=6000, n_channels=1)
    chain.set_output_format(rate=6000, channels=1)
    y = (
        chain.pitch(2)
        .tempo(0.5, audio_type="s")
        .build_array(input_array=signal(), sample_rate_in=RATE)
    )
    assert y.shape == (12000, 1)
    assert y.dtype == np.float64


def test_files_in_and_out(tmp_path):
    soundfile.write(tmp_path / "in.wav", signal(), RATE, subtype="PCM_24")
    soxbindings.Transformer().trim(0.25, 0.5).build(
        str(tmp_path / "in.wav"), str(tmp_path / "out.wav")
    )
    trimmed, rate = soundfile.read(tmp_path / "out.wav")
    assert (trimmed.shape, rate) == ((2000, 2), RATE)
    assert soundfile.info(tmp_path / "out.wav").subtype == "PCM_24"
    np.testing.assert_allclose(trimmed, signal()[2000:4000], atol=2**-22)


def test_silence_and_nothing_pass_through():
    for length in (0, 4000):
        silence = np.zeros((length, 1))
        y = (
            soxbindings.Transformer()
            .tempo(2.0)
            .build_array(input_array=silence, sample_rate_in=RATE)
        )
        assert y.shape == (length // 2, 1)
        assert not y.any()


@pytest.mark.parametrize("effect", ["reverb", "flanger", "compand", "equalizer", "stretch"])
def test_what_is_missing_says_so(effect):
    with pytest.raises(NotImplementedError, match=effect):
        getattr(soxbindings.Transformer(), effect)(50)


@pytest.mark.parametrize(
    ("method", "args", "message"),
    [
        ("tempo", (0,), "factor must be a positive number"),
        ("tempo", (1, "x"), "audio_type is None, 'm', 's' or 'l'"),
        ("rate", (-1,), "samplerate must be a positive number"),
        ("trim", (2, 1), "0 <= start_time < end_time"),
    ],
)
def test_what_makes_no_sense_is_refused(method, args, message):
    with pytest.raises(ValueError, match=message):
        getattr(soxbindings.Transformer(), method)(*args)
