"""Mask inference: its blocks in a row, what its masks promise, and what it refuses."""

import pytest
import torch
from torch import nn

from common.architectures import MaskInference
from common.blocks import InstanceNorm

BINS = 17


def network(**settings):
    return MaskInference(BINS, hidden=3, **settings)


def mixture(channels=1):
    return 100 * torch.rand(2, channels, BINS, 7) ** 4


def test_forward_is_its_blocks_in_a_row():
    model, x = network(channels=2).eval(), mixture(2)
    levels = model.normalize(model.to_db(x))  # (batch, channel, freq, frame)
    features = torch.stack([levels[:, 0], levels[:, 1]], dim=2).flatten(1, 2).transpose(1, 2)
    mask = model.embed(model.recurrent(features))  # channels side by side in each bin
    assert torch.equal(model.mask(x), mask)
    assert torch.equal(model(x), mask * x[:, None])


def test_settings_reach_their_blocks():
    model = network(sources=3, channels=2, layers=3, kind="gru", bidirectional=False, dropout=0.25,
                    normalization="instance", per_bin=True, activation=["relu", "l1_norm"])
    rnn = model.recurrent.rnn
    assert isinstance(rnn, nn.GRU)
    assert (rnn.input_size, rnn.hidden_size, rnn.num_layers) == (2 * BINS, 3, 3)
    assert (rnn.bidirectional, rnn.dropout) == (False, 0.25)
    assert isinstance(model.normalize, InstanceNorm) and model.normalize.norm.num_features == BINS
    assert model.embed.shape == (BINS, 2, 3) and model.embed.activations == ["relu", "l1_norm"]


@pytest.mark.parametrize(("activation", "low", "high", "total"), [
    ("sigmoid", 0, 1, None), ("softmax", 0, 1, 1), ("relu", 0, None, None),
    (["relu", "l1_norm"], 0, 1, None), ("tanh", -1, 1, None)], ids=str)
def test_masks_keep_the_range_of_their_activation(activation, low, high, total):
    mask = network(sources=3, activation=activation).mask(mixture())
    assert mask.min() >= low
    assert high is None or mask.max() <= high + 1e-6
    assert total is None or torch.allclose(mask.sum(dim=1), torch.tensor(1.0))


def test_instance_norm_hears_no_level_and_batch_norm_does():
    x = 1 + mixture()  # far above the floor
    for normalization, same in [("instance", True), ("batch", False)]:
        model = network(normalization=normalization).eval()
        assert torch.allclose(model.mask(x), model.mask(2 * x), atol=1e-5) is same


def test_a_reference_only_moves_the_levels():
    x, model, moved = 1 + mixture(), network().eval(), network(reference=10.0).eval()
    moved.load_state_dict(model.state_dict())
    moved.normalize.norm.running_mean -= 20
    torch.testing.assert_close(moved(x), model(x))


def test_a_few_steps_learn_one_example():
    model, x = network(), mixture()
    wanted = x[:, None] * torch.tensor([0.9, 0.1]).reshape(2, 1, 1, 1)
    losses = []
    for _ in range(30):
        losses.append((model(x) - wanted).abs().mean())
        slopes = torch.autograd.grad(losses[-1], list(model.parameters()))
        for weight, slope in zip(model.parameters(), slopes, strict=True):
            weight.data -= 0.03 * slope.sign()
    assert losses[-1] < 0.2 * losses[0]


def test_what_the_default_network_learns():
    """Gain and offset; four gates of two layers in two directions; a linear layer to the masks."""
    layers = 2 * 4 * 128 * (513 + 128 + 2) + 2 * 4 * 128 * (256 + 128 + 2)
    expected = 2 + layers + (256 + 1) * 513 * 2
    assert sum(weight.numel() for weight in MaskInference().parameters()) == expected == 1_317_380


@pytest.mark.parametrize(("settings", "said"), [
    ({"bins": 0}, "bins: expected a whole number above 0, got 0"),
    ({"sources": 0}, "sources: expected a whole number above 0, got 0"),
    ({"channels": 1.0}, "channels: expected a whole number above 0, got 1.0"),
    ({"normalization": "layer"}, "normalization: expected one of batch, instance, got 'layer'"),
    ({"kind": "transformer"}, "kind: expected one of rnn, gru, lstm, got 'transformer'"),
    ({"activation": "exp"}, "activation: expected one of sigmoid, .* got 'exp'"),
    ({"reference": 0.0}, "reference: expected a number above 0, got 0.0"),
])  # fmt: skip
def test_settings_that_make_no_network_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        MaskInference(**settings)


@pytest.mark.parametrize("shape", [(2, 2, BINS, 7), (2, 1, BINS + 1, 7), (1, BINS, 7)])
def test_another_mixture_than_it_was_made_for_is_refused(shape):
    said = r"magnitude: expected \(batch, channel 1, freq 17, frame\), got shape \("
    with pytest.raises(ValueError, match=said):
        network()(torch.rand(shape))


def test_its_representation_lists_its_blocks_in_order():
    lines = repr(network(reference=2.0)).splitlines()
    blocks = [line.split(": ")[1] for line in lines if line.startswith("  (")]
    assert blocks == ["AmplitudeToDB(reference=2, least=0.0002)", "BatchNorm(", "RecurrentStack(",
                      "Embedding(", "ApplyMask()"]  # fmt: skip
