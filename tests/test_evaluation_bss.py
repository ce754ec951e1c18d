"""BSSEval v4: what it is made of, mir_eval's and museval's own numbers, and silence."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from common.evaluation import bss_eval
from common.seed import rng

RATE = 8000
SECONDS = 3


def noise(*parts: object, channels: int = 1, seconds: float = SECONDS) -> np.ndarray:
    return rng("bss", *parts).standard_normal((channels, int(seconds * RATE)))


def scene(channels: int = 1) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Two sources with a level that moves, and estimates that filter, leak and hiss."""
    swell = 0.2 + np.linspace(0, 1, SECONDS * RATE)
    references = {
        "vocals": swell * noise("vocals", channels=channels),
        "rest": noise("rest", channels=channels),
    }
    vocals, rest = references.values()
    echo = np.pad(vocals, [(0, 0), (40, 0)])[:, : vocals.shape[1]]
    estimates = {
        "vocals": 0.8 * vocals + 0.2 * echo + 0.2 * rest + 0.1 * noise("hiss", channels=channels),
        "rest": rest + 0.3 * vocals,
    }
    return estimates, references


def mir_eval_layout(signals: dict[str, np.ndarray]) -> np.ndarray:
    return np.stack([x.T for x in signals.values()])  # (source, sample, channel)


def test_sdr_is_a_plain_ratio_in_each_frame():
    # Nothing is fitted for SDR, against a common belief: filters touch the other three.
    estimates, references = scene(channels=2)
    scores = bss_eval(estimates, references, RATE)
    for name, score in scores.items():
        signal = (references[name] ** 2).reshape(2, SECONDS, RATE).sum(axis=(0, 2))
        error = (estimates[name] - references[name]) ** 2
        expected = 10 * np.log10(signal / error.reshape(2, SECONDS, RATE).sum(axis=(0, 2)))
        np.testing.assert_allclose(score.frames["sdr"], expected, atol=1e-6)
        assert score.sdr == pytest.approx(np.median(expected), abs=1e-6)
        assert score.dropped == 0


def test_interference_and_artefacts_by_construction():
    # Long white sources are nearly orthogonal to one another at every delay, so
    # the energies put in come out: rest 1/100 of vocals, hiss 1/1000.
    vocals, rest, hiss = (noise("built", i, seconds=8) for i in range(3))
    estimate = vocals + 0.1 * rest + np.sqrt(1e-3) * hiss
    score = bss_eval({"vocals": estimate}, {"vocals": vocals, "rest": rest}, RATE)["vocals"]
    assert score.sir == pytest.approx(20, abs=1)
    assert score.sar == pytest.approx(30, abs=1)
    assert score.sdr == pytest.approx(-10 * np.log10(0.01 + 0.001), abs=0.5)


def test_scores_and_medians_are_museval_s_own():
    from common.compat import museval

    estimates, references = scene(channels=2)
    theirs = museval.evaluate(
        mir_eval_layout(references), mir_eval_layout(estimates), win=RATE, hop=RATE
    )
    ours = bss_eval(estimates, references, RATE)
    for metric, values in zip(("sdr", "isr", "sir", "sar"), theirs, strict=True):
        for name, frames in zip(references, values, strict=True):
            np.testing.assert_allclose(ours[name].frames[metric], frames, atol=1e-9)
            assert getattr(ours[name], metric) == pytest.approx(np.median(frames), abs=1e-9)


