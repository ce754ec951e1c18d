"""What holds for each network that takes a mixture and gives waveforms."""

import math

import pytest
import torch

from common.architectures import BandSplit, ConvTasNet, DualPath, TasNet
from common.checkpoint import load_checkpoint, save_checkpoint
from common.data.mixing import Example
from common.losses import negative_si_sdr
from common.training import WaveformObjective
from tests.architectures.waveform import SMALL, mixture, network

every_network = pytest.mark.parametrize("make", SMALL, ids=lambda make: make.__name__)


@every_network
@pytest.mark.parametrize("channels", [1, 2])
def test_any_length_comes_back_as_long(make, channels):
    model = network(make, sources=3, channels=channels)
    for samples in (1, 3, 4, 5, 63, 64, 301):
        assert model(mixture(channels, samples)).shape == (2, 3, channels, samples)


@every_network
def test_each_channel_is_heard_for_the_masks_of_both(make):
    model, x = network(make, channels=2).eval(), mixture(2)
    changed = x.clone()
    changed[:, 1] = mixture(1)[:, 0]
    assert not torch.allclose(model(x)[:, :, 0], model(changed)[:, :, 0], atol=1e-5)


@every_network
def test_the_last_samples_do_not_depend_on_what_follows_on_the_grid(make):
    """Zeros that fill up the last hop are the same as zeros that were there."""
    model, x = network(make).eval(), mixture(samples=61)
    longer = torch.cat([x, torch.zeros(2, 1, 3)], dim=2)
    torch.testing.assert_close(model(longer)[..., :61], model(x))


@every_network
def test_a_louder_mixture_has_louder_estimates(make):
    """Each begins with a norm; TasNet's has a floor, so its frames here are far above it."""
    model, x = network(make).eval(), 100 * mixture()
    torch.testing.assert_close(model(4 * x), 4 * model(x), rtol=1e-3, atol=1e-3)


@every_network
def test_weights_and_settings_come_back_from_a_file(make, tmp_path):
    settings = SMALL[make] | {"sources": 3, "channels": 2}
    model = make(**settings).eval()
    save_checkpoint(tmp_path / "model.pt", model, settings)
    same, _ = load_checkpoint(tmp_path / "model.pt", make)
    x = mixture(2)
    assert torch.equal(same(x), model(x))


@every_network
def test_an_objective_for_waveforms_takes_it(make):
    model, objective = network(make), WaveformObjective(negative_si_sdr)
    sources = torch.stack([mixture(), mixture()], dim=1)
    losses = objective(model, Example(sources.sum(dim=1), sources, torch.arange(len(sources))))
    assert losses.shape == (2,) and losses.isfinite().all()
    assert objective.separate(model, mixture()).shape == sources.shape


@every_network
@pytest.mark.parametrize("name", ["sources", "channels"])
def test_no_sources_and_no_channels_are_refused(make, name):
    with pytest.raises(ValueError, match=f"{name}: expected a whole number above 0, got 0"):
        make(**{name: 0})


@every_network
@pytest.mark.parametrize("shape", [(2, 2, 50), (1, 50)])
def test_another_mixture_than_it_was_made_for_is_refused(make, shape):
    said = r"mixture: expected \(batch, channel 1, sample\), got shape \("
    with pytest.raises(ValueError, match=said):
        network(make)(torch.rand(shape))


def example(rate=8000, samples=4000):
    """A tune and a rattle, one example."""
    time = torch.arange(samples) / rate
    tune = sum(torch.sin(2 * math.pi * n * 220 * time) / n for n in (1, 2, 3))
    rattle = torch.randn(samples) * (time * 8 % 1 < 0.3)
    sources = 0.1 * torch.stack([tune, rattle])[None, :, None]  # (batch, source, channel, sample)
    return Example(sources.sum(dim=1), sources, torch.arange(len(sources)))


FILTERS = {"filters": 48, "length": 16, "hop": 8}
BY_HEART = {  # settings, and steps
    TasNet: (FILTERS | {"hidden": 24}, 250),
    ConvTasNet: (FILTERS | {"features": 24, "hidden": 24}, 100),
    DualPath: (FILTERS | {"features": 24, "hidden": 24}, 100),
    BandSplit: ({"window_length": 128, "hop": 32, "widths": [4] * 8 + [11] * 3, "features": 24,
                 "hidden": 24}, 50),
}  # fmt: skip


@pytest.mark.slow
@every_network
def test_it_learns_one_example_by_heart(make):
    settings, steps = BY_HEART[make]
    model, one, objective = network(make, **settings), example(), WaveformObjective(negative_si_sdr)
    before = -negative_si_sdr(one.mixture.unsqueeze(1).expand_as(one.sources), one.sources)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(steps):
        loss = objective(model, one).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    after = -negative_si_sdr(objective.separate(model.eval(), one.mixture), one.sources)
    assert (after > before + 10).all()  # dB
