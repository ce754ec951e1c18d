"""Mel bands: means of bins forwards, means of bands or the nearest undoing backwards."""

import warnings

import librosa
import pytest
import torch

from common.blocks import MelProjection
from common.blocks.mel import check_bands

BINS, MELS, RATE = 129, 23, 22050.0


def mel(direction="forward", **more):
    return MelProjection(BINS, MELS, RATE, direction, **more)


def test_by_hand():
    module = MelProjection(7, 2, 1200.0)  # bins at 0, 100, ..., 600 Hz; peaks at 200 and 400 Hz
    triangles = torch.tensor([[0, 1, 2, 1, 0, 0, 0], [0, 0, 0, 1, 2, 1, 0]]) / 4
    torch.testing.assert_close(module.bands.data, triangles, rtol=0, atol=1e-6)
    x = torch.arange(7.0).reshape(1, 1, 7, 1)
    assert module(x).flatten().tolist() == pytest.approx([2, 4])
    back = MelProjection(7, 2, 1200.0, "transpose")
    x = torch.tensor([1.0, 0.0]).reshape(1, 1, 2, 1)
    assert back(x).flatten().tolist() == pytest.approx([0, 1, 1, 0.5, 0, 0, 0])


def test_a_flat_spectrum_stays_flat():
    flat = torch.full((1, 1, BINS, 2), 3.0)
    torch.testing.assert_close(mel()(flat), torch.full((1, 1, MELS, 2), 3.0))


def test_a_mask_stays_a_mask_through_the_transpose():
    mask = torch.rand(2, 3, 1, MELS, 7)
    back = mel("transpose")
    assert back(mask).min() >= 0 and back(mask).max() <= 1 + 1e-6
    ones = back(torch.ones_like(mask))[0, 0, 0, :, 0]  # (freq,)
    covered = (mel().bands > 0).any(dim=0)  # all but the first bin and the last
    torch.testing.assert_close(ones, covered.float())
    assert covered.sum() == BINS - 2


def test_the_pseudo_inverse_undoes_what_can_be_undone():
    forward, back = mel(), mel("pseudo-inverse")
    x = torch.rand(2, 1, MELS, 7)
    torch.testing.assert_close(forward(back(x)), x, rtol=1e-4, atol=1e-5)
    assert back(x).min() < 0  # so a mask does not stay one
    once = back(forward(torch.rand(2, 1, BINS, 7)))
    torch.testing.assert_close(back(forward(once)), once, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("direction", ["forward", "transpose", "pseudo-inverse"])
@pytest.mark.parametrize("trainable", [True, False])
def test_only_trainable_bands_learn(direction, trainable):
    assert mel(direction, trainable=trainable).bands.requires_grad is trainable


@pytest.mark.parametrize("bins", [2, 17, 65, 513])
@pytest.mark.parametrize("rate", [8000, 44100.0])
def test_bands_without_bins_are_refused_where_librosa_makes_them(bins, rate):
    for mels in (1, 2, 5, 8, 20, 40, 80, 128):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # librosa warns of them
            bands = librosa.filters.mel(sr=rate, n_fft=2 * (bins - 1), n_mels=mels)
        if empty := int((bands.sum(axis=1) == 0).sum()):
            with pytest.raises(ValueError, match=f"got {empty} of {mels} that cover none; take"):
                check_bands(bins, mels, rate)
        else:
            check_bands(bins, mels, rate)


@pytest.mark.parametrize(("settings", "said"), [
    ((1, 1, RATE), "bins: expected a whole number above 1, got 1"),
    ((BINS, 0, RATE), "mels: expected a whole number above 0, got 0"),
    ((BINS, MELS, 0), "rate: expected a number above 0, got 0"),
    ((BINS, BINS, RATE), "mels: expected bands that cover at least one bin each, got"),
    ((BINS, MELS, RATE, "backward"), "direction: expected one of forward, transpose, pseudo-inv"),
])  # fmt: skip
def test_settings_that_make_no_bands_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        MelProjection(*settings)


def test_its_representation_says_what_becomes_what():
    assert repr(mel()) == "MelProjection(129 -> 23)"
    assert repr(mel("transpose")) == "MelProjection(23 -> 129)"
