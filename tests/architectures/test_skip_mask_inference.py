"""Mask inference with a projection and a skip."""

import pytest
import torch

from common.architectures import SkipMaskInference

BINS = 17


def network(**settings):
    return SkipMaskInference(BINS, features=5, hidden=3, **settings)


def mixture(channels=1):
    return 100 * torch.rand(2, channels, BINS, 7) ** 4


def test_forward_is_its_blocks_with_a_way_round_the_recurrent_ones():
    model, x = network(channels=2).eval(), mixture(2)
    levels = model.normalize(model.to_db(x))  # (batch, channel, freq, frame)
    features = torch.stack([levels[:, 0], levels[:, 1]], dim=2).flatten(1, 2).transpose(1, 2)
    features = model.project(features).tanh()
    both = torch.cat([features, model.recurrent(features)], dim=-1)
    assert torch.equal(model.mask(x), model.embed(both))
    assert torch.equal(model(x), model.embed(both) * x[:, None])


def test_without_memory_a_frame_still_knows_itself():
    model, x = network().eval(), mixture()
    for weight in model.recurrent.parameters():
        weight.data.zero_()
    changed = x.clone()
    changed[..., 3] = mixture()[..., 3]
    same = (model.mask(changed) == model.mask(x)).all(dim=3)[0, 0, 0]  # (frame,)
    assert same.tolist() == [True, True, True, False, True, True, True]


def test_settings_reach_their_blocks():
    model = network(sources=3, channels=2, layers=3, kind="gru", bidirectional=False, dropout=0.25,
                    activation="softmax", reference=2.0)  # fmt: skip
    rnn = model.recurrent.rnn
    assert (rnn.input_size, rnn.hidden_size, rnn.num_layers) == (5, 3, 3)
    assert (type(rnn).__name__, rnn.bidirectional, rnn.dropout) == ("GRU", False, 0.25)
    assert model.embed.shape == (BINS, 2, 3) and model.embed.activations == ["softmax"]
    assert model.normalize.norm.num_features == BINS and "reference=2" in repr(model.to_db)


def test_what_the_default_network_learns():
    """Gains and offsets; the projection; four gates of two layers in two directions; the masks."""
    layers = 2 * 4 * 256 * (256 + 256 + 2) + 2 * 4 * 256 * (512 + 256 + 2)
    expected = 2 * 513 + (513 + 1) * 256 + layers + (256 + 512 + 1) * 513 * 2
    assert sum(weight.numel() for weight in SkipMaskInference().parameters()) == expected


@pytest.mark.parametrize("name", ["bins", "sources", "channels", "features"])
def test_settings_that_make_no_network_are_refused(name):
    with pytest.raises(ValueError, match=f"{name}: expected a whole number above 0, got 0"):
        SkipMaskInference(**{name: 0})


@pytest.mark.parametrize("shape", [(2, 2, BINS, 7), (2, 1, BINS + 1, 7), (1, BINS, 7)])
def test_another_mixture_than_it_was_made_for_is_refused(shape):
    said = r"magnitude: expected \(batch, channel 1, freq 17, frame\), got shape \("
    with pytest.raises(ValueError, match=said):
        network()(torch.rand(shape))
