"""A mask is a gain: by hand, its gradients, and what does not fit the mixture."""

import pytest
import torch

from common.blocks import ApplyMask

apply_mask = ApplyMask()


def test_by_hand():
    mixture = torch.tensor([[[[4.0, 8.0], [2.0, 0.0]]]])  # (1, 1, 2, 2)
    mask = torch.tensor([[[1.0, 0.5], [0.0, 1.0]], [[0.0, 0.5], [1.0, 3.0]]])[None, :, None]
    first, second = apply_mask(mask, mixture)[0]
    assert torch.equal(first, torch.tensor([[[4.0, 4.0], [0.0, 0.0]]]))
    assert torch.equal(second, torch.tensor([[[0.0, 4.0], [2.0, 0.0]]]))


def test_masks_that_add_up_to_one_share_out_the_mixture():
    mask = torch.rand(2, 3, 2, 5, 7).softmax(dim=1)
    mixture = torch.rand(2, 2, 5, 7)
    torch.testing.assert_close(apply_mask(mask, mixture).sum(dim=1), mixture)


def test_gradients_flow_to_mask_and_mixture():
    mask, mixture = torch.rand(1, 2, 1, 3, 3), torch.rand(1, 1, 3, 3)
    mask.requires_grad_(), mixture.requires_grad_()
    apply_mask(mask, mixture).sum().backward()
    assert torch.equal(mask.grad, mixture.detach().expand(1, 2, 3, 3)[:, :, None])
    assert torch.equal(mixture.grad, mask.detach().sum(dim=1))


@pytest.mark.parametrize("shape", [
    (2, 3, 2, 5, 6), (2, 3, 2, 6, 7), (2, 3, 1, 5, 7), (1, 3, 2, 5, 7), (2, 2, 5, 7)])
def test_a_mask_of_another_shape_is_refused_and_not_broadcast(shape):
    said = r"mask: expected \(batch 2, source, channel 2, freq 5, frame 7\), got shape "
    with pytest.raises(ValueError, match=said):
        apply_mask(torch.rand(shape), torch.rand(2, 2, 5, 7))


def test_the_mixture_is_checked_first():
    with pytest.raises(ValueError, match=r"mixture: expected .* got shape \(5, 7\)"):
        apply_mask(torch.rand(2, 3, 2, 5, 7), torch.rand(5, 7))
