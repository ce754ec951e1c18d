"""MaskInference and nussl's model of the same name: the same outputs and gradients, to 1e-5."""

import pytest
import torch

from common.architectures import MaskInference
from common.compat import nussl, nussl_axes
from tests.peers.parity import close, compare, give_weights

BATCH, BINS, FRAMES, HIDDEN = 3, 31, 11, 5
DEFAULT = {"sources": 2, "channels": 1, "layers": 2, "kind": "lstm", "bidirectional": True,
           "normalization": "batch", "per_bin": False, "activation": "sigmoid"}  # fmt: skip
STEREO = {"channels": 2, "per_bin": True}


def config(channels=1, **changes):
    """nussl's configuration of the network."""
    settings = DEFAULT | changes
    return nussl.ml.networks.builders.build_recurrent_mask_inference(
        BINS, HIDDEN, settings["layers"], settings["bidirectional"], 0.0, settings["sources"],
        settings["activation"], channels, settings["kind"],
        {"batch": "BatchNorm", "instance": "InstanceNorm"}[settings["normalization"]],
        {"num_features": BINS if settings["per_bin"] else 1},
    )  # fmt: skip


def pair(**changes):
    """Our network, nussl's, and a mixture."""
    ours = MaskInference(BINS, hidden=HIDDEN, **DEFAULT | changes)
    channels = changes.get("channels", 1)
    built = config(**changes)
    built["modules"]["recurrent_stack"]["args"]["num_features"] = BINS * channels
    mixture = 300 * torch.rand(BATCH, channels, BINS, FRAMES) ** 8
    ours(mixture)  # running statistics that are no longer 0 and 1
    return ours, nussl.ml.SeparationModel(built), mixture


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("changes", [
    {}, STEREO, {"bidirectional": False}, {"kind": "gru"}, {"normalization": "instance"},
    {"per_bin": True}, {**STEREO, "normalization": "instance"}, {"layers": 1},
    {"sources": 4, "activation": "softmax"}, {"activation": ["relu", "l1_norm"]},
    {"activation": ["gated_tanh", "sigmoid"], "channels": 2, "kind": "gru"},
], ids=str)  # fmt: skip
def test_it_gives_and_learns_what_nussl_s_does(changes, training):
    ours, theirs, mixture = pair(**changes)
    compare(ours.train(training), theirs.train(training), mixture,
            call=lambda x: theirs({"mix_magnitude": x})["estimates"])  # fmt: skip


@pytest.mark.parametrize("changes", [{}, STEREO], ids=str)
def test_the_mixture_gets_the_gradient_that_nussl_s_gets_and_that_of_the_product(changes):
    ours, theirs, mixture = pair(**changes)
    give_weights(ours, theirs)
    here, there = (mixture.clone().requires_grad_() for _ in range(2))
    ours(here).square().sum().backward()
    output = theirs({"mix_magnitude": nussl_axes(there)})
    output["estimates"].square().sum().backward()
    mask = nussl_axes(output["mask"]).detach()
    of_product = (2 * mask**2 * mixture[:, None]).sum(dim=1)
    close(here.grad, there.grad + of_product)


def test_nussl_s_builder_counts_the_inputs_of_one_channel_only():
    built = nussl.ml.SeparationModel(config(channels=2))
    with pytest.raises((RuntimeError, ValueError), match="62"):  # bins of both channels
        built({"mix_magnitude": torch.rand(BATCH, FRAMES, BINS, 2)})
