"""Bands: each has layers of its own, and nothing of another band gets into it."""

import pytest
import torch

from common.blocks import BandDecoder, BandEncoder

WIDTHS = [1, 2, 4]


def test_a_band_says_what_is_in_it():
    module, x = BandEncoder(WIDTHS, 2, 3), torch.rand(2, 2, 7, 5)
    y = module(x)
    assert y.shape == (2, 3, 3, 5)
    norm, linear = module.bands[1]
    part = torch.stack([x[:, 0, 1], x[:, 0, 2], x[:, 1, 1], x[:, 1, 2]], dim=1)
    torch.testing.assert_close(y[:, :, 1], linear(norm(part)))


def test_a_change_in_a_bin_is_heard_in_its_band_alone():
    module, x = BandEncoder(WIDTHS, 2, 3), torch.rand(1, 2, 7, 5)
    for freq, band in enumerate([0, 1, 1, 2, 2, 2, 2]):
        changed = x.clone()
        changed[:, :, freq, 0] += 1
        differs = (module(x) != module(changed)).any(dim=3).any(dim=1)[0]
        assert differs.nonzero().flatten().tolist() == [band]


def test_the_features_of_a_band_say_its_bins():
    module, y = BandDecoder(WIDTHS, 2, 3, 5), torch.rand(2, 3, 3, 5)
    x = module(y)
    assert x.shape == (2, 2, 7, 5)
    norm, first, tanh, second, _ = module.bands[1]
    value, gate = second(tanh(first(norm(y[:, :, 1])))).chunk(2, dim=1)
    expected = value * torch.sigmoid(gate)  # (batch, channel * width, frame)
    torch.testing.assert_close(x[:, :, 1:3].flatten(1, 2), expected)


def test_what_they_learn():
    encoder = sum(2 * 2 * width + (2 * width + 1) * 3 for width in WIDTHS)
    decoder = sum(2 * 3 + (3 + 1) * 5 + (5 + 1) * 2 * 2 * width for width in WIDTHS)
    for module, learned in [(BandEncoder(WIDTHS, 2, 3), encoder),
                            (BandDecoder(WIDTHS, 2, 3, 5), decoder)]:  # fmt: skip
        assert sum(weight.numel() for weight in module.parameters()) == learned


@pytest.mark.parametrize(("make", "settings", "said"), [
    (BandEncoder, ([], 2, 3), "number of bands: expected a whole number above 0, got 0"),
    (BandEncoder, ([1, 0], 2, 3), "widths: bins of a band: expected a whole number above 0, got 0"),
    (BandEncoder, ([1], 0, 3), "channels: expected a whole number above 0, got 0"),
    (BandEncoder, ([1], 2, 0), "features: expected a whole number above 0, got 0"),
    (BandDecoder, ([], 2, 3, 5), "number of bands: expected a whole number above 0, got 0"),
    (BandDecoder, ([1], 0, 3, 5), "channels: expected a whole number above 0, got 0"),
    (BandDecoder, ([1], 2, 0, 5), "features: expected a whole number above 0, got 0"),
    (BandDecoder, ([1], 2, 3, 0), "hidden: expected a whole number above 0, got 0"),
])  # fmt: skip
def test_settings_that_make_no_bands_are_refused(make, settings, said):
    with pytest.raises(ValueError, match=said):
        make(*settings)


@pytest.mark.parametrize("shape", [(2, 2, 8, 5), (2, 1, 7, 5), (2, 7, 5)])
def test_another_spectrogram_is_refused(shape):
    with pytest.raises(ValueError, match=r"x: expected \(batch, channel 2, freq 7, frame\), got"):
        BandEncoder(WIDTHS, 2, 3)(torch.rand(shape))


@pytest.mark.parametrize("shape", [(2, 4, 3, 5), (2, 3, 2, 5), (2, 3, 5)])
def test_other_bands_are_refused(shape):
    with pytest.raises(ValueError, match=r"x: expected \(batch, feature 3, band 3, frame\), got"):
        BandDecoder(WIDTHS, 2, 3, 5)(torch.rand(shape))
