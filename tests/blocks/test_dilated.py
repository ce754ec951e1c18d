"""Dilated convolutions: by hand, how far they look, and where their two paths lead."""

import pytest
import torch
from torch import nn

from common.blocks import DilatedBlock, DilatedStack


def block(kernel=3, dilation=2, **more):
    return DilatedBlock(3, 5, kernel, dilation, **more)


def heard(module, frames, frame):
    """Which frames of the output a change of one frame of the input reaches, norms left out."""
    for name, layer in module.named_modules():
        if type(layer).__name__ == "GlobalNorm":  # it looks at everything
            module.get_submodule(name.rpartition(".")[0])[2] = nn.Identity()
    x = torch.rand(1, 3, frames, dtype=torch.float64)
    changed = x.clone()
    changed[..., frame] += 1000  # at the far end little of it is left
    module = module.double()
    return (module(x) != module(changed)).any(dim=1)[0].nonzero().flatten().tolist()


def test_a_block_by_hand():
    module = DilatedBlock(1, 2, 3, 2)  # two hidden features, so that the norms leave something
    for weight in module.parameters():
        nn.init.zeros_(weight)
    module.widen[0].weight.data = torch.tensor([[[1.0]], [[-1.0]]])
    for part in (module.widen, module.look):
        part[1].weight.data.fill_(0.5)  # PReLU halves what is negative
        part[2].norm.weight.data.fill_(1.0)
    module.look[0].weight.data = torch.tensor([[[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]]])
    module.residual.weight.data = torch.tensor([[[1.0], [0.0]]])
    module.skip.weight.data = torch.tensor([[[0.0], [1.0]]])

    x = torch.tensor([2.0, 4.0, -6.0, 8.0])

    def norm(y):
        return (y - y.mean()) / y.std(unbiased=False)

    y = norm(torch.tensor([[2.0, 4.0, -3.0, 8.0], [-1.0, -2.0, 6.0, -4.0]]))
    zero = torch.zeros(2)
    y = torch.stack([torch.cat([zero, y[0, :2]]), torch.cat([y[1, 2:], zero])])  # from 2 frames off
    y = norm(torch.where(y < 0, y / 2, y))
    onward, skip = module(x.reshape(1, 1, 4))
    torch.testing.assert_close(onward.flatten(), x + y[0])
    torch.testing.assert_close(skip.flatten(), y[1])


def test_each_feature_is_convolved_by_itself():
    depthwise = block().look[0]
    assert depthwise.weight.shape == (5, 1, 3) and depthwise.groups == 5


def test_the_last_block_hands_its_input_on():
    x = torch.rand(2, 3, 7)
    module = block(last=True)
    assert module(x)[0] is x and not any("residual" in name for name in module.state_dict())


@pytest.mark.parametrize(("layers", "repeats", "kernel", "reach"), [
    (1, 1, 3, 1), (3, 1, 3, 7), (3, 2, 3, 14), (2, 1, 5, 6), (1, 1, 1, 0)])
def test_how_far_a_stack_hears(layers, repeats, kernel, reach):
    found = heard(DilatedStack(3, 5, layers, repeats, kernel), 41, 20)
    assert found == list(range(20 - reach, 20 + reach + 1))


def test_a_stack_adds_up_the_skips_of_its_blocks():
    module, x = DilatedStack(3, 5, 2, 2), torch.rand(2, 3, 11)
    assert [one.look[0].dilation for one in module.blocks] == [(1,), (2,), (1,), (2,)]
    skips, y = [], x
    for one in module.blocks:
        y, skip = one(y)
        skips.append(skip)
    torch.testing.assert_close(module(x), sum(skips))


def test_what_it_learns():
    """Weights and offsets; a slope and a gain and offset for each norm."""
    one = (3 + 1) * 5 + 1 + 2 * 5 + (3 + 1) * 5 + 1 + 2 * 5 + 2 * (5 + 1) * 3
    assert sum(weight.numel() for weight in block().parameters()) == one
    stack = sum(weight.numel() for weight in DilatedStack(3, 5, 2, 2).parameters())
    assert stack == 4 * one - (5 + 1) * 3  # the last block has no residual path


@pytest.mark.parametrize(("make", "settings", "said"), [
    (DilatedBlock, (0, 5), "features: expected a whole number above 0, got 0"),
    (DilatedBlock, (3, 0), "hidden: expected a whole number above 0, got 0"),
    (DilatedBlock, (3, 5, 4), "kernel: expected an odd number of frames, got 4"),
    (DilatedBlock, (3, 5, 0), "kernel: expected a whole number above 0, got 0"),
    (DilatedBlock, (3, 5, 3, 0), "dilation: expected a whole number above 0, got 0"),
    (DilatedStack, (3, 5, 0), "layers: expected a whole number above 0, got 0"),
    (DilatedStack, (3, 5, 2, 0), "repeats: expected a whole number above 0, got 0"),
])  # fmt: skip
def test_settings_that_make_no_block_are_refused(make, settings, said):
    with pytest.raises(ValueError, match=said):
        make(*settings)


@pytest.mark.parametrize("module", [block(), DilatedStack(3, 5)], ids=["block", "stack"])
def test_other_features_are_refused(module):
    with pytest.raises(ValueError, match=r"x: expected \(batch, feature 3, frame\), got shape"):
        module(torch.rand(2, 4, 7))
