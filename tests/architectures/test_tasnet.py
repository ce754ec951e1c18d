"""TasNet: mask inference with learned filters before and after."""

import pytest
import torch

from common.architectures import TasNet
from tests.architectures.waveform import mixture, network, pass_sound


def test_forward_is_its_blocks_in_a_row():
    model, x = network(TasNet, channels=2).eval(), mixture(2)
    w = model.encode(x)  # (batch, channel, filter, frame)
    features = torch.stack([w[:, 0], w[:, 1]], dim=2).flatten(1, 2).transpose(1, 2)
    mask = model.embed(model.recurrent(model.normalize(features)))
    assert torch.equal(model(x), model.decode(mask * w[:, None])[..., :77])


def test_filters_that_pass_sound_and_masks_that_add_up_to_one_give_the_mixture():
    model, x = network(TasNet, sources=3, channels=2, filters=16), mixture(2)
    pass_sound(model)
    torch.testing.assert_close(model(x).sum(dim=1), x)


def test_its_filters_say_nothing_negative():
    model, x = network(TasNet), mixture()
    assert model.encode(x).min() == 0


def test_settings_reach_their_blocks():
    model = network(TasNet, sources=3, channels=2, layers=2, bidirectional=False,
                    activation=["relu", "l1_norm"])  # fmt: skip
    rnn = model.recurrent.rnn
    assert (rnn.input_size, rnn.hidden_size, rnn.num_layers) == (24, 5, 2)
    assert not rnn.bidirectional
    assert model.embed.shape == (12, 2, 3) and model.embed.activations == ["relu", "l1_norm"]
    for filters in (model.encode.filters, model.decode.filters):
        assert filters.weight.shape == (12, 1, 8) and filters.stride == (4,)


def test_what_the_default_network_learns():
    """Filters twice; a gain and an offset; four gates of two layers, two directions; the masks."""
    layers = 2 * 4 * 128 * (256 + 128 + 2) + 2 * 4 * 128 * (256 + 128 + 2)
    expected = 2 * 256 * 64 + 2 * 256 + layers + (256 + 1) * 256 * 2
    assert sum(weight.numel() for weight in TasNet().parameters()) == expected == 955_392


@pytest.mark.parametrize(("settings", "said"), [
    ({"filters": 0}, "filters: expected a whole number above 0, got 0"),
    ({"hop": 24}, "length: expected a multiple of the hop, 24 samples, got 64"),
    ({"hidden": 0}, "hidden: expected a whole number above 0, got 0"),
    ({"layers": 0}, "layers: expected a whole number above 0, got 0"),
    ({"activation": "exp"}, "activation: expected one of sigmoid, .* got 'exp'"),
])  # fmt: skip
def test_settings_that_make_no_network_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        TasNet(**settings)
