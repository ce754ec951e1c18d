"""A linear layer that keeps its outputs in range. The chapter *open-unmix* builds it."""

from __future__ import annotations

from torch import Tensor, nn

from common.checks import check_axes, check_count


class NormalizedLinear(nn.Module):
    """A linear layer on each frame, and batch norm of each feature that comes out.

    Parameters
    ----------
    features : int
        Numbers that a frame brings.
    size : int
        Numbers that it leaves with. The norm's offset stands for the linear layer's bias.

    Notes
    -----
    Open-Unmix has it three times: Stöter, Uhlich, Liutkus and Mitsufuji (2019), "Open-Unmix: a
    reference implementation for music source separation".
    """

    def __init__(self, features: int, size: int) -> None:
        check_count(features, "features")
        check_count(size, "size")
        super().__init__()
        self.linear = nn.Linear(features, size, bias=False)
        self.norm = nn.BatchNorm1d(size)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, frame, feature) to (batch, frame, size)."""
        check_axes(x, "x", "batch frame feature", self.linear.weight,
                   feature=self.linear.in_features)  # fmt: skip
        x = self.linear(x)  # (batch, frame, size)
        return self.norm(x.transpose(1, 2)).transpose(1, 2)
