"""The objectives of embeddings: by hand from their losses, and what they separate."""

import pytest
import torch

from common.architectures import Chimera, DeepClustering
from common.data.mixing import Example
from common.losses import deep_clustering, l2, loudest_source
from common.stft import STFTConfig, istft, magnitude, stft
from common.training import ChimeraObjective, ClusteringObjective, MagnitudeObjective

CONFIG = STFTConfig(window_length=64, hop=16)
BINS = 33
MASKING = MagnitudeObjective(l2, stft=CONFIG)


@pytest.fixture
def example():
    torch.manual_seed(0)
    sources = torch.randn(2, 2, 1, 500) * torch.tensor([1.0, 0.01])[:, None, None, None]
    return Example(sources.sum(dim=1), sources, torch.arange(2))


def test_embeddings_are_compared_with_the_loudest_source(example):
    model = DeepClustering(BINS, size=4, hidden=3).eval()
    X, S = stft(example.mixture, CONFIG), stft(example.sources, CONFIG)
    expected = deep_clustering(model(X.abs()), loudest_source(S, X), X.abs())
    loss = ClusteringObjective(CONFIG)(model, example)
    assert loss.shape == (2,)
    torch.testing.assert_close(loss, expected)
    assert not model.anchors.any()  # they move in training only
    ClusteringObjective(CONFIG)(model.train(), example)
    torch.testing.assert_close(model.anchors.norm(dim=1), torch.full((2,), 0.1))


@pytest.mark.parametrize("share", [0.25, 0.5, 0.975])
def test_chimera_s_loss_is_a_weighted_sum(example, share):
    model = Chimera(BINS, size=4, hidden=3).eval()
    X, S = stft(example.mixture, CONFIG), stft(example.sources, CONFIG)
    clustering = deep_clustering(model.heads(X.abs())[0], loudest_source(S, X), X.abs())
    expected = share * clustering + (1 - share) * MASKING(model, example)
    torch.testing.assert_close(ChimeraObjective(MASKING, share)(model, example), expected)


@pytest.mark.parametrize(("make", "objective"), [
    (DeepClustering, ClusteringObjective(CONFIG)), (Chimera, ChimeraObjective(MASKING))])
def test_they_separate_by_the_masks(example, make, objective):
    model = make(BINS, size=4, hidden=3).eval()
    X = stft(example.mixture, CONFIG)
    expected = istft(model.mask(magnitude(X)) * X[:, None], length=500, config=CONFIG)
    torch.testing.assert_close(objective.separate(model, example.mixture), expected)


def test_silence_has_no_loss_and_a_finite_gradient(example):
    silent = Example(*(torch.zeros_like(x) for x in example))
    for make, objective in ((DeepClustering, ClusteringObjective(CONFIG)),
                            (Chimera, ChimeraObjective(MASKING))):  # fmt: skip
        model = make(BINS, size=4, hidden=3)
        loss = objective(model, silent)
        loss.sum().backward()
        assert torch.equal(loss, torch.zeros(2))
        assert all(weight.grad.isfinite().all() for weight in model.parameters())


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5])
def test_a_share_of_one_loss_only_is_refused(share):
    with pytest.raises(ValueError, match="share: expected a number above 0, got"):
        ChimeraObjective(MASKING, share)
