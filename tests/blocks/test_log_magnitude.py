"""Levels in decibels: by hand, their slope, and the floor."""

import math

import pytest
import torch

from common.blocks import AmplitudeToDB
from common.stft import STFTConfig, decibels


def spectrogram(*magnitudes):
    return torch.tensor(magnitudes).reshape(1, 1, 1, -1)


@pytest.mark.parametrize(("settings", "levels"), [
    ({}, [20.0, 0.0, -20.0, -80.0, -80.0]),
    ({"reference": 10.0}, [0.0, -20.0, -40.0, -80.0, -80.0]),
    ({"floor": -10.0}, [20.0, 0.0, -10.0, -10.0, -10.0]),
])  # fmt: skip
def test_by_hand(settings, levels):
    y = AmplitudeToDB(**settings)(spectrogram(10.0, 1.0, 0.1, 1e-7, 0.0))
    torch.testing.assert_close(y, spectrogram(*levels), rtol=0, atol=1e-5)


def test_the_slope_is_that_of_the_logarithm_and_below_the_floor_none():
    x = spectrogram(2.0, 0.5, 1e-5, 0.0).requires_grad_()
    AmplitudeToDB()(x).sum().backward()
    slope = 20 / math.log(10)
    torch.testing.assert_close(x.grad, spectrogram(slope / 2, slope / 0.5, 0.0, 0.0))


def test_it_agrees_with_decibels_of_the_stft():
    x, reference = 400 * torch.rand(2, 2, 5, 7) ** 8, STFTConfig().full_scale
    ours = AmplitudeToDB(reference, -50.0)(x)
    torch.testing.assert_close(ours, decibels(x, reference=reference, floor=-50.0))
    assert ours.min() == pytest.approx(-50, abs=1e-4) and ours.max() > -10


def test_its_representation_names_its_settings():
    assert repr(AmplitudeToDB(326.0, -60.0)) == "AmplitudeToDB(reference=326, least=0.326)"


@pytest.mark.parametrize("reference", [0.0, -1.0, math.inf])
def test_a_reference_without_a_level_is_refused(reference):
    with pytest.raises(ValueError, match="reference: expected a number above 0, got"):
        AmplitudeToDB(reference)
