"""Settings that make no sense are refused; the learning rate follows them."""

from itertools import pairwise

import pytest

from common.training import Plan, learning_rate


def rates(**settings):
    plan = Plan(steps=10, learning_rate=2.0, **settings)
    return [learning_rate(plan, step) for step in range(10)]


def test_constant():
    assert rates(schedule="constant") == [2.0] * 10


def test_warmup_rises_in_a_line_and_reaches_the_rate():
    assert rates(schedule="constant", warmup=4) == [0.5, 1.0, 1.5] + [2.0] * 7


def test_cosine_falls_to_nothing_through_the_half():
    falling = rates(warmup=2)
    assert falling[2] == 2.0
    assert falling[6] == pytest.approx(1.0)  # half of the way from 2 to 10
    assert all(a > b for a, b in pairwise(falling[2:]))
    assert 0 < falling[9] < 0.1


@pytest.mark.parametrize(("settings", "said"), [
    ({"steps": 0}, "steps: expected a whole number above 0, got 0"),
    ({"batch": 2.0}, r"batch: expected a whole number above 0, got 2\.0"),
    ({"learning_rate": 0.0}, "learning_rate: expected a number above 0"),
    ({"schedule": "linear"}, "schedule: expected one of constant, cosine, got 'linear'"),
    ({"precision": "float16"}, "precision: expected one of mixed, float32"),
    ({"steps": 5, "warmup": 6}, "warmup: expected 0 to steps = 5, got 6"),
    ({"patience": 0}, "patience: expected a whole number above 0"),
    ({"validate_every": 0}, "validate_every: expected"),
    ({"save_every": -1}, "save_every: expected"),
    ({"clip_norm": 1.0, "clip_percentile": 10.0}, "expected one of them, got 1.0 and 10.0"),
    ({"clip_norm": 0.0}, "clip_norm: expected a number above 0"),
    ({"clip_percentile": 101.0}, "clip_percentile: expected 0 to 100, got 101"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        Plan(**settings)
