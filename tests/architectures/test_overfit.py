"""Each network learns one mixture by heart.

What bounds them is the mixture's phase: here the best binary masks gain 12.5 dB on the mean of both
sources, the best masks in [0, 1] 13.8 dB.
"""

import pytest

from common.architectures import Chimera, DeepClustering, MaskInference, OpenUnmix, UNet
from common.losses import l2
from common.training import ChimeraObjective, ClusteringObjective, MagnitudeObjective
from tests.architectures.overfit import BINS, CONFIG, gain, improvement

MASKING = MagnitudeObjective(l2, stft=CONFIG)
LEVELS = {"per_bin": True, "reference": CONFIG.full_scale}
NETWORKS = {
    "MaskInference": (lambda: MaskInference(BINS, hidden=32, **LEVELS), MASKING),
    "DeepClustering": (
        lambda: DeepClustering(BINS, size=8, hidden=32, **LEVELS), ClusteringObjective(CONFIG)),
    "Chimera": (lambda: Chimera(BINS, size=8, hidden=32, **LEVELS), ChimeraObjective(MASKING)),
    "OpenUnmix": (lambda: OpenUnmix(BINS, hidden=64, layers=1, dropout=0.0), MASKING),
    "UNet": (lambda: UNet(layers=4, dropout=0.0, reference=CONFIG.full_scale), MASKING),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_it_learns_one_mixture_by_heart(name):
    make, objective = NETWORKS[name]
    model = make()
    assert gain(objective, model).mean() < 9  # untrained
    gains = improvement(model, objective, steps=100)
    assert gains.mean() > 10 and gains.min() > 8
    for weight in model.parameters():
        assert weight.isfinite().all()


@pytest.mark.slow
def test_deep_clustering_keeps_the_order_of_the_sources_without_the_truth():
    make, objective = NETWORKS["DeepClustering"]
    model = make()
    assert improvement(model, objective, steps=50).min() > 5
    model.anchors.copy_(model.anchors.flip(0))
    assert gain(objective, model).max() < 0  # the other order
    model.anchors.zero_()
    assert abs(gain(objective, model)).min() > 5  # found still, in one order or the other
