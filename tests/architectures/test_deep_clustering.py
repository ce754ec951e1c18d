"""Deep clustering: its blocks in a row, masks by k-means, anchors that give the sources' order."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from common.architectures import DeepClustering
from common.blocks import InstanceNorm, cluster_masks, find_centres, spread_centres
from common.checkpoint import load_checkpoint, save_checkpoint

BINS = 17


def network(**settings):
    return DeepClustering(BINS, size=5, hidden=3, **settings)


def mixture(channels=1, frames=7):
    return 100 * torch.rand(2, channels, BINS, frames) ** 4


def test_forward_is_its_blocks_in_a_row():
    model, x = network(channels=2).eval(), mixture(2)
    levels = model.normalize(model.to_db(x))  # (batch, channel, freq, frame)
    features = torch.stack([levels[:, 0], levels[:, 1]], dim=2).flatten(1, 2).transpose(1, 2)
    V = model.embed(model.recurrent(features))
    assert torch.equal(model(x), V)
    torch.testing.assert_close(V.norm(dim=1), torch.ones(2, 2, BINS, 7))


def test_masks_are_those_of_k_means():
    model, x = network(sources=3).eval(), mixture()
    V = model(x)
    centres = find_centres(V, x, spread_centres(V, x, 3))
    assert torch.equal(model.mask(x), cluster_masks(V, centres))
    soft = network(sources=3, hardness=4.0).eval()
    soft.load_state_dict(model.state_dict())
    torch.testing.assert_close(soft.mask(x), cluster_masks(V, centres, 4.0))


def test_anchors_give_the_order():
    model, x = network().eval(), mixture()
    masks = model.mask(x)[:1]
    centres = torch.stack([model(x)[0, :, m].mean(dim=1) for m in masks[0].bool()])
    model.anchors.copy_(centres)
    first = model.mask(x[:1])
    model.anchors.copy_(centres.flip(0))
    assert torch.equal(model.mask(x[:1]), first.flip(1))


def test_anchors_move_to_where_the_sources_lie():
    model = network()
    whose = torch.randint(2, (2, 1, BINS, 7))
    axes = torch.eye(2, 5)
    V, Y = (F.one_hot(whose, n).movedim(-1, 1).float() for n in (5, 2))
    model.remember(V, Y)
    torch.testing.assert_close(model.anchors, 0.1 * axes)
    model.remember(V, torch.zeros_like(Y))  # nothing heard
    torch.testing.assert_close(model.anchors, 0.09 * axes)
    assert "anchors" in model.state_dict() and not model.anchors.requires_grad


@pytest.mark.parametrize("frames", [1, 2, 50])
def test_any_length(frames):
    model = network(channels=2).eval()
    assert model(mixture(2, frames)).shape == (2, 5, 2, BINS, frames)
    masks = model.mask(mixture(2, frames))
    assert masks.shape == (2, 2, 2, BINS, frames)
    assert torch.equal(masks.sum(dim=1), torch.ones(2, 2, BINS, frames))
    assert model.mask(torch.zeros(1, 2, BINS, frames)).isfinite().all()


def test_settings_reach_their_blocks():
    model = network(sources=3, channels=2, layers=3, kind="gru", bidirectional=False, dropout=0.25,
                    normalization="instance", per_bin=True, activation="sigmoid", reference=2.0)
    rnn = model.recurrent.rnn
    assert isinstance(rnn, nn.GRU)
    assert (rnn.input_size, rnn.hidden_size, rnn.num_layers) == (2 * BINS, 3, 3)
    assert (rnn.bidirectional, rnn.dropout) == (False, 0.25)
    assert isinstance(model.normalize, InstanceNorm) and model.normalize.norm.num_features == BINS
    assert model.embed.shape == (BINS, 2, 5) and model.embed.activations == ["sigmoid"]
    assert model.anchors.shape == (3, 5) and "reference=2" in repr(model.to_db)


def test_a_checkpoint_brings_it_back(tmp_path):
    settings = {"bins": BINS, "size": 5, "hidden": 3, "hardness": 3.0}
    model, x = DeepClustering(**settings).eval(), mixture()
    model.anchors.copy_(torch.rand(2, 5))
    save_checkpoint(tmp_path / "it.pt", model, settings)
    again, _ = load_checkpoint(tmp_path / "it.pt", DeepClustering)
    assert torch.equal(again.mask(x), model.mask(x))


@pytest.mark.parametrize(("settings", "said"), [
    ({"bins": 0}, "bins: expected a whole number above 0, got 0"),
    ({"sources": 0}, "sources: expected a whole number above 0, got 0"),
    ({"channels": 0}, "channels: expected a whole number above 0, got 0"),
    ({"size": 0}, "size: expected a whole number above 0, got 0"),
    ({"normalization": "layer"}, "normalization: expected one of batch, instance, got 'layer'"),
    ({"activation": "exp"}, "activation: expected one of sigmoid, .* got 'exp'"),
    ({"hardness": -1.0}, "hardness: expected a number above 0, got -1.0"),
])  # fmt: skip
def test_settings_that_make_no_network_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        DeepClustering(**settings)


@pytest.mark.parametrize("method", ["forward", "mask"])
@pytest.mark.parametrize("shape", [(2, 2, BINS, 7), (2, 1, BINS + 1, 7), (1, BINS, 7)])
def test_another_mixture_than_it_was_made_for_is_refused(shape, method):
    said = r"magnitude: expected \(batch, channel 1, freq 17, frame\), got shape \("
    with pytest.raises(ValueError, match=said):
        getattr(network(), method)(torch.rand(shape))
