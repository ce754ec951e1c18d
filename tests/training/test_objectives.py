"""Losses of a batch, worked out by hand; what separates the sources exactly has no loss."""

import pytest
import torch
from torch import nn

from common import losses
from common.data.mixing import Example
from common.stft import STFTConfig, magnitude, stft
from common.training import MagnitudeObjective, WaveformObjective
from tests.elsewhere import elsewhere

CONFIG = STFTConfig(window_length=64, hop=16)
OBJECTIVES = [MagnitudeObjective(losses.l1, stft=CONFIG), WaveformObjective(losses.negative_snr)]


class Gains(nn.Module):
    """Multiplies what it hears by a gain for each source."""

    def __init__(self, *gains):
        super().__init__()
        self.gains = torch.tensor(gains)

    def forward(self, x):  # (batch, channel, ...)
        shape = (1, -1) + (1,) * (x.ndim - 1)
        return self.gains.reshape(shape) * x[:, None]  # (batch, source, channel, ...)


@pytest.fixture
def example():
    """Two mixtures whose second source is three times the first; the second example is softer."""
    torch.manual_seed(0)
    one = torch.randn(2, 1, 1, 500) * torch.tensor([1.0, 0.01])[:, None, None, None]
    sources = torch.cat([one, 3 * one], dim=1)  # (batch, source, channel, sample)
    return Example(sources.sum(dim=1), sources, torch.arange(2))


@pytest.mark.parametrize("target", losses.TARGETS)
def test_the_right_magnitudes_have_no_loss(example, target):
    loss = MagnitudeObjective(losses.l1, target, CONFIG)(Gains(0.25, 0.75), example)
    assert loss.shape == (2,)
    torch.testing.assert_close(loss, torch.zeros(2), atol=1e-6, rtol=0)


def test_the_loss_by_hand(example):
    objective = MagnitudeObjective(losses.l2, "magnitude", CONFIG)
    loss = objective(Gains(0.75, 0.75), example)  # the first is too loud by half of the mixture
    torch.testing.assert_close(loss, torch.full((2,), 0.25 / 2))  # of its mean square; of 2 sources


def test_a_soft_example_counts_as_much_as_a_loud_one(example):
    loss = MagnitudeObjective(losses.l1, stft=CONFIG)(Gains(0.5, 0.5), example)
    assert loss[0] > 0.05
    torch.testing.assert_close(loss[0] / loss[1], torch.tensor(1.0), atol=0.2, rtol=0)


def test_silence_has_no_loss_and_a_finite_gradient(example):
    silent = Example(*(torch.zeros_like(x) for x in example))
    gains = Gains(0.5, 0.5)
    gains.gains.requires_grad_()
    loss = MagnitudeObjective(losses.l1, stft=CONFIG)(gains, silent)
    loss.sum().backward()
    assert torch.equal(loss, torch.zeros(2))
    assert gains.gains.grad.isfinite().all()


@pytest.mark.parametrize("objective", [
    lambda **counted: MagnitudeObjective(losses.l1, stft=CONFIG, **counted),
    lambda **counted: WaveformObjective(losses.l1, **counted),
])  # fmt: skip
def test_only_what_counts_counts(example, objective):
    model = Gains(0.25, 0.1)  # right, wrong
    first, second = (objective(counted=[source])(model, example) for source in (0, 1))
    torch.testing.assert_close(first, torch.zeros(2), atol=1e-6, rtol=0)
    assert (second > 1e-4).all()
    both = objective()(model, example)
    torch.testing.assert_close(both, second / 2)
    torch.testing.assert_close(objective(counted=[1, 0])(model, example), both)


def test_waveforms_by_hand(example):
    loss = WaveformObjective(losses.l2)(Gains(0.25, 0.25), example)
    power = example.mixture.square().mean(dim=(1, 2))
    torch.testing.assert_close(loss, 0.25 * power / 2)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda objective: type(objective).__name__)
def test_it_separates_as_it_trains(example, objective):
    estimate = objective.separate(Gains(0.25, 0.75), example.mixture)
    torch.testing.assert_close(estimate, example.sources, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda objective: type(objective).__name__)
def test_on_another_device_it_is_the_same(example, objective):
    here, model = objective(Gains(0.5, 0.5), example), Gains(0.5, 0.5)
    with elsewhere() as device:
        model.gains = model.gains.to(device)
        there = objective(model, Example(*(x.to(device) for x in example)))
        torch.testing.assert_close(there.cpu(), here)
        separated = objective.separate(model, example.mixture.to(device))
        assert separated.device == there.device


def test_estimates_take_the_mixture_s_phase(example):
    class Flat(nn.Module):
        def forward(self, x):
            return torch.ones_like(x)[:, None]

    estimate = MagnitudeObjective(losses.l1, stft=CONFIG).separate(Flat(), example.mixture)
    assert estimate.shape == (2, 1, 1, 500)
    X = stft(example.mixture, CONFIG)
    kept = (stft(estimate[:, 0], CONFIG) * X.conj()).real / magnitude(X)
    assert kept[..., 4:-4].mean() > 0.5  # in phase, by and large


@pytest.mark.parametrize("objective", [MagnitudeObjective, WaveformObjective])
def test_one_source_at_least_must_count(objective):
    with pytest.raises(ValueError, match="counted: number of sources: expected a whole number abo"):
        objective(losses.l1, counted=[])


def test_targets_that_there_are_not_are_refused():
    with pytest.raises(ValueError, match="target: expected one of magnitude, phase_sensitive, tru"):
        MagnitudeObjective(losses.l1, "phase")
