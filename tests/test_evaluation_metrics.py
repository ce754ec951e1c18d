"""Scores of one estimate: cases whose answer is known."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from common.evaluation import si_sdr, si_sdr_improvement, usdr
from common.seed import rng

SAMPLES = 4096


def noise(*parts: object, shape: tuple[int, ...] = (1, SAMPLES)) -> np.ndarray:
    """White noise without a mean in any channel."""
    x = rng("metrics", *parts).standard_normal(shape)
    return x - x.mean(axis=-1, keepdims=True)


def orthogonal_to(signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    """What of `x` is orthogonal to `signal`, with the signal's energy, per channel."""
    along = (x * signal).sum(-1, keepdims=True) / (signal**2).sum(-1, keepdims=True)
    rest = x - along * signal
    gain = np.sqrt((signal**2).sum(-1, keepdims=True) / (rest**2).sum(-1, keepdims=True))
    return gain * rest


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    """A reference, and noise of equal energy orthogonal to it."""
    reference = noise("reference")
    return reference, orthogonal_to(reference, noise("error"))


@pytest.mark.parametrize("decibels", [-20.0, 0.0, 3.0, 40.0])
def test_orthogonal_noise_gives_its_signal_to_noise_ratio(pair, decibels):
    reference, error = pair
    estimate = reference + 10 ** (-decibels / 20) * error
    assert si_sdr(estimate, reference) == pytest.approx(decibels, abs=1e-9)


def test_error_along_the_reference_is_scaling_and_does_not_count(pair):
    reference, error = pair
    estimate = reference + 0.5 * reference + 1.5 * error
    assert si_sdr(estimate, reference) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("gain", [-1.0, 1e-6, 0.3, 1e6])
def test_scaling_either_signal_changes_nothing(pair, gain):
    reference, error = pair
    estimate = reference + 0.25 * error
    score = si_sdr(estimate, reference)
    assert si_sdr(gain * estimate, reference) == pytest.approx(score, abs=1e-9)
    assert si_sdr(estimate, gain * reference) == pytest.approx(score, abs=1e-9)


def test_offsets_are_removed(pair):
    reference, error = pair
    estimate = reference + 0.25 * error
    score = si_sdr(estimate, reference)
    assert si_sdr(estimate + 3.0, reference - 7.0) == pytest.approx(score, abs=1e-9)


def test_sine_by_hand():
    # sine + cosine / 2, whole periods: energies 1 to 1/4, 10 log10(4) = 6.02 dB.
    time = np.arange(1000) / 1000
    sine, cosine = np.sin(2 * np.pi * 5 * time), np.cos(2 * np.pi * 5 * time)
    assert si_sdr(sine + cosine / 2, sine) == pytest.approx(10 * np.log10(4), abs=1e-9)


def test_stereo_is_the_mean_of_its_channels():
    reference = noise("stereo", shape=(2, SAMPLES))
    error = orthogonal_to(reference, noise("stereo error", shape=(2, SAMPLES)))
    estimate = reference + 10 ** (-np.array([[10.0], [20.0]]) / 20) * error
    assert si_sdr(estimate, reference) == pytest.approx(15.0, abs=1e-9)
    # Each channel has its own scale, so a change of balance costs nothing.
    assert si_sdr(estimate * [[0.1], [5.0]], reference) == pytest.approx(15.0, abs=1e-9)


def test_batch_axes_are_kept_and_one_signal_gives_a_float():
    reference = noise("batch", shape=(3, 2, SAMPLES))
    estimate = reference + 0.1 * noise("batch error", shape=(3, 2, SAMPLES))
    for metric in (si_sdr, usdr):
        scores = metric(estimate, reference)
        assert scores.shape == (3,)
        for i in range(3):
            alone = metric(estimate[i], reference[i])
            assert type(alone) is float
            assert alone == pytest.approx(scores[i], abs=1e-9)
    assert si_sdr(estimate[0, 0], reference[0, 0]) == pytest.approx(
        si_sdr(estimate[0, :1], reference[0, :1])
    )


def test_single_precision_is_scored_in_double(pair):
    reference, error = (x.astype(np.float32) for x in pair)
    estimate = reference + np.float32(1e-3) * error
    double = si_sdr(estimate.astype(np.float64), reference.astype(np.float64))
    assert si_sdr(estimate, reference) == double
    assert double == pytest.approx(60.0, abs=1e-2)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("level", [0.0, 0.1])
def test_silent_reference_is_undefined(pair, level):
    reference, _ = pair
    silence = np.full_like(reference, level)  # a constant is silence, too
    assert np.isnan(si_sdr(reference, silence))
    assert np.isnan(si_sdr(silence, silence))
    assert np.isnan(si_sdr_improvement(reference, silence, reference))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("level", [0.0, 0.1])
def test_silent_estimate_is_the_worst_score(pair, level):
    reference, _ = pair
    assert si_sdr(np.full_like(reference, level), reference) == -np.inf


def test_one_silent_reference_channel_makes_the_signal_undefined(pair):
    reference, error = pair
    stereo = np.concatenate([reference, 0 * reference])
    assert np.isnan(si_sdr(np.concatenate([error, error]), stereo))


