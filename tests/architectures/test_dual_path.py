"""Dual path: chunks, and recurrent layers within them and across."""

import pytest
import torch

from common.architectures import DualPath
from common.blocks import from_chunks, to_chunks
from tests.architectures.waveform import mixture, network, pass_sound


def test_forward_is_its_blocks_in_a_row():
    model, x = network(DualPath, channels=2).eval(), mixture(2)
    w = model.encode(x)  # (batch, channel, filter, frame)
    features = torch.stack([w[:, 0], w[:, 1]], dim=2).flatten(1, 2)
    y = to_chunks(model.bottleneck(model.normalize(features)), 6)
    for block in model.blocks:
        y = block(y)
    y = from_chunks(y, w.shape[-1])
    y = torch.where(y < 0, model.rectify.weight * y, y)
    mask = model.embed(y.transpose(1, 2))
    torch.testing.assert_close(model(x), model.decode(mask * w[:, None])[..., :77])


def test_filters_that_pass_sound_and_masks_that_add_up_to_one_give_the_mixture():
    model, x = network(DualPath, channels=2, filters=16, activation="softmax"), mixture(2)
    pass_sound(model)
    torch.testing.assert_close(model(x).sum(dim=1), x)


def test_settings_reach_their_blocks():
    model = network(DualPath, sources=3, channels=2, chunk=8, blocks=3)
    assert model.normalize.norm.num_channels == 24
    assert model.bottleneck.weight.shape == (6, 24, 1)
    paths = [path for block in model.blocks for path in (block.along, block.across)]
    assert len(paths) == 6 and not any(path.norm_first for path in paths)
    assert {(path.recurrent.rnn.input_size, path.recurrent.rnn.hidden_size) for path in paths} == {
        (6, 5)}  # fmt: skip
    assert model.embed.shape == (12, 2, 3) and model.embed.activations == ["relu"]
    assert model.embed.gate.value.in_features == 6
    for filters in (model.encode.filters, model.decode.filters):
        assert filters.weight.shape == (12, 1, 8) and filters.stride == (4,)
    assert "chunk=8" in repr(model)


def test_what_the_default_network_learns():
    """Filters twice; a norm and the bottleneck; twelve paths; a slope; gate and masks."""
    path = 2 * 4 * 64 * (64 + 64 + 2) + (128 + 1) * 64 + 2 * 64
    expected = (2 * 128 * 64 + 2 * 128 + (128 + 1) * 64 + 12 * path
                + 1 + 2 * (64 + 1) * 64 + (64 + 1) * 128 * 2)  # fmt: skip
    assert sum(weight.numel() for weight in DualPath().parameters()) == expected == 949_185


@pytest.mark.parametrize(("settings", "said"), [
    ({"filters": 0}, "filters: expected a whole number above 0, got 0"),
    ({"hop": 24}, "length: expected a multiple of the hop, 24 samples, got 64"),
    ({"features": 0}, "features: expected a whole number above 0, got 0"),
    ({"chunk": 51}, "chunk: expected an even number, so that it has two halves, got 51"),
    ({"chunk": 0}, "chunk: expected a whole number above 0, got 0"),
    ({"hidden": 0}, "hidden: expected a whole number above 0, got 0"),
    ({"blocks": 0}, "blocks: expected a whole number above 0, got 0"),
    ({"activation": "exp"}, "activation: expected one of sigmoid, .* got 'exp'"),
])  # fmt: skip
def test_settings_that_make_no_network_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        DualPath(**settings)