@pytest.mark.parametrize("channels", [1, 2])
def test_one_frame_agrees_with_mir_eval_s_image_metrics(channels):
    # Over one frame that spans the signal, version 4 is version 3. What differs is
    # the rounding of two solvers of the same 512-tap systems.
    import mir_eval

    estimates, references = scene(channels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mir_eval announces that it will drop the module
        theirs = mir_eval.separation.bss_eval_images(
            mir_eval_layout(references), mir_eval_layout(estimates), compute_permutation=False
        )
    ours = bss_eval(estimates, references, RATE, window=SECONDS, hop=SECONDS)
    for metric, values in zip(("sdr", "isr", "sir", "sar"), theirs, strict=False):
        for name, value in zip(references, values, strict=True):
            assert getattr(ours[name], metric) == pytest.approx(value, abs=1e-6)


def test_frames_agree_with_mir_eval_s_and_filters_do_not():
    # mir_eval fits its filters anew in every frame (version 3), museval once a
    # song (version 4). SDR uses none, so it agrees. New filters in every frame bend
    # to the artefacts, and SAR comes out higher.
    import mir_eval

    estimates, references = scene()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sdr, _, _, sar, _ = mir_eval.separation.bss_eval_images_framewise(
            mir_eval_layout(references), mir_eval_layout(estimates), window=RATE, hop=RATE
        )
    ours = bss_eval(estimates, references, RATE)
    for i, name in enumerate(references):
        np.testing.assert_allclose(ours[name].frames["sdr"], sdr[i], atol=1e-6)
        assert (sar[i] > ours[name].frames["sar"]).all()


def test_volume_counts():
    _, references = scene()
    loud = bss_eval({"vocals": references["vocals"]}, references, RATE)["vocals"]
    quiet = bss_eval({"vocals": 0.25 * references["vocals"]}, references, RATE)["vocals"]
    assert loud.sdr > 100
    assert quiet.sdr == pytest.approx(20 * np.log10(4 / 3), abs=1e-6)


def test_a_source_without_an_estimate_still_interferes():
    estimates, references = scene()
    both = bss_eval(estimates, references, RATE)
    alone = bss_eval({"vocals": estimates["vocals"]}, references, RATE)
    assert list(alone) == ["vocals"]
    assert alone["vocals"] == both["vocals"]


@pytest.mark.filterwarnings("error")
def test_silence_throughout_is_undefined_and_leaves_the_others_alone():
    estimates, references = scene()
    expected = bss_eval(estimates, references, RATE)
    silence = 0 * references["vocals"]

    estimate_silent = bss_eval({**estimates, "vocals": silence}, references, RATE)
    assert np.isnan(estimate_silent["vocals"].sdr)
    assert np.isnan(estimate_silent["vocals"].sar)
    assert estimate_silent["rest"] == expected["rest"]

    references["drums"] = silence
    estimates["drums"] = noise("drums that are not there")
    reference_silent = bss_eval(estimates, references, RATE)
    assert np.isnan(reference_silent["drums"].sdr)
    assert reference_silent["vocals"] == expected["vocals"]

    nothing = bss_eval({"drums": estimates["drums"]}, {"drums": silence}, RATE)
    assert np.isnan(nothing["drums"].sdr)


def test_a_frame_that_is_silent_in_one_source_is_dropped_for_all():
    estimates, references = scene()
    full = bss_eval(estimates, references, RATE)
    estimates["rest"][:, RATE : 2 * RATE] = 0
    scores = bss_eval(estimates, references, RATE)
    for name in scores:
        assert scores[name].dropped == 1
        assert np.isnan(scores[name].frames["sdr"]).tolist() == [False, True, False]
    kept = full["vocals"].frames["sdr"][[0, 2]]
    assert scores["vocals"].sdr == pytest.approx(np.median(kept), abs=1e-9)


def test_opposite_channels_count_as_silence():
    # A quirk of museval, kept and handled: it adds the channels before it looks.
    estimates, references = scene(channels=2)
    references["vocals"] = np.concatenate([references["vocals"][:1], -references["vocals"][:1]])
    assert np.isnan(bss_eval(estimates, references, RATE)["vocals"].sdr)


def test_frames_that_are_not_full_are_left_out_and_short_signals_are_one_frame():
    reference, error = noise("long", seconds=2.5), noise("long error", seconds=2.5)
    assert len(_frames(reference, error)) == 2
    assert len(_frames(reference[:, :4000], error[:, :4000])) == 1
    assert len(_frames(reference[0], error[0])) == 2  # (sample,) is one channel


def _frames(reference: np.ndarray, error: np.ndarray) -> np.ndarray:
    return bss_eval({"a": reference + error}, {"a": reference}, RATE)["a"].frames["sdr"]


@pytest.mark.parametrize(
    ("estimates", "references", "says"),
    [
        ({"b": np.ones((1, 8))}, {"a": np.ones((1, 8))}, "names among the references"),
        ({"a": np.ones((1, 9))}, {"a": np.ones((1, 8))}, "one shape"),
        ({"a": np.ones((2, 8))}, {"a": np.ones((1, 8))}, "one shape"),
        ({"a": np.ones((3, 2, 8))}, {"a": np.ones((3, 2, 8))}, "reference 'a'"),
        ({"a": np.full((1, 8), np.nan)}, {"a": np.ones((1, 8))}, "estimate 'a': expected finite"),
    ],
)
def test_what_cannot_be_scored_is_refused(estimates, references, says):
    with pytest.raises(ValueError, match=says):
        bss_eval(estimates, references, RATE)
