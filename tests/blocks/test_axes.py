"""The book's order of axes and nussl's, for arrays and tensors, there and back."""

import numpy as np
import pytest
import torch

from common.compat import nussl_axes

OURS = {4: (2, 3, 5, 7), 5: (2, 11, 3, 5, 7)}  # (batch[, source], channel, freq, frame)
THEIRS = {4: (2, 7, 5, 3), 5: (2, 7, 5, 3, 11)}  # (batch, frame, freq, channel[, source])


@pytest.mark.parametrize("make", [np.ones, torch.ones])
@pytest.mark.parametrize("axes", [4, 5])
def test_the_batch_stays_and_the_rest_turns_round(axes, make):
    there = nussl_axes(make(OURS[axes]))
    assert tuple(there.shape) == THEIRS[axes]
    assert tuple(nussl_axes(there).shape) == OURS[axes]


@pytest.mark.parametrize("axes", [4, 5])
def test_each_number_keeps_its_place_and_its_memory(axes):
    array = np.arange(np.prod(OURS[axes])).reshape(OURS[axes])
    there = nussl_axes(array)
    place = range(axes - 1)  # another index on each axis
    assert there[(1, *reversed(place))] == array[(1, *place)]
    assert np.shares_memory(there, array)
    assert np.array_equal(nussl_axes(there), array)
    assert np.array_equal(nussl_axes(torch.from_numpy(array)), there)


def test_gradients_pass():
    x = torch.rand(OURS[4], requires_grad=True)
    nussl_axes(x).sum().backward()
    assert torch.equal(x.grad, torch.ones(OURS[4]))


@pytest.mark.parametrize("shape", [(3, 5, 7), (1, 2, 3, 4, 5, 6)])
def test_other_numbers_of_axes_are_refused(shape):
    said = r"expected \(batch, channel, freq, frame\), or the same with sources, .* got shape \("
    with pytest.raises(ValueError, match=said):
        nussl_axes(np.ones(shape))
