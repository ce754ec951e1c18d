"""nussl's classical separation: each algorithm finds what it is made for, measured in decibels."""

from __future__ import annotations

import numpy as np
import pytest

from common.compat import nussl

primitive, benchmark = nussl.separation.primitive, nussl.separation.benchmark


def snr(estimate, target) -> float:
    n = min(estimate.signal_length, target.signal_length)
    target, estimate = target.audio_data[:, :n], estimate.audio_data[:, :n]
    return 10 * np.log10(np.sum(target**2) / np.sum((target - estimate) ** 2))


@pytest.mark.parametrize("window", [31, 17])
def test_hpss_parts_drums_from_bass(sounds, window):
    harmonic, percussive = primitive.HPSS(sounds["drums"] + sounds["bass"], kernel_size=window)()
    assert snr(harmonic, sounds["bass"]) > 10
    assert snr(percussive, sounds["drums"]) > 3


@pytest.mark.parametrize("name", ["Repet", "RepetSim", "FT2D"])
def test_what_repeats_becomes_background(sounds, name):
    melody, accompaniment = sounds["vocals"], sounds["drums"] + sounds["bass"]
    periods = {"min_period": 0.2, "max_period": 0.6} if name == "Repet" else {}
    algorithm = getattr(primitive, name)(melody + accompaniment, **periods)
    background, foreground = algorithm()
    together = background + foreground
    np.testing.assert_allclose(together.audio_data, (melody + accompaniment).audio_data, atol=1e-4)
    assert snr(background, accompaniment) > 0


@pytest.mark.filterwarnings("ignore:Maximum number of iterations")
def test_timbre_clustering_by_nmf(sounds):
    mixture = sounds["drums"] + sounds["bass"]
    np.random.seed(0)
    estimates = primitive.TimbreClustering(mixture, 2, 4)()
    best = max(snr(estimate, sounds["bass"]) for estimate in estimates)
    assert best > 10


@pytest.mark.parametrize(
    ("name", "decibels"), [("IdealBinaryMask", 8), ("IdealRatioMask", 8), ("WienerFilter", 8)]
)
def test_ideal_masks_separate_well(sounds, mixture, name, decibels):
    targets = list(sounds.values())
    estimates = getattr(benchmark, name)(mixture, targets)()
    pairs = list(zip(estimates, targets, strict=True))
    assert np.mean([snr(estimate, target) for estimate, target in pairs]) > decibels


def test_high_low_pass_and_the_mixture_as_estimate(sounds):
    mixture = sounds["bass"] + sounds["other"]
    low, high = benchmark.HighLowPassFilter(mixture, 400)()
    assert snr(low, sounds["bass"]) > 20
    assert snr(high, sounds["other"]) > 10
    for estimate in benchmark.MixAsEstimate(mixture, 2)():
        np.testing.assert_allclose(estimate.audio_data, mixture.audio_data, atol=1e-6)


@pytest.fixture
def panned(sounds):
    left = nussl.mixing.pan_audio_signal(sounds["drums"], -25)
    right = nussl.mixing.pan_audio_signal(sounds["vocals"], 20)
    return left, right


def test_duet_separates_by_place(panned):
    estimates = nussl.separation.spatial.Duet(sum(panned), 2)()
    for target in panned:
        assert max(snr(estimate, target) for estimate in estimates) > 5


def test_spatial_clustering_separates_by_place(panned):
    np.random.seed(0)
    estimates = nussl.separation.spatial.SpatialClustering(sum(panned), 2)()
    for target in panned:
        assert max(snr(estimate, target) for estimate in estimates) > 5


def test_ica_unmixes_two_microphones(sounds):
    a, b = sounds["bass"], sounds["drums"]
    microphones = [x * 0.7 + y * 0.3 for x, y in ((a, b), (b, a))]
    estimates = nussl.separation.factorization.ICA(microphones, random_state=0)()
    for target in (a, b):
        correlations = [
            np.corrcoef(estimate.audio_data[0], target.audio_data[0])[0, 1]
            for estimate in estimates
        ]
        assert max(np.abs(correlations)) > 0.99


def test_rpca_adds_up(mixture):
    parts = nussl.separation.factorization.RPCA(mixture, num_iterations=5)()
    np.testing.assert_allclose(sum(parts).audio_data, mixture.audio_data, atol=1e-4)


def test_overlap_add_equals_the_whole(sounds):
    mixture = sounds["drums"] + sounds["bass"]
    pieces = nussl.separation.composite.OverlapAdd(primitive.HPSS(mixture), window_duration=0.5)()
    whole = primitive.HPSS(mixture)()
    assert snr(pieces[0], whole[0]) > 15
    np.testing.assert_allclose(sum(pieces).audio_data, mixture.audio_data, atol=1e-4)


def test_ensemble_clustering(sounds):
    mixture = sounds["drums"] + sounds["bass"]
    np.random.seed(0)
    estimates = nussl.separation.composite.EnsembleClustering(
        mixture, 2, separators=[primitive.HPSS(mixture), primitive.FT2D(mixture)]
    )()
    assert max(snr(estimate, sounds["bass"]) for estimate in estimates) > 10


def test_masks_are_checked_and_inverted():
    mask = nussl.core.masks.BinaryMask(np.eye(3)[..., None] > 0)
    np.testing.assert_array_equal(mask.invert_mask().mask[..., 0], np.eye(3) == 0)
    soft = nussl.core.masks.SoftMask(np.full((3, 3, 1), 0.7))
    assert soft.mask_to_binary(0.5).mask.all()
    with pytest.raises(ValueError, match="close to 0 or 1"):
        nussl.core.masks.BinaryMask(np.full((3, 3, 1), 0.7))
