"""Conv-TasNet: convolutions in the place of the recurrent layers."""

import pytest
import torch

from common.architectures import ConvTasNet
from tests.architectures.waveform import mixture, network, pass_sound


def test_forward_is_its_blocks_in_a_row():
    model, x = network(ConvTasNet, channels=2).eval(), mixture(2)
    w = model.encode(x)  # (batch, channel, filter, frame)
    features = torch.stack([w[:, 0], w[:, 1]], dim=2).flatten(1, 2)
    y = model.convolve(model.bottleneck(model.normalize(features)))
    y = torch.where(y < 0, model.rectify.weight * y, y)
    mask = model.embed(y.transpose(1, 2))
    torch.testing.assert_close(model(x), model.decode(mask * w[:, None])[..., :77])


def test_filters_that_pass_sound_and_masks_that_add_up_to_one_give_the_mixture():
    model, x = network(ConvTasNet, channels=2, filters=16, activation="softmax"), mixture(2)
    pass_sound(model)
    torch.testing.assert_close(model(x).sum(dim=1), x)


def test_settings_reach_their_blocks():
    model = network(ConvTasNet, sources=3, channels=2, kernel=5, activation="relu")
    assert model.normalize.norm.num_channels == 24
    assert model.bottleneck.weight.shape == (6, 24, 1)
    dilated = [block.look[0] for block in model.convolve.blocks]
    assert [conv.dilation for conv in dilated] == [(1,), (2,), (1,), (2,)]
    assert {conv.weight.shape for conv in dilated} == {(7, 1, 5)}
    assert model.embed.shape == (12, 2, 3) and model.embed.activations == ["relu"]
    for filters in (model.encode.filters, model.decode.filters):
        assert filters.weight.shape == (12, 1, 8) and filters.stride == (4,)


def test_what_the_default_network_learns():
    """Filters twice; a norm and the bottleneck; sixteen blocks, less one way on; slope; masks."""
    wide = (96 + 1) * 192 + 1 + 2 * 192
    block = wide + (3 + 1) * 192 + 1 + 2 * 192 + 2 * (192 + 1) * 96
    expected = (2 * 256 * 64 + 2 * 256 + (256 + 1) * 96 + 16 * block - (192 + 1) * 96
                + 1 + (96 + 1) * 256 * 2)  # fmt: skip
    assert sum(weight.numel() for weight in ConvTasNet().parameters()) == expected == 1_004_577


@pytest.mark.parametrize(("settings", "said"), [
    ({"filters": 0}, "filters: expected a whole number above 0, got 0"),
    ({"hop": 24}, "length: expected a multiple of the hop, 24 samples, got 64"),
    ({"features": 0}, "features: expected a whole number above 0, got 0"),
    ({"hidden": 0}, "hidden: expected a whole number above 0, got 0"),
    ({"layers": 0}, "layers: expected a whole number above 0, got 0"),
    ({"repeats": 0}, "repeats: expected a whole number above 0, got 0"),
    ({"kernel": 2}, "kernel: expected an odd number of frames, got 2"),
    ({"activation": "exp"}, "activation: expected one of sigmoid, .* got 'exp'"),
])  # fmt: skip
def test_settings_that_make_no_network_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        ConvTasNet(**settings)
