"""Chunks and back, and recurrent layers in two directions of a picture."""

import pytest
import torch
from torch import nn

from common.blocks import DualPathBlock, ResidualRNN, from_chunks, to_chunks


def test_chunks_by_hand():
    x = torch.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0]]])
    chunks = to_chunks(x, 4)
    assert chunks.tolist() == [[[[0, 0, 1, 2], [1, 2, 3, 4], [3, 4, 5, 0], [5, 0, 0, 0]]]]


def test_joined_chunks_are_means_of_two():
    chunks = torch.tensor([[[[9.0, 9.0, 1.0, 2.0], [3.0, 4.0, 5.0, 6.0], [7.0, 8.0, 9.0, 9.0]]]])
    assert from_chunks(chunks, 4).tolist() == [[[2, 3, 6, 7]]]
    assert from_chunks(chunks, 3).tolist() == [[[2, 3, 6]]]


@pytest.mark.parametrize("size", [2, 6, 50])
@pytest.mark.parametrize("frames", [1, 5, 6, 7, 100])
def test_there_and_back_is_the_same(frames, size):
    x = torch.randn(2, 3, frames)
    chunks = to_chunks(x, size)
    assert chunks.shape == (2, 3, 1 + -(-frames // (size // 2)), size)
    assert torch.equal(from_chunks(chunks, frames), x)


def test_gradients_go_there_and_back():
    x = torch.randn(2, 3, 11, requires_grad=True)
    wanted = torch.randn(2, 3, 11)
    (gradient,) = torch.autograd.grad((from_chunks(to_chunks(x, 4), 11) * wanted).sum(), x)
    assert torch.equal(gradient, wanted)


def test_what_makes_no_chunks_is_refused():
    with pytest.raises(ValueError, match=r"size: expected an even number.* halves, got 5"):
        to_chunks(torch.rand(2, 3, 11), 5)
    with pytest.raises(ValueError, match="size: expected a whole number above 0, got 0"):
        to_chunks(torch.rand(2, 3, 11), 0)
    with pytest.raises(ValueError, match=r"x: expected \(batch, feature, frame\), got shape"):
        to_chunks(torch.rand(3, 11), 4)


@pytest.mark.parametrize(("shape", "frames", "said"), [
    ((2, 3, 4, 5), 4, "frames of a chunk: expected an even number.* got 5"),
    ((2, 3, 4, 6), 10, r"chunks: expected \(batch, feature, chunk 5, frame\), got .*2, 3, 4, 6"),
    ((2, 3, 4, 6), 0, "frames: expected a whole number above 0, got 0"),
    ((3, 4, 6), 9, r"chunks: expected \(batch, feature, chunk, frame\)"),
])  # fmt: skip
def test_chunks_of_another_sequence_are_refused(shape, frames, said):
    with pytest.raises(ValueError, match=said):
        from_chunks(torch.rand(shape), frames)


@pytest.mark.parametrize("norm_first", [False, True])
def test_each_row_is_a_sequence_for_itself(norm_first):
    module, x = ResidualRNN(3, 5, norm_first), torch.rand(2, 3, 4, 7)
    norm = module.normalize
    y = norm(x) if norm_first else x
    rows = [module.linear(module.recurrent(y[:, :, row].transpose(1, 2))) for row in range(4)]
    y = torch.stack(rows, dim=1).permute(0, 3, 1, 2)  # (batch, feature, row, frame)
    torch.testing.assert_close(module(x), x + (y if norm_first else norm(y)))


def test_without_its_linear_layer_nothing_but_the_way_round_is_left():
    module, x = ResidualRNN(3, 5), torch.rand(2, 3, 4, 7)
    nn.init.zeros_(module.linear.weight), nn.init.zeros_(module.linear.bias)
    assert torch.equal(module(x), x)


def test_a_block_goes_along_the_rows_and_then_across():
    module, x = DualPathBlock(3, 5), torch.rand(2, 3, 4, 7)
    y = module.along(x)
    y = module.across(y.transpose(2, 3)).transpose(2, 3)
    assert torch.equal(module(x), y)


def test_one_block_hears_everything_everywhere_and_one_path_only_its_row():
    x = torch.rand(1, 3, 4, 7)
    changed = x.clone()
    changed[:, :, 1, 2] += 1
    for module, rows in [(DualPathBlock(3, 5, True), [0, 1, 2, 3]), (ResidualRNN(3, 5, True), [1])]:
        for part in module.modules():
            if isinstance(part, ResidualRNN):
                part.normalize = nn.Identity()
        differs = (module(x) != module(changed)).any(dim=1)[0]  # (row, frame)
        assert differs.all(dim=1).nonzero().flatten().tolist() == rows
        assert differs.any(dim=1).nonzero().flatten().tolist() == rows


@pytest.mark.parametrize("make", [ResidualRNN, DualPathBlock])
def test_what_fits_no_path_is_refused(make):
    with pytest.raises(ValueError, match="features: expected a whole number above 0, got 0"):
        make(0, 5)
    with pytest.raises(ValueError, match="hidden: expected a whole number above 0, got 0"):
        make(3, 0)
    with pytest.raises(ValueError, match=r"x: expected \(batch, feature 3, row, frame\), got"):
        make(3, 5)(torch.rand(2, 4, 5, 6))


def test_its_representation_says_where_the_norm_stands():
    assert repr(DualPathBlock(3, 5, True)).count("norm_first=True") == 2
