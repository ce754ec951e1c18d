"""All features of an example brought to one range. The chapter *tasnet* builds it."""

from __future__ import annotations

from torch import Tensor, nn

from common.checks import check_axes, check_count


class GlobalNorm(nn.Module):
    """Bring all numbers of an example to mean 0 and deviation 1, then scale and shift each feature.

    Parameters
    ----------
    features : int

    Notes
    -----
    The global layer normalization of Luo and Mesgarani (2019), "Conv-TasNet: surpassing ideal
    time-frequency magnitude masking for speech separation".
    """

    def __init__(self, features: int) -> None:
        check_count(features, "features")
        super().__init__()
        self.norm = nn.GroupNorm(1, features, eps=1e-8)  # one group: all features together

    def forward(self, x: Tensor) -> Tensor:
        """Normalise x, (batch, feature, ..., frame); returns the same shape."""
        check_axes(x, "x", "batch feature ... frame", self.norm.weight,
                   feature=self.norm.num_channels)  # fmt: skip
        return self.norm(x)
