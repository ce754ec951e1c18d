"""A linear layer and batch norm of what comes out."""

import pytest
import torch

from common.blocks import NormalizedLinear


def test_by_hand():
    module = NormalizedLinear(2, 1)
    module.load_state_dict({**module.state_dict(), "linear.weight": torch.tensor([[1.0, -1.0]])})
    x = torch.tensor([[[3.0, 2.0], [5.0, 2.0]], [[7.0, 2.0], [7.0, 0.0]]])  # gives 1, 3, 5, 7
    y = module(x)
    expected = torch.tensor([-3.0, -1.0, 1.0, 3.0]) / (5 + 1e-5) ** 0.5
    torch.testing.assert_close(y.flatten(), expected)
    assert module.norm.running_mean.item() == pytest.approx(0.1 * 4)


def test_each_feature_has_its_own_statistics_over_examples_and_frames():
    module, x = NormalizedLinear(3, 5), torch.randn(4, 7, 3)
    y = module(x)
    assert y.shape == (4, 7, 5)
    torch.testing.assert_close(y.mean(dim=(0, 1)), torch.zeros(5), atol=1e-5, rtol=0)
    linear = module.linear(x)
    back = y * (linear.var(dim=(0, 1), unbiased=False) + 1e-5).sqrt() + linear.mean(dim=(0, 1))
    torch.testing.assert_close(back, linear)


def test_it_learns_no_bias_but_that_of_the_norm():
    assert sum(weight.numel() for weight in NormalizedLinear(3, 5).parameters()) == 3 * 5 + 2 * 5


@pytest.mark.parametrize(("call", "said"), [
    (lambda: NormalizedLinear(0, 5), "features: expected a whole number above 0, got 0"),
    (lambda: NormalizedLinear(3, 0), "size: expected a whole number above 0, got 0"),
    (lambda: NormalizedLinear(3, 5)(torch.rand(2, 7, 4)),
     r"x: expected \(batch, frame, feature 3\), got shape \(2, 7, 4\)"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()
