"""K-means on the sphere: by hand, against every other sharing, and in the order that is asked."""

from itertools import product

import pytest
import torch
from torch.nn import functional as F

from common.blocks import cluster_masks, find_centres, spread_centres

BINS = (2, 3, 5)  # channel, freq, frame


def embedding_of(*points):
    """Points, (size,) each, as the bins of one frame."""
    return F.normalize(torch.tensor(points), dim=1).T[None, :, None, :, None]


def weights_of(*numbers):
    return torch.tensor(numbers)[None, None, :, None]


EAST, NORTH_EAST, NORTH, WEST = [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [-1.0, 0.0]


def random(batch=3, size=4):
    """Embeddings and weights."""
    return F.normalize(torch.randn(batch, size, *BINS), dim=1), torch.rand(batch, *BINS)


def groups(batch=3, sources=3, size=4):
    """Embeddings that lie around one axis for each source, and which one."""
    whose = torch.randint(sources, (batch, *BINS))
    points = F.one_hot(whose, size).movedim(-1, 1) + 0.2 * torch.randn(batch, size, *BINS)
    return F.normalize(points, dim=1), F.one_hot(whose, sources).movedim(-1, 1).float()


def test_a_start_by_hand():
    V = embedding_of(EAST, NORTH_EAST, NORTH, WEST)
    start = spread_centres(V, weights_of(2.0, 3.0, 2.0, 1.0), 3)
    chosen = [V[0, :, 0, i, 0] for i in (1, 3, 0)]  # 1 · 1 beats 2 · 0.29
    torch.testing.assert_close(start[0], torch.stack(chosen))


def test_an_opposite_is_no_more_different_than_a_right_angle():
    V = embedding_of(EAST, NORTH, WEST)
    start = spread_centres(V, weights_of(3.0, 2.0, 1.5), 2)
    torch.testing.assert_close(start[0, 1], V[0, :, 0, 1, 0])  # 2 · 1 beats 1.5 · 1, not 1.5 · 2


def test_one_step_by_hand():
    V = embedding_of(EAST, NORTH_EAST, NORTH)
    start = torch.tensor([[EAST, NORTH]])
    start[0, 0, 1] = 0.1  # a little nearer to north-east
    centres = find_centres(V, weights_of(1.0, 2.0**0.5, 5.0), F.normalize(start, dim=2), steps=1)
    expected = F.normalize(torch.tensor([[2.0, 1.0], [0.0, 5.0]]), dim=1)
    torch.testing.assert_close(centres[0], expected)


def test_masks_by_hand():
    V, centres = embedding_of(EAST, NORTH_EAST, NORTH), torch.tensor([[EAST, NORTH]])
    tilted = F.normalize(torch.tensor([[[1.0, 0.1], NORTH]]), dim=2)
    assert cluster_masks(V, tilted).squeeze().tolist() == [[1, 1, 0], [0, 0, 1]]
    soft = cluster_masks(V, centres, hardness=0.5).squeeze()
    share = 1 / (1 + torch.tensor(-1.0).exp())  # distances² 0 and 2
    torch.testing.assert_close(soft, torch.stack([
        torch.stack([share, torch.tensor(0.5), 1 - share]),
        torch.stack([1 - share, torch.tensor(0.5), share])]))  # fmt: skip


def test_soft_masks_are_of_the_distances_and_harden():
    V, weights = random()
    centres = find_centres(V, weights, spread_centres(V, weights, 3))
    apart = V.unsqueeze(1) - centres[..., None, None, None]  # (batch, source, size, ...)
    expected = torch.softmax(-5 * apart.square().sum(dim=2), dim=1)
    soft, hard = cluster_masks(V, centres, 5.0), cluster_masks(V, centres)
    torch.testing.assert_close(soft, expected)
    torch.testing.assert_close(soft.sum(dim=1), torch.ones_like(soft[:, 0]))
    assert set(hard.unique().tolist()) == {0.0, 1.0} and hard.dtype == V.dtype
    torch.testing.assert_close(cluster_masks(V, centres, 1e5), hard, atol=1e-3, rtol=0)


def test_groups_are_found():
    V, target = groups()
    weights = torch.rand(V[:, 0].shape) + 0.1
    masks = cluster_masks(V, find_centres(V, weights, spread_centres(V, weights, 3)))
    for found, wanted in zip(masks, target, strict=True):
        agree = (found.flatten(1) @ wanted.flatten(1).T) > 0  # (source, source)
        assert agree.sum(dim=0).tolist() == [1, 1, 1] and agree.sum(dim=1).tolist() == [1, 1, 1]


def test_no_other_sharing_of_a_few_bins_is_better():
    points = F.normalize(torch.randn(8, 2), dim=1)
    V, weights = points.T[None, :, None, :, None], torch.rand(1, 1, 8, 1)
    w = weights.flatten()[:, None]

    def reached(masks):  # a sum of products with the centres is the length of the sum
        return sum((w * m[:, None] * points).sum(dim=0).norm() for m in masks)

    sharings = torch.tensor(list(product([0.0, 1.0], repeat=8)))
    best = max(reached([m, 1 - m]) for m in sharings)
    found = cluster_masks(V, find_centres(V, weights, spread_centres(V, weights, 2)))
    assert reached(found.reshape(2, 8)) == pytest.approx(best.item())


def test_centres_keep_the_order_of_the_start():
    V, target = groups(sources=2)
    axes = torch.eye(2, 4).expand(len(V), -1, -1)
    for order in ([0, 1], [1, 0]):
        centres = find_centres(V, torch.ones_like(V[:, 0]), axes[:, order])
        assert torch.equal(cluster_masks(V, centres), target[:, order])


def test_silent_bins_do_not_move_the_centres():
    V, weights = random()
    weights[..., 2:] = 0
    other = V.clone()
    other[..., 2:] = random()[0][..., 2:]
    for each in (lambda x: spread_centres(x, weights, 2),
                 lambda x: find_centres(x, weights, spread_centres(x, weights, 2))):  # fmt: skip
        assert torch.equal(each(V), each(other))


def test_each_example_has_its_own_centres():
    V, weights = random()
    together = find_centres(V, weights, spread_centres(V, weights, 2))
    for i in range(len(V)):
        one, w = V[i : i + 1], weights[i : i + 1]
        torch.testing.assert_close(find_centres(one, w, spread_centres(one, w, 2))[0], together[i])


def test_silence_gives_masks():
    V, weights = random()
    for nothing in (torch.zeros_like(weights), weights):
        same = V[..., :1, :1].expand_as(V)  # and where all bins are alike
        centres = find_centres(same, nothing, spread_centres(same, nothing, 2))
        masks = cluster_masks(same, centres)
        assert masks.isfinite().all() and (masks.sum(dim=1) == 1).all()


@pytest.mark.parametrize(("call", "said"), [
    (lambda V, w: spread_centres(V, w, 0), "sources: expected a whole number above 0, got 0"),
    (lambda V, w: spread_centres(V, w[:1], 2),
     r"weights: expected \(batch 3, channel 2, freq 3, frame 5\), got shape \(1, 2, 3, 5\)"),
    (lambda V, w: find_centres(V, w[..., :1], torch.rand(3, 2, 4)), "weights: expected .* frame 5"),
    (lambda V, w: find_centres(V, w, torch.rand(3, 2, 5)),
     r"centres: expected \(batch 3, source, size 4\), got shape \(3, 2, 5\)"),
    (lambda V, w: cluster_masks(V, torch.rand(2, 4)), "centres: expected .* got shape"),
    (lambda V, w: cluster_masks(V[0], torch.rand(3, 2, 4)), r"embedding: expected \(batch, size, "),
    (lambda V, w: cluster_masks(V, torch.rand(3, 2, 4), 0.0), "hardness: expected a number above"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call(*random())
