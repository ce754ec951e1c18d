"""One mean and one deviation for all of an example."""

import pytest
import torch

from common.blocks import GlobalNorm


def test_by_hand():
    x = torch.tensor([[[1.0, 3.0], [5.0, 7.0]], [[0.0, 0.0], [2.0, 2.0]]])
    expected = torch.stack([(x[0] - 4) / 5**0.5, x[1] - 1])
    norm = GlobalNorm(2)
    torch.testing.assert_close(norm(x), expected)
    norm.load_state_dict({"norm.weight": torch.tensor([2.0, 3.0]),
                          "norm.bias": torch.tensor([0.0, -1.0])})  # fmt: skip
    expected = torch.stack([2 * expected[:, 0], 3 * expected[:, 1] - 1], dim=1)
    torch.testing.assert_close(norm(x), expected)


def test_it_hears_no_level_and_no_offset_but_what_is_loud_among_the_features():
    x = torch.rand(2, 3, 4, 5) * torch.tensor([1.0, 2.0, 4.0])[:, None, None]
    y = GlobalNorm(3)(x)
    torch.testing.assert_close(GlobalNorm(3)(100 * x + 7), y, atol=1e-4, rtol=1e-4)
    assert y[:, 2].std() > 2 * y[:, 0].std()


@pytest.mark.parametrize("shape", [(2, 4, 5), (2, 4, 3, 5), (3, 5)])
def test_other_features_are_refused(shape):
    with pytest.raises(ValueError, match=r"x: expected \(batch, feature 3, ..., frame\), got"):
        GlobalNorm(3)(torch.rand(shape))


def test_no_features_are_refused():
    with pytest.raises(ValueError, match="features: expected a whole number above 0, got 0"):
        GlobalNorm(0)
