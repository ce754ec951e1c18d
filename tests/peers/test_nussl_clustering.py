"""DeepClustering and Chimera, and nussl's networks of these names: outputs and gradients."""

import pytest
import torch

from common.architectures import Chimera, DeepClustering
from common.compat import nussl
from tests.peers.parity import OF_EMBEDDINGS, compare

BATCH, BINS, FRAMES, HIDDEN, SIZE = 3, 31, 11, 5, 7
cases = pytest.mark.parametrize("changes", [
    {}, {"channels": 2, "per_bin": True}, {"kind": "gru", "bidirectional": False},
    {"normalization": "instance"}], ids=str)  # fmt: skip
both_modes = pytest.mark.parametrize("training", [True, False])


def pair(make, build, *heads, **changes):
    """Our network, nussl's, and a mixture."""
    ours = make(BINS, size=SIZE, hidden=HIDDEN, **changes)
    channels = changes.get("channels", 1)
    config = getattr(nussl.ml.networks.builders, build)(
        BINS, HIDDEN, 2, changes.get("bidirectional", True), 0.0, SIZE, ["tanh", "unit_norm"],
        *heads, channels, changes.get("kind", "lstm"),
        {"batch": "BatchNorm", "instance": "InstanceNorm"}[changes.get("normalization", "batch")],
        {"num_features": BINS if changes.get("per_bin") else 1},
    )  # fmt: skip
    config["modules"]["recurrent_stack"]["args"]["num_features"] = BINS * channels
    mixture = 300 * torch.rand(BATCH, channels, BINS, FRAMES) ** 8
    ours(mixture)  # running statistics that are no longer 0 and 1
    return ours, nussl.ml.SeparationModel(config), mixture


@both_modes
@cases
def test_deep_clustering_gives_and_learns_what_nussl_s_does(changes, training):
    ours, theirs, mixture = pair(DeepClustering, "build_recurrent_dpcl", **changes)
    del ours.anchors  # which nussl's lacks
    compare(ours.train(training), theirs.train(training), mixture, names=OF_EMBEDDINGS,
            call=lambda x: theirs({"mix_magnitude": x})["embedding"])  # fmt: skip


@pytest.mark.parametrize(("run", "output"), [
    (lambda ours, x: ours.heads(x)[0], "embedding"), (lambda ours, x: ours.mask(x), "mask"),
    (lambda ours, x: ours(x), "estimates")], ids=["embedding", "mask", "estimates"])  # fmt: skip
@both_modes
@cases
def test_chimera_gives_and_learns_what_nussl_s_does(changes, training, run, output):
    ours, theirs, mixture = pair(Chimera, "build_recurrent_chimera", 2, ["sigmoid"], **changes)
    compare(ours.train(training), theirs.train(training), mixture, names=OF_EMBEDDINGS,
            run=lambda x: run(ours, x),
            call=lambda x: theirs({"mix_magnitude": x})[output])  # fmt: skip
