"""Magnitudes as levels. The chapter *log-magnitude* builds it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from common.checks import check_axes, check_positive


class AmplitudeToDB(nn.Module):
    """Magnitudes to levels in decibels, never below a floor.

    Parameters
    ----------
    reference : float
        The magnitude at 0 dB; ``STFTConfig().full_scale`` makes it that of a full-scale sine.
    floor : float
        Lowest level returned, in dB. It keeps the logarithm finite in silence, and its gradient 0.

    Examples
    --------
    >>> import torch
    >>> AmplitudeToDB()(torch.tensor([[[[1.0, 0.1, 0.0]]]]))
    tensor([[[[  0., -20., -80.]]]])
    """

    def __init__(self, reference: float = 1.0, floor: float = -80.0) -> None:
        check_positive(reference, "reference")
        super().__init__()
        self.reference = reference
        self.least = reference * 10 ** (floor / 20)

    def forward(self, magnitude: Tensor) -> Tensor:
        """Magnitude to dB, both (batch, channel, freq, frame)."""
        check_axes(magnitude, "magnitude", "batch channel freq frame")
        return 20 * torch.log10(magnitude.clamp(min=self.least) / self.reference)

    def extra_repr(self) -> str:
        return f"reference={self.reference:g}, least={self.least:g}"
