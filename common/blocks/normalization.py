"""Levels of any song brought to one range. The chapter *normalization* builds it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from common.checks import check_axes, check_count


def normalize_by_bin(norm: nn.Module, x: Tensor) -> Tensor:
    """Run a normalisation of torch, (batch, feature, anything), over a spectrogram.

    Parameters
    ----------
    norm : BatchNorm1d or InstanceNorm1d
        Its features are the bins, each with statistics of its own; or it has one, for all bins.
    x : tensor, (batch, channel, freq, frame)

    Returns
    -------
    tensor, same shape

    Raises
    ------
    TypeError, ValueError
        If `x` is no spectrogram, or its bins are not the norm's features.
    """
    check_features(norm, x)
    y = x.transpose(1, 2)  # (batch, freq, channel, frame)
    flat = y.reshape(len(x), norm.num_features, -1)  # (batch, freq or 1, all the rest)
    return norm(flat).reshape(y.shape).transpose(1, 2)  # (batch, channel, freq, frame)


class BatchNorm(nn.Module):
    """Subtract a mean and divide by a deviation: the batch's in training, remembered ones after.

    Parameters
    ----------
    features : int
        1: one mean and deviation for all bins. The number of bins: a pair for each.

    Notes
    -----
    Ioffe and Szegedy (2015), "Batch normalization: accelerating deep network training by reducing
    internal covariate shift".
    """

    def __init__(self, features: int = 1) -> None:
        check_count(features, "features")
        super().__init__()
        self.norm = nn.BatchNorm1d(features)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise x, (batch, channel, freq, frame); returns the same shape."""
        return normalize_by_bin(self.norm, x)


class InstanceNorm(nn.Module):
    """Subtract each example's own mean and divide by its own deviation, always.

    Parameters
    ----------
    features : int
        1: one mean and deviation for all bins. The number of bins: a pair for each.

    Notes
    -----
    Ulyanov, Vedaldi and Lempitsky (2016), "Instance normalization: the missing ingredient for fast
    stylization".
    """

    def __init__(self, features: int = 1) -> None:
        check_count(features, "features")
        super().__init__()
        self.norm = nn.InstanceNorm1d(features)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise x, (batch, channel, freq, frame); returns the same shape."""
        return normalize_by_bin(self.norm, x)


class ScaleAndShift(nn.Module):
    """Multiply by a learned gain and add a learned offset, from 1 and 0 on.

    Parameters
    ----------
    features : int
        1: one pair for all bins. The number of bins: a pair for each.
    """

    def __init__(self, features: int = 1) -> None:
        check_count(features, "features")
        super().__init__()
        self.scale = nn.Parameter(torch.ones(features, 1))
        self.shift = nn.Parameter(torch.zeros(features, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Scale and shift x, (batch, channel, freq, frame); returns the same shape."""
        check_axes(x, "x", "batch channel freq frame", self.scale, **bins_of(len(self.scale)))
        return self.scale * x + self.shift

    def extra_repr(self) -> str:
        return f"{len(self.scale)}"


def check_features(norm: nn.Module, x: Tensor) -> None:
    """Raise unless the spectrogram x has the bins that `norm` counts on."""
    check_axes(x, "x", "batch channel freq frame", norm.weight, **bins_of(norm.num_features))


def bins_of(features: int) -> dict[str, int]:
    """The size that a normalisation of so many features wants; one feature takes any."""
    return {} if features == 1 else {"freq": features}
