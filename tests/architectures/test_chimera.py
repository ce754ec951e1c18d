"""Chimera: one body, two heads."""

import pytest
import torch
from torch import nn

from common.architectures import Chimera, MaskInference
from common.blocks import InstanceNorm
from common.checkpoint import load_checkpoint, save_checkpoint

BINS = 17


def network(**settings):
    return Chimera(BINS, size=5, hidden=3, **settings)


def mixture(channels=1, frames=7):
    return 100 * torch.rand(2, channels, BINS, frames) ** 4


def test_both_heads_see_the_same():
    model, x = network(channels=2).eval(), mixture(2)
    levels = model.normalize(model.to_db(x))  # (batch, channel, freq, frame)
    features = torch.stack([levels[:, 0], levels[:, 1]], dim=2).flatten(1, 2).transpose(1, 2)
    seen = model.recurrent(features)
    embedding, mask = model.heads(x)
    assert torch.equal(embedding, model.embed(seen)) and torch.equal(mask, model.infer(seen))
    assert torch.equal(model.mask(x), mask) and torch.equal(model(x), mask * x[:, None])
    torch.testing.assert_close(embedding.norm(dim=1), torch.ones(2, 2, BINS, 7))


def test_without_embeddings_it_is_mask_inference():
    model, x = network().eval(), mixture()
    plain = MaskInference(BINS, hidden=3).eval()
    weights = {name.replace("infer.", "embed."): value for name, value in model.state_dict().items()
               if not name.startswith("embed.")}  # fmt: skip
    plain.load_state_dict(weights)
    assert torch.equal(plain(x), model(x))


def test_each_head_teaches_the_body_and_itself():
    model, x = network(), mixture()
    for place, own, other in [(0, "embed.", "infer."), (1, "infer.", "embed.")]:
        model.zero_grad()
        (model.heads(x)[place] * torch.rand(2, 1, 1, BINS, 7)).sum().backward()
        taught = {name for name, weight in model.named_parameters() if weight.grad is not None}
        every = {name for name, _ in model.named_parameters()}
        assert taught == {name for name in every if not name.startswith(other)}
        assert any(name.startswith(own) for name in taught)


@pytest.mark.parametrize("frames", [1, 2, 50])
def test_any_length(frames):
    model, x = network(sources=3, channels=2).eval(), mixture(2, frames)
    embedding, mask = model.heads(x)
    assert embedding.shape == (2, 5, 2, BINS, frames)
    assert mask.shape == model(x).shape == (2, 3, 2, BINS, frames)


def test_settings_reach_their_blocks():
    model = network(sources=3, channels=2, layers=3, kind="gru", bidirectional=False, dropout=0.25,
                    normalization="instance", per_bin=True, activation="softmax",
                    embedding_activation=["relu", "unit_norm"], reference=2.0)  # fmt: skip
    rnn = model.recurrent.rnn
    assert isinstance(rnn, nn.GRU)
    assert (rnn.input_size, rnn.hidden_size, rnn.num_layers) == (2 * BINS, 3, 3)
    assert (rnn.bidirectional, rnn.dropout) == (False, 0.25)
    assert isinstance(model.normalize, InstanceNorm) and model.normalize.norm.num_features == BINS
    assert model.embed.shape == (BINS, 2, 5) and model.infer.shape == (BINS, 2, 3)
    assert model.embed.activations == ["relu", "unit_norm"]
    assert model.infer.activations == ["softmax"] and "reference=2" in repr(model.to_db)


def test_a_checkpoint_brings_it_back(tmp_path):
    settings = {"bins": BINS, "size": 5, "hidden": 3}
    model, x = Chimera(**settings), mixture()
    model(x)  # statistics
    save_checkpoint(tmp_path / "it.pt", model, settings)
    again, _ = load_checkpoint(tmp_path / "it.pt", Chimera)
    assert torch.equal(again(x), model.eval()(x))


@pytest.mark.parametrize(("settings", "said"), [
    ({"bins": 0}, "bins: expected a whole number above 0, got 0"),
    ({"sources": 0}, "sources: expected a whole number above 0, got 0"),
    ({"channels": 0}, "channels: expected a whole number above 0, got 0"),
    ({"size": 0}, "size: expected a whole number above 0, got 0"),
    ({"normalization": "layer"}, "normalization: expected one of batch, instance, got 'layer'"),
    ({"activation": "exp"}, "activation: expected one of sigmoid, .* got 'exp'"),
    ({"embedding_activation": "exp"}, "activation: expected one of sigmoid, .* got 'exp'"),
])  # fmt: skip
def test_settings_that_make_no_network_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        Chimera(**settings)


@pytest.mark.parametrize("shape", [(2, 2, BINS, 7), (2, 1, BINS + 1, 7), (1, BINS, 7)])
def test_another_mixture_than_it_was_made_for_is_refused(shape):
    said = r"magnitude: expected \(batch, channel 1, freq 17, frame\), got shape \("
    with pytest.raises(ValueError, match=said):
        network()(torch.rand(shape))
