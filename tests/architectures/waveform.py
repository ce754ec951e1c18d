"""What the tests of the networks that estimate waveforms share."""

import torch

from common.architectures import BandSplit, ConvTasNet, DualPath, TasNet

SMALL = {  # a few thousand weights each
    TasNet: {"filters": 12, "length": 8, "hop": 4, "hidden": 5, "layers": 1},
    ConvTasNet: {"filters": 12, "length": 8, "hop": 4, "features": 6, "hidden": 7, "layers": 2,
                 "repeats": 2},
    DualPath: {"filters": 12, "length": 8, "hop": 4, "features": 6, "chunk": 6, "hidden": 5,
               "blocks": 2},
    BandSplit: {"window_length": 16, "hop": 4, "widths": [2, 3, 4], "features": 6, "hidden": 5,
                "blocks": 2},
}  # fmt: skip


def network(make, **settings):
    return make(**SMALL[make] | settings)


def pass_sound(model):
    """Set the filters so that they say each sample, its positive and its negative part apart."""
    identity = torch.cat([torch.eye(8), -torch.eye(8)])[:, None]  # (filter, 1, sample)
    model.encode.filters.weight.data = identity
    model.decode.filters.weight.data = identity / 2  # each sample lies in two frames


def mixture(channels=1, samples=77, batch=2):
    return 0.1 * torch.randn(batch, channels, samples)
