"""Applying a mask. The chapter *from-numpy-to-torch* builds it."""

from __future__ import annotations

from torch import Tensor, nn

from common.checks import check_axes


class ApplyMask(nn.Module):
    """Multiply the masks of all sources onto one mixture.

    The product passes gradients to both factors. nussl's ``Mask`` detaches the mixture; where the
    mixture is data, and nothing that is learned made it, the two learn the same.

    Examples
    --------
    >>> import torch
    >>> mask, mixture = torch.rand(8, 2, 1, 513, 100), torch.rand(8, 1, 513, 100)
    >>> ApplyMask()(mask, mixture).shape  # (batch, source, channel, freq, frame)
    torch.Size([8, 2, 1, 513, 100])
    """

    def forward(self, mask: Tensor, mixture: Tensor) -> Tensor:
        """Return the estimates.

        Parameters
        ----------
        mask : tensor, (batch, source, channel, freq, frame)
        mixture : tensor, (batch, channel, freq, frame)
            Magnitude.

        Returns
        -------
        tensor, (batch, source, channel, freq, frame)

        Raises
        ------
        TypeError, ValueError
            If the axes or their sizes do not fit.
        """
        check_fit(mask, mixture)
        return mask * mixture.unsqueeze(1)  # (batch, source, channel, freq, frame)


def check_fit(mask: Tensor, mixture: Tensor) -> None:
    """Raise unless the masks have the axes and sizes that the mixture's magnitude asks for."""
    check_axes(mixture, "mixture", "batch channel freq frame")
    sizes = dict(zip(("batch", "channel", "freq", "frame"), mixture.shape, strict=True))
    check_axes(mask, "mask", "batch source channel freq frame", **sizes)
