"""Our OpenUnmix beside the package's, with the same weights. Run by probe.py, where that one is."""

import torch
from torch import nn

from common.architectures import OpenUnmix

BATCH, BINS, FRAMES, HIDDEN = 3, 31, 11, 10
NAMES = {
    "standardize.scale": "input_scale",
    "standardize.shift": "input_mean",
    "squeeze.linear.": "fc1.",
    "squeeze.norm.": "bn1.",
    "recurrent.rnn.": "lstm.",
    "combine.linear.": "fc2.",
    "combine.norm.": "bn2.",
    "expand.linear.": "fc3.",
    "expand.norm.": "bn3.",
    "rescale.scale": "output_scale",
    "rescale.shift": "output_mean",
}


def their_name(name):
    [begins] = [ours for ours in NAMES if name.startswith(ours)]
    return NAMES[begins] + name.removeprefix(begins)


def pair(theirs, channels, bidirectional):
    """Both networks. Theirs adds its shift before it scales, so ours is theirs times the scale."""
    ours = OpenUnmix(BINS, 1, channels, HIDDEN, bidirectional=bidirectional)
    other = theirs(BINS, channels, HIDDEN, unidirectional=not bidirectional)
    for weight in other.parameters():
        nn.init.normal_(weight, std=0.5)
    other(torch.rand(BATCH, channels, BINS, FRAMES))  # running statistics that are not 0 and 1
    state = {name: other.state_dict()[their_name(name)].reshape(value.shape)
             for name, value in ours.state_dict().items()}  # fmt: skip
    state["standardize.shift"] = state["standardize.shift"] * state["standardize.scale"]
    ours.load_state_dict(state)
    return ours, other


def difference(theirs, channels=1, bidirectional=True, training=False):
    """The largest difference of their outputs, of the largest output."""
    ours, other = (network.train(training) for network in pair(theirs, channels, bidirectional))
    mixture = 300 * torch.rand(BATCH, channels, BINS, FRAMES) ** 8
    outputs = []
    for network in (ours, other):
        torch.manual_seed(1)  # of the dropout
        outputs.append(network(mixture).reshape(mixture.shape))
    return ((outputs[0] - outputs[1]).abs().max() / outputs[1].abs().max()).item()


def parameters(network):
    return sum(weight.numel() for weight in network.parameters())


def is_same(theirs):
    """Whether all outputs agree to 1e-5, and both learn as many numbers."""
    cases = [(1, True, False), (2, True, False), (2, True, True), (1, False, True)]
    differences = [difference(theirs, *case) for case in cases]
    numbers = {parameters(network) for network in pair(theirs, 2, True)}
    return max(differences) < 1e-5 and len(numbers) == 1