@pytest.mark.filterwarnings("error")
def test_a_perfect_channel_does_not_hide_a_silent_one(pair):
    reference, error = pair
    stereo = np.concatenate([reference, error])
    assert si_sdr(stereo * [[1.0], [0.0]], stereo) == -np.inf


@pytest.mark.filterwarnings("error")
def test_perfect_estimate_is_infinite_and_a_scaled_copy_nearly(pair):
    reference, _ = pair
    assert si_sdr(reference, reference) == np.inf
    assert si_sdr(2 * reference, reference) == np.inf  # powers of two do not round
    assert si_sdr(0.3 * reference, reference) > 250


def test_estimate_without_any_of_the_reference(pair):
    reference, error = pair
    assert si_sdr(error, reference) < -250


def test_improvement_is_the_difference(pair):
    reference, error = pair
    mixture, estimate = reference + 2 * error, reference + 0.1 * error
    expected = 20 + 20 * np.log10(2)  # from -6.02 to 20 dB
    assert si_sdr_improvement(estimate, reference, mixture) == pytest.approx(expected, abs=1e-9)
    assert si_sdr_improvement(mixture, reference, mixture) == 0


def test_usdr_by_hand():
    # Both channels count together: (9 + 16 + 0 + 0) / (1 + 0 + 0 + 0.25) = 20.
    reference = np.array([[3.0, 4.0], [0.0, 0.0]])
    estimate = np.array([[2.0, 4.0], [0.0, 0.5]])
    assert usdr(estimate, reference, epsilon=0) == pytest.approx(10 * np.log10(20))
    assert usdr(estimate, reference) == pytest.approx(10 * np.log10(20), abs=1e-6)


def test_usdr_punishes_scaling_and_offset_where_si_sdr_does_not(pair):
    reference, _ = pair
    assert usdr(0.5 * reference, reference) == pytest.approx(10 * np.log10(4), abs=1e-6)
    assert usdr(reference + 1.0, reference) < usdr(reference + 0.1, reference) < 25


def test_usdr_epsilon_gives_silence_a_score(pair):
    reference, _ = pair
    silence = 0 * reference
    assert usdr(silence, silence) == 0
    assert usdr(silence, reference) == pytest.approx(0, abs=1e-6)
    assert usdr(reference, silence) < -100
    assert usdr(reference, reference) == pytest.approx(
        10 * np.log10((reference**2).sum() / 1e-7), abs=1e-6
    )
    assert usdr(reference, reference, epsilon=0) == np.inf


@pytest.mark.parametrize("metric", [si_sdr, usdr])
@pytest.mark.parametrize(
    ("estimate", "reference", "error", "says"),
    [
        (np.zeros((1, 9)), np.zeros((1, 8)), ValueError, "equal shapes"),
        (np.zeros(8), np.zeros((1, 8)), ValueError, "equal shapes"),
        (np.zeros((8, 2)), np.zeros((8, 2)), ValueError, "transpose"),
        (np.zeros((1, 0)), np.zeros((1, 0)), ValueError, "at least one sample"),
        (np.float64(1.0), np.float64(1.0), ValueError, "sample"),
        (np.full((1, 8), np.nan), np.ones((1, 8)), ValueError, "estimate: expected finite"),
        (np.ones((1, 8)), np.full((1, 8), np.inf), ValueError, "reference: expected finite"),
        (np.zeros((1, 8), complex), np.zeros((1, 8)), TypeError, "float32 or float64"),
        (np.zeros((1, 8), np.int16), np.zeros((1, 8)), TypeError, "float32 or float64"),
    ],
)
def test_what_cannot_be_scored_is_refused(metric, estimate, reference, error, says):
    with pytest.raises(error, match=says):
        metric(estimate, reference)


def test_negative_epsilon_is_refused():
    with pytest.raises(ValueError, match="epsilon"):
        usdr(np.ones(8), np.ones(8), epsilon=-1.0)


def test_arguments_are_left_as_they_were(pair):
    reference, error = pair
    estimate = reference + error + 1.0
    before = estimate.copy(), reference.copy()
    si_sdr(estimate, reference), usdr(estimate, reference)
    np.testing.assert_array_equal(estimate, before[0])
    np.testing.assert_array_equal(reference, before[1])


@pytest.mark.parametrize("channels", [1, 2])
def test_si_sdr_agrees_with_nussl(channels):
    from common.compat import nussl

    shape = (channels, SAMPLES)
    references = [noise("nussl", i, shape=shape) + 0.1 * i for i in range(2)]
    estimates = [
        0.7 * references[0] + 0.2 * references[1] + 0.1 * noise("nussl error", shape=shape),
        1.3 * references[1] - 0.1 * references[0],
    ]

    def signals(arrays):
        return [nussl.AudioSignal(audio_data_array=x.copy(), sample_rate=8000) for x in arrays]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scores = nussl.evaluation.BSSEvalScale(
            signals(references), signals(estimates), source_labels=["a", "b"]
        ).evaluate()
    for name, estimate, reference in zip("ab", estimates, references, strict=True):
        theirs = np.mean(scores[name]["SI-SDR"])
        assert si_sdr(estimate, reference) == pytest.approx(theirs, abs=1e-4)
        improvement = si_sdr_improvement(estimate, reference, sum(references))
        assert improvement == pytest.approx(np.mean(scores[name]["SI-SDRi"]), abs=1e-4)
