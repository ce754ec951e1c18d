"""A gradient is made as long as the limit, and no shorter."""

import math

import numpy as np
import pytest
import torch

from common.training.clipping import Clip


def weights(*gradients):
    """Weights whose gradients are given, among them one that has none."""
    made = [torch.zeros(len(gradient), requires_grad=True) for gradient in gradients]
    for weight, gradient in zip(made, gradients, strict=True):
        weight.grad = torch.tensor(gradient)
    return [*made, torch.zeros(2, requires_grad=True)]


def test_a_long_gradient_keeps_its_direction():
    some = weights([3.0], [0.0, 4.0])
    assert Clip(norm=1.0)(some) == 5.0
    torch.testing.assert_close(some[0].grad, torch.tensor([0.6]))
    torch.testing.assert_close(some[1].grad, torch.tensor([0.0, 0.8]))


@pytest.mark.parametrize("clip", [Clip(norm=6.0), Clip(), Clip(percentile=100)])
def test_others_are_left_alone(clip):
    some = weights([3.0], [0.0, 4.0])
    assert clip(some) == 5.0
    assert some[0].grad.item() == pytest.approx(3.0)


@pytest.mark.parametrize("percentile", [0, 10, 37.5, 50, 100])
def test_autoclip_s_limit_is_the_percentile_of_all_so_far(percentile):
    clip, norms = Clip(percentile=percentile), []
    for norm in np.random.default_rng(0).lognormal(size=30):
        some = weights([float(norm)])
        norms.append(clip(some))
        limit = min(norms[-1], np.percentile(norms, percentile))
        assert some[0].grad.item() == pytest.approx(limit, rel=1e-4)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_not_finite_is_neither_clipped_nor_remembered(value):
    clip, some = Clip(percentile=10), weights([value], [1.0])
    assert not math.isfinite(clip(some))
    assert some[1].grad.item() == 1.0
    assert clip.norms == []
