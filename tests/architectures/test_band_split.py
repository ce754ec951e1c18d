"""Band split: bands of a spectrogram in, complex masks out."""

import pytest
import torch

from common.architectures import BandSplit
from common.stft import STFTConfig, istft, stft
from tests.architectures.waveform import mixture, network

STFT = STFTConfig(16, 4)


def set_masks(model, *gains):
    """Make the masks the same in all bins: a complex gain for each source."""
    parts = torch.tensor([[gain.real for gain in gains], [gain.imag for gain in gains]])
    for band in model.estimate.bands:
        last = band[3]
        last.weight.data.zero_()
        value, gate = last.bias.data.chunk(2)  # value: (part, source, channel, width) in a row
        value.copy_(parts.flatten().repeat_interleave(len(value) // parts.numel()))
        gate.fill_(100.0)  # open


def test_forward_is_its_blocks_in_a_row():
    model, x = network(BandSplit, sources=3, channels=2).eval(), mixture(2)
    X = stft(x, STFT)
    parts = torch.stack([X.real[:, 0], X.real[:, 1], X.imag[:, 0], X.imag[:, 1]], dim=1)
    y = model.split(parts)
    for block in model.blocks:
        y = block(y)
    y = model.estimate(y)
    real, imaginary = y[:, :6].reshape(2, 3, 2, 9, -1), y[:, 6:].reshape(2, 3, 2, 9, -1)
    S = (real + 1j * imaginary) * X[:, None]
    torch.testing.assert_close(model(x), istft(S, length=77, config=STFT))


def test_masks_of_one_give_the_mixture_and_others_turn_its_phase():
    model, x = network(BandSplit, sources=3, channels=2), mixture(2)
    set_masks(model, 1 + 0j, -0.5 + 0j, 0.6 + 0.8j)
    y = model(x)
    torch.testing.assert_close(y[:, 0], x)
    torch.testing.assert_close(y[:, 1], -0.5 * x)
    expected = istft((0.6 + 0.8j) * stft(x, STFT), length=77, config=STFT)
    torch.testing.assert_close(y[:, 2], expected)


def test_settings_reach_their_blocks():
    model = network(BandSplit, sources=3, channels=2, blocks=3)
    assert model.config == STFT
    layers = [band[1].weight.shape for band in model.split.bands]
    assert layers == [(6, 4 * width, 1) for width in (2, 3, 4)]
    assert [band[1].weight.shape for band in model.estimate.bands] == 3 * [(5, 6, 1)]
    assert [len(band[3].bias) for band in model.estimate.bands] == [48, 72, 96]
    paths = [path for block in model.blocks for path in (block.along, block.across)]
    assert len(paths) == 6 and all(path.norm_first for path in paths)
    assert {(path.recurrent.rnn.input_size, path.recurrent.rnn.hidden_size) for path in paths} == {
        (6, 5)}  # fmt: skip


def test_what_the_default_network_learns():
    """33 bands of 513 bins: norm and layer; eight paths; norm, and two layers with a gate."""
    path = 2 * 64 + 2 * 4 * 64 * (64 + 64 + 2) + (128 + 1) * 64
    bands = 513 * 2 * (2 + 64) + 33 * 64
    masks = 33 * (2 * 64 + (64 + 1) * 64) + (64 + 1) * 513 * 2 * 2 * 2
    expected = bands + 8 * path + masks
    assert sum(weight.numel() for weight in BandSplit().parameters()) == expected == 1_077_644


@pytest.mark.parametrize(("settings", "said"), [
    ({"window_length": 1023}, "window_length: expected an even number, got 1023"),
    ({"window_length": 512}, "widths: expected 257 bins together, .* of 512 samples, got 513"),
    ({"widths": [500, 12]}, "widths: expected 513 bins together, .* got 512; make a band wider"),
    ({"widths": [0, 513]}, "widths: bins of a band: expected a whole number above 0, got 0"),
    ({"features": 0}, "features: expected a whole number above 0, got 0"),
    ({"hidden": 0}, "hidden: expected a whole number above 0, got 0"),
    ({"blocks": 0}, "blocks: expected a whole number above 0, got 0"),
])  # fmt: skip
def test_settings_that_make_no_network_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        BandSplit(**settings)
