"""Each loss gives and teaches what nussl's gives and teaches, to 1e-5."""

import pytest
import torch

from common import losses
from common.compat import nussl, nussl_axes
from common.losses import permutation_invariant
from tests.peers.parity import close

theirs = nussl.ml.train.loss
SPECTROGRAMS = (3, 2, 2, 17, 11)  # (batch, source, channel, freq, frame)
WAVEFORMS = (3, 2, 2, 500)  # (batch, source, channel, sample)


def sources_last(x):
    """(batch, source, channel, sample) to (batch, channel, sample, source)."""
    return x.permute(0, 2, 3, 1) if x.ndim == 4 else nussl_axes(x)


def compare(ours, other, shape, turn=sources_last):
    """Assert that the means over the batch agree, and their gradients."""
    target = torch.randn(shape)
    estimate = (target + torch.randn(shape)).requires_grad_()  # the floors play no part
    values = ours(estimate, target).mean(), other(turn(estimate), turn(target))
    close(*values)
    close(*(torch.autograd.grad(value, estimate)[0] for value in values))


@pytest.mark.parametrize("shape", [SPECTROGRAMS, WAVEFORMS])
@pytest.mark.parametrize(("ours", "other"), [(losses.l1, "L1Loss"), (losses.l2, "MSELoss")])
def test_l1_and_l2(ours, other, shape):
    compare(ours, getattr(theirs, other)(), shape)


def test_si_sdr():
    compare(losses.negative_si_sdr, theirs.SISDRLoss(), WAVEFORMS)


def test_snr():
    compare(losses.negative_snr, theirs.SISDRLoss(scaling=False, zero_mean=False), WAVEFORMS)


@pytest.mark.parametrize("kind", ["PermutationInvariantLoss", "CombinationInvariantLoss"])
@pytest.mark.parametrize("sources", [2, 3])
def test_permutation_invariant_si_sdr(sources, kind):
    ours = permutation_invariant(losses.negative_si_sdr)
    other = getattr(theirs, kind)(theirs.SISDRLoss())
    compare(lambda *x: ours(*x)[0], other, (3, sources, 1, 500))


@pytest.mark.parametrize("weighted", [True, False])
def test_deep_clustering(weighted):
    """nussl multiplies embeddings and targets by its weights: they are the roots of ours."""
    batch, _, *bins = SPECTROGRAMS
    target = torch.eye(3)[torch.randint(3, (batch, *bins))].movedim(-1, 1)
    weights = torch.rand(batch, *bins) if weighted else torch.ones(batch, *bins)
    points = torch.randn(batch, 5, *bins).requires_grad_()
    embedding = torch.nn.functional.normalize(points, dim=1)
    ours = losses.deep_clustering(embedding, target, weights if weighted else None).mean()
    turned = (nussl_axes(x).contiguous() for x in (embedding, target, weights.sqrt()))
    other = theirs.DeepClusteringLoss()(*turned)
    close(ours, other)
    close(*(torch.autograd.grad(x, points, retain_graph=True)[0] for x in (ours, other)))
