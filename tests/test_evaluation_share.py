"""The share: hand examples, pairing, and an interval that covers."""

from __future__ import annotations

import numpy as np
import pytest

from common.evaluation import Share, share
from common.seed import rng


def test_hand_example_is_a_ratio_of_means():
    # Means 4, 2 and 10: (4 - 2) / (10 - 2) = 0.25. The mean of the songs' own
    # ratios, (1/2 + 3/14) / 2 = 0.36, is not what is asked.
    result = share([2.0, 6.0], [1.0, 3.0], [3.0, 17.0])
    assert result.value == pytest.approx(0.25)
    assert (result.songs, result.dropped) == (2, 0)


def test_ends_of_the_scale():
    static, ceiling = np.array([1.0, 2.0, 4.0]), np.array([9.0, 8.0, 12.0])
    assert share(static, static, ceiling).value == 0
    assert share(ceiling, static, ceiling).value == 1
    assert share(ceiling + 1, static, ceiling).value > 1
    assert share(static - 1, static, ceiling).value < 0


def test_songs_are_drawn_with_all_their_scores():
    # The same part of the way on songs that differ by tens of dB: paired draws
    # leave nothing to vary, unpaired ones would give an interval of several units.
    draw = rng("paired")
    static = 20 * draw.standard_normal(20)
    ceiling = static + draw.uniform(4, 12, 20)
    result = share(static + 0.3 * (ceiling - static), static, ceiling)
    assert result.value == pytest.approx(0.3)
    assert (result.low, result.high) == pytest.approx((0.3, 0.3))


def test_interval_agrees_with_the_normal_approximation():
    # With static 0 and ceiling 1 on every song the share is the plain mean.
    scores = rng("normal").normal(0.4, 0.2, 400)
    result = share(scores, 0 * scores, 0 * scores + 1)
    half = 1.96 * scores.std() / np.sqrt(400)
    assert result.low == pytest.approx(scores.mean() - half, abs=0.1 * half)
    assert result.high == pytest.approx(scores.mean() + half, abs=0.1 * half)


def test_interval_covers_the_truth():
    truth, covered, trials = 0.35, 0, 300
    for trial in range(trials):
        draw = rng("coverage", trial)
        static = draw.normal(0, 2, 20)
        way = draw.uniform(5, 11, 20)
        part = draw.normal(truth, 0.2, 20)
        result = share(
            static + part * way, static, static + way, resamples=1000, generator=rng("draws", trial)
        )
        covered += result.low <= truth <= result.high
    # A percentile interval over 20 songs is a little narrow: near 93 % over many trials.
    assert 0.89 <= covered / trials <= 0.98


def test_draws_are_fixed_unless_a_generator_is_given():
    draw = rng("fixed")
    static = draw.standard_normal(12)
    model, ceiling = static + draw.uniform(0, 4, 12), static + 8
    first = share(model, static, ceiling)
    assert share(model, static, ceiling) == first
    other = share(model, static, ceiling, generator=np.random.default_rng(1))
    assert other.value == first.value
    assert (other.low, other.high) != (first.low, first.high)
    assert (other.low, other.high) == pytest.approx((first.low, first.high), abs=0.02)


def test_wider_level_wider_interval():
    draw = rng("level")
    static = draw.standard_normal(15)
    scores = static + draw.uniform(0, 6, 15), static, static + 8
    narrow, wide = share(*scores, level=0.5), share(*scores, level=0.99)
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high


@pytest.mark.parametrize("which", range(3))
def test_songs_with_a_nan_are_dropped_and_counted(which):
    scores = np.array([[2.0, 6.0, 5.0], [1.0, 3.0, 1.0], [3.0, 17.0, 9.0]])
    scores[which, 2] = np.nan
    result = share(*scores)
    assert result.value == pytest.approx(0.25)
    assert (result.songs, result.dropped) == (2, 1)


@pytest.mark.filterwarnings("error")
def test_silent_estimate_is_not_forgiven():
    result = share([-np.inf, 6.0, 5.0], [1.0, 3.0, 1.0], [3.0, 17.0, 9.0])
    assert result.value == result.low == -np.inf
    assert (result.songs, result.dropped) == (3, 0)


@pytest.mark.filterwarnings("error")
def test_too_few_songs():
    one = share([2.0], [1.0], [5.0])
    assert one.value == pytest.approx(0.25)
    assert np.isnan([one.low, one.high]).all()
    assert str(one) == "0.25 (one song, no interval)"
    none = share([np.nan], [1.0], [5.0])
    assert (none.songs, none.dropped, str(none)) == (0, 1, "undefined")


@pytest.mark.filterwarnings("error")
def test_no_way_to_go_is_undefined():
    assert str(share([2.0, 3.0], [1.0, 1.0], [1.0, 1.0])) == "undefined"


def test_readable():
    assert str(Share(0.271, 0.2, 0.349, 20)) == "0.27 [0.20, 0.35]"


@pytest.mark.parametrize(
    ("scores", "options", "says"),
    [
        (([1.0, 2.0], [1.0], [3.0]), {}, "one score a song"),
        ((1.0, 2.0, 3.0), {}, "one score a song"),
        (([1.0], [0.0], [2.0]), {"level": 95}, "level"),
        (([1.0], [0.0], [2.0]), {"resamples": 0}, "resamples"),
    ],
)
def test_what_makes_no_share_is_refused(scores, options, says):
    with pytest.raises(ValueError, match=says):
        share(*scores, **options)
