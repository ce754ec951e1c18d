"""A spectrogram in bands, each with layers of its own. The chapter *band-split* builds it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from common.blocks.global_norm import GlobalNorm
from common.checks import check_axes, check_count


class BandEncoder(nn.Module):
    """Say in a few features what is in each band of each frame.

    Parameters
    ----------
    widths : sequence of int
        Bins of each band, from the lowest on.
    channels : int
        Those of the spectrogram: of a complex one, real and imaginary parts count as two.
    features : int

    Notes
    -----
    Luo and Yu (2023), "Music source separation with band-split RNN", the band split module.
    """

    def __init__(self, widths: Sequence[int], channels: int, features: int) -> None:
        check_widths(widths)
        check_count(channels, "channels")
        check_count(features, "features")
        super().__init__()
        self.widths, self.channels = list(widths), channels
        self.bands = nn.ModuleList(
            nn.Sequential(
                GlobalNorm(channels * width), nn.Conv1d(channels * width, features, 1))
            for width in widths)  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channel, freq, frame) to (batch, feature, band, frame)."""
        check_axes(x, "x", "batch channel freq frame", self.bands[0][1].weight,
                   channel=self.channels, freq=sum(self.widths))  # fmt: skip
        parts = x.split(self.widths, dim=2)  # each (batch, channel, width, frame)
        y = [band(part.flatten(1, 2)) for band, part in zip(self.bands, parts, strict=True)]
        return torch.stack(y, dim=2)  # (batch, feature, band, frame)


class BandDecoder(nn.Module):
    """Say, from the features of each band, a number for each of its bins: two layers and a gate.

    Parameters
    ----------
    widths : sequence of int
        Bins of each band, from the lowest on.
    channels : int
        Those of what it gives.
    features : int
        Those of what it takes.
    hidden : int
        Numbers between the two layers.

    Notes
    -----
    Luo and Yu (2023), "Music source separation with band-split RNN", the mask estimation module;
    its gate is the linear unit of Dauphin, Fan, Auli and Grangier (2017), "Language modeling with
    gated convolutional networks".
    """

    def __init__(self, widths: Sequence[int], channels: int, features: int, hidden: int) -> None:
        check_widths(widths)
        check_count(channels, "channels")
        check_count(features, "features")
        check_count(hidden, "hidden")
        super().__init__()
        self.features, self.channels = features, channels
        self.bands = nn.ModuleList(
            nn.Sequential(
                GlobalNorm(features), nn.Conv1d(features, hidden, 1), nn.Tanh(),
                nn.Conv1d(hidden, 2 * channels * width, 1), nn.GLU(dim=1))
            for width in widths)  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """(batch, feature, band, frame) to (batch, channel, freq, frame)."""
        check_axes(x, "x", "batch feature band frame", self.bands[0][1].weight,
                   feature=self.features, band=len(self.bands))  # fmt: skip
        y = [band(part) for band, part in zip(self.bands, x.unbind(2), strict=True)]
        y = [part.unflatten(1, (self.channels, -1)) for part in y]  # (batch, channel, width, frame)
        return torch.cat(y, dim=2)  # (batch, channel, freq, frame)


def check_widths(widths: Sequence[int]) -> None:
    """Raise ValueError unless there are bands, and each has bins."""
    check_count(len(widths), "number of bands")
    for width in widths:
        check_count(width, "widths: bins of a band")
