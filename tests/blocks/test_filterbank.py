"""Learned filters: what they say of a sound by hand, and two that we know: none, and the STFT's."""

import numpy as np
import pytest
import torch

from common.blocks import LearnedDecoder, LearnedEncoder
from common.stft import STFTConfig, stft, window


def set_filters(module, filters):
    """(filter, sample)"""
    module.filters.weight.data = torch.as_tensor(filters, dtype=torch.float32)[:, None]


def pair(filters, length, hop, activation="none"):
    return LearnedEncoder(filters, length, hop, activation), LearnedDecoder(filters, length, hop)


def test_by_hand():
    encode, decode = pair(2, 2, 1)
    for module in (encode, decode):
        set_filters(module, [[1, 1], [-1, 1]])  # sum and difference of neighbours
    y = encode(torch.tensor([[[1.0, 3.0, 2.0]]]))
    assert y.tolist() == [[[[1, 4, 5, 2], [1, 2, -1, -2]]]]
    x = decode(y.unsqueeze(1))  # sums: 1+4, 4+5, 5+2; differences: 1-2, 2+1, -1+2
    assert x.tolist() == [[[[5 - 1, 9 + 3, 7 + 1]]]]


def test_relu_leaves_out_what_is_negative():
    encode = LearnedEncoder(2, 2, 1)
    set_filters(encode, [[1, 1], [-1, 1]])
    assert encode(torch.tensor([[[1.0, 3.0, 2.0]]])).tolist() == [[[[1, 4, 5, 2], [1, 2, 0, 0]]]]


@pytest.mark.parametrize("samples", [1, 7, 8, 9, 50])
@pytest.mark.parametrize("hop", [8, 4, 2])
def test_one_filter_for_each_sample_of_a_frame_gives_the_sound_back(hop, samples):
    encode, decode = pair(8, 8, hop)
    set_filters(encode, torch.eye(8))
    set_filters(decode, torch.eye(8) * hop / 8)  # each sample lies in 8 / hop frames
    x = torch.randn(2, 2, samples)
    back = decode(encode(x).unsqueeze(1))[:, 0]
    assert back.shape[-1] == -(-samples // hop) * hop
    torch.testing.assert_close(back[..., :samples], x)
    assert not back[..., samples:].any()


def test_filters_of_windowed_sines_are_the_stft():
    config = STFTConfig(16, 4)
    angle = 2 * np.pi * np.outer(np.arange(9), np.arange(16)) / 16
    encode = LearnedEncoder(18, 16, 4, "none")
    set_filters(encode, window(config) * np.concatenate([np.cos(angle), -np.sin(angle)]))
    x = torch.randn(2, 2, 101)
    real, imaginary = encode(x).chunk(2, dim=2)
    X = stft(x, config)  # its first frame is centred on the first sample: ours begin one earlier
    ours = torch.complex(real, imaginary)[..., 1 : 1 + X.shape[-1]]
    torch.testing.assert_close(ours, X, atol=1e-5, rtol=1e-5)


def test_channels_have_the_same_filters():
    encode, decode = pair(5, 8, 4)
    x = torch.randn(2, 3, 40)
    y = encode(x)
    assert y.shape == (2, 3, 5, 11)
    alone = encode(x[:, 1:2])
    torch.testing.assert_close(y[:, 1:2], alone)
    sources = torch.stack([y, 2 * y], dim=1)
    torch.testing.assert_close(decode(sources)[:, 1], 2 * decode(y.unsqueeze(1))[:, 0])


@pytest.mark.parametrize("make", [LearnedEncoder, LearnedDecoder])
@pytest.mark.parametrize(("settings", "said"), [
    ((0, 8, 4), "filters: expected a whole number above 0, got 0"),
    ((5, 0, 4), "length: expected a whole number above 0, got 0"),
    ((5, 8, 2.0), "hop: expected a whole number above 0, got 2.0"),
    ((5, 8, 3), "length: expected a multiple of the hop, 3 samples, got 8; .* example, 6"),
    ((5, 4, 8), "length: expected a multiple of the hop, 8 samples, got 4"),
])  # fmt: skip
def test_settings_that_make_no_filters_are_refused(make, settings, said):
    with pytest.raises(ValueError, match=said):
        make(*settings)


def test_another_activation_is_refused():
    with pytest.raises(ValueError, match="activation: expected one of relu, none, got 'softmax'"):
        LearnedEncoder(5, 8, 4, "softmax")


def test_another_number_of_filters_is_refused():
    said = r"y: expected \(batch, source, channel, filter 5, frame\), got shape \(1, 2, 1, 6, 3\)"
    with pytest.raises(ValueError, match=said):
        LearnedDecoder(5, 8, 4)(torch.rand(1, 2, 1, 6, 3))


def test_their_representations_name_their_sizes():
    assert "Conv1d(1, 5, kernel_size=(8,), stride=(4,)" in repr(LearnedEncoder(5, 8, 4))
    assert "activation=relu" in repr(LearnedEncoder(5, 8, 4))
