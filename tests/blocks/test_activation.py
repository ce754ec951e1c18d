"""Activations by hand, and across which axis they look."""

import math

import pytest
import torch

from common.blocks import GatedTanh, activate
from common.blocks.activation import ACTIVATIONS

LN3 = math.log(3)
BY_HAND = [  # what goes in and what comes out, along axis 1
    ("sigmoid", [-LN3, 0.0, LN3], [0.25, 0.5, 0.75]),
    ("tanh", [-LN3, 0.0, LN3], [-0.8, 0.0, 0.8]),
    ("relu", [-1.0, 0.0, 2.0], [0.0, 0.0, 2.0]),
    ("softmax", [0.0, LN3, 0.0], [0.2, 0.6, 0.2]),
    ("unit_norm", [3.0, 0.0, -4.0], [0.6, 0.0, -0.8]),
    ("l1_norm", [3.0, 1.0, -4.0], [0.375, 0.125, -0.5]),
    ("none", [3.0, 0.0, -4.0], [3.0, 0.0, -4.0]),
]


@pytest.mark.parametrize(("kind", "before", "after"), BY_HAND)
def test_by_hand(kind, before, after):
    before, after = torch.tensor([before]), torch.tensor([after])  # (1, 3)
    torch.testing.assert_close(activate(before, kind), after)
    many = before[..., None, None, None].expand(2, 3, 1, 5, 7)
    torch.testing.assert_close(activate(many, kind), after[..., None, None, None].expand_as(many))


def test_every_activation_is_tried():
    assert {kind for kind, _, _ in BY_HAND} == set(ACTIVATIONS)


@pytest.mark.parametrize("kind", ["unit_norm", "l1_norm"])
def test_zeros_stay_zeros(kind):
    assert not activate(torch.zeros(2, 3, 5), kind).any()


def test_an_unknown_activation_is_refused():
    said = "activation: expected one of sigmoid, softmax, relu, .*, none, got 'softplus'"
    with pytest.raises(ValueError, match=said):
        activate(torch.zeros(2, 3), "softplus")


def test_the_gate_by_hand():
    module = GatedTanh(2)
    nothing = {name: torch.zeros_like(weight) for name, weight in module.state_dict().items()}
    module.load_state_dict({**nothing, "value.weight": torch.eye(2),
                            "gate.bias": torch.tensor([LN3, -LN3])})  # fmt: skip
    x = torch.tensor([[[LN3, LN3]]])
    torch.testing.assert_close(module(x), torch.tensor([[[0.8 * 0.75, 0.8 * 0.25]]]))
