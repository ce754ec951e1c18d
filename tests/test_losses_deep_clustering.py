"""Deep clustering's loss: by hand, as the mean over all pairs, and which bins count."""

import pytest
import torch
from torch.nn import functional as F

from common.losses import deep_clustering, loudest_source
from tests.elsewhere import elsewhere

BATCH, SIZE, SOURCES, BINS = 3, 4, 2, (2, 3, 5)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def drawn():
    """Embeddings, targets and weights."""
    embedding = F.normalize(torch.randn(BATCH, SIZE, *BINS), dim=1)
    target = F.one_hot(torch.randint(SOURCES, (BATCH, *BINS)), SOURCES).movedim(-1, 1).float()
    return embedding, target, torch.rand(BATCH, *BINS)


def bins(*points):
    """Points as the bins of one frame of one example."""
    return torch.tensor(points).T[None, :, None, :, None]


def test_by_hand():
    same, other = bins([1.0, 0.0], [1.0, 0.0]), bins([1.0, 0.0], [0.0, 1.0])
    opposite = bins([1.0, 0.0], [-1.0, 0.0])
    for embedding, target, expected in [
        (same, same, 0.0), (other, other, 0.0),
        (other, same, 0.5), (same, other, 0.5),  # two of four pairs are off by 1
        (opposite, other, 0.5), (opposite, same, 2.0),  # two of four by 1, or by 2
    ]:  # fmt: skip
        assert deep_clustering(embedding, target).item() == pytest.approx(expected)
    weights = torch.tensor([3.0, 1.0])[None, None, :, None]
    assert deep_clustering(other, same, weights).item() == pytest.approx(2 * 3 * 1 / 4**2)


def test_it_is_the_weighted_mean_over_all_pairs():
    V, Y, weights = drawn()
    Y[..., 0] = 0  # bins that are left out
    v, y = V.flatten(2), Y.flatten(2)
    w = (weights * Y.sum(dim=1)).flatten(1)
    pairs = w[:, :, None] * w[:, None, :]  # (batch, bin, bin)
    far = (v.mT @ v - y.mT @ y).square()
    expected = (pairs * far).sum(dim=(1, 2)) / pairs.sum(dim=(1, 2))
    torch.testing.assert_close(deep_clustering(V, Y, weights), expected)
    doubled = deep_clustering(V, Y, 2 * weights)
    torch.testing.assert_close(doubled, expected)


def test_only_who_lies_with_whom_counts():
    V, Y, weights = drawn()
    turn = torch.linalg.qr(torch.randn(SIZE, SIZE))[0]
    turned = torch.einsum("ed,bdcft->becft", turn, V)
    loss = deep_clustering(V, Y, weights)
    torch.testing.assert_close(deep_clustering(turned, Y, weights), loss)
    torch.testing.assert_close(deep_clustering(V, Y.flip(1), weights), loss)  # of no order


def test_bins_that_are_left_out_do_not_matter_and_do_not_learn():
    V, Y, weights = drawn()
    Y[..., 1:3], weights[..., 3:] = 0, 0
    other = torch.cat([V[..., :1], drawn()[0][..., 1:]], dim=-1).requires_grad_()
    torch.testing.assert_close(deep_clustering(V, Y, weights), deep_clustering(other, Y, weights))
    [slope] = torch.autograd.grad(deep_clustering(other, Y, weights).sum(), other)
    assert not slope[..., 1:].any() and slope[..., 0].any()


def test_silence_costs_and_teaches_nothing():
    V, Y, weights = drawn()
    V.requires_grad_()
    for arguments in ((V, 0 * Y), (V, Y, 0 * weights)):
        loss = deep_clustering(*arguments)
        [slope] = torch.autograd.grad(loss.sum(), V)
        assert not loss.any() and not slope.any()


def test_steps_bring_bins_of_one_source_together():
    _, Y, weights = drawn()
    points = torch.randn(BATCH, SIZE, *BINS, requires_grad=True)
    for _ in range(200):
        loss = deep_clustering(F.normalize(points, dim=1), Y, weights)
        [slope] = torch.autograd.grad(loss.sum(), points)
        points.data -= 5 * slope
    assert loss.max() < 0.01


def test_whose_each_bin_is_by_hand():
    S = torch.tensor([[3, 1j, 0, 0.02, 1], [-1, 2, 0, 0.01, -1j]])[None, :, None, None]
    X = torch.tensor([10, 2, 0, 0.09, 1 - 1j])[None, None, None]
    expected = [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0]]  # silence; -40.9 dB; as loud as each other
    Y = loudest_source(S, X)
    assert Y.shape == S.shape and Y.squeeze().tolist() == expected
    assert loudest_source(S, X, floor=-42.0)[..., 3].flatten().tolist() == [1, 0]


def test_whose_each_bin_is_follows_the_order_of_the_sources():
    S = torch.randn(BATCH, 3, *BINS, dtype=torch.complex64)
    Y = loudest_source(S, S.sum(dim=1), floor=-300.0)
    assert torch.equal(Y, F.one_hot(S.abs().argmax(dim=1), 3).movedim(-1, 1).float())
    assert torch.equal(loudest_source(S[:, [2, 0, 1]], S.sum(dim=1), -300.0), Y[:, [2, 0, 1]])


@pytest.mark.parametrize(("place", "change", "error", "said"), [
    (0, lambda x: x[0], ValueError, r"embedding: expected \(batch, size, channel, freq, frame\)"),
    (0, lambda x: x.numpy(), TypeError, "embedding: expected a torch tensor"),
    (1, lambda x: x[..., :1], ValueError, r"target: expected .*frame 5\), got shape .*1\)"),
    (1, lambda x: x[:, 0], ValueError, r"target: expected \(batch 3, source, channel 2, freq 3"),
    (1, lambda x: x.long(), TypeError, "target: expected real floating-point numbers, got"),
    (2, lambda x: x[:1], ValueError, r"weights: expected \(batch 3, .* got shape \(1, 2, 3, 5\)"),
    (2, lambda x: x[:, None], ValueError, r"weights: expected \(batch 3, channel 2, freq 3, fra"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(place, change, error, said):
    arguments = list(drawn())
    arguments[place] = change(arguments[place])
    with pytest.raises(error, match=said):
        deep_clustering(*arguments)


def test_sources_that_do_not_fit_are_refused():
    S = torch.randn(BATCH, SOURCES, *BINS, dtype=torch.complex64)
    X = S.sum(dim=1)
    with pytest.raises(TypeError, match="source: expected a complex spectrogram"):
        loudest_source(S.abs(), X)
    with pytest.raises(TypeError, match="mixture: expected a complex spectrogram"):
        loudest_source(S, X.abs())
    with pytest.raises(ValueError, match=r"equal shapes, got source\[:, 0\] \(3, 2, 3, 5\), mixtu"):
        loudest_source(S, X[:1])
    with pytest.raises(ValueError, match="others: expected at least one, got none; pass the rest"):
        loudest_source(S[:, :1], X)


def test_it_follows_its_tensors():
    V, Y, weights = drawn()
    S = torch.randn(BATCH, SOURCES, *BINS, dtype=torch.complex64)
    expected = deep_clustering(V, Y, weights), loudest_source(S, S.sum(dim=1))
    with elsewhere() as device:
        there = deep_clustering(*(x.to(device) for x in (V, Y, weights)))
        whose = loudest_source(S.to(device), S.to(device).sum(dim=1))
    for a, b in zip(expected, (there, whose), strict=True):
        assert b.device.type == device.type
        torch.testing.assert_close(b.cpu(), a)
    assert deep_clustering(V.double(), Y.double()).dtype == torch.float64
