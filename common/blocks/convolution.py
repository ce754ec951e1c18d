"""Pictures made smaller, and larger again. The chapter *u-net* builds it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from common.checks import check_axes, check_count

KERNEL = 5  # bins and frames


class EncoderStage(nn.Module):
    """Half as many bins and frames, rounded up, of other feature maps.

    A convolution of 5 x 5 in steps of 2, batch norm of each map, and a leaky ReLU.

    Parameters
    ----------
    maps, size : int
        Feature maps that come in, and that go out.

    Notes
    -----
    Jansson et al. (2017), "Singing voice separation with deep U-Net convolutional networks".
    """

    def __init__(self, maps: int, size: int) -> None:
        check_count(maps, "maps")
        check_count(size, "size")
        super().__init__()
        self.conv = nn.Conv2d(maps, size, KERNEL, stride=2, padding=KERNEL // 2, bias=False)
        self.norm = nn.BatchNorm2d(size)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, map, freq, frame) to (batch, size, freq / 2, frame / 2)."""
        check_axes(x, "x", "batch map freq frame", self.conv.weight, map=self.conv.in_channels)
        return F.leaky_relu(self.norm(self.conv(x)), 0.2)


class DecoderStage(nn.Module):
    """An `EncoderStage` the other way round, up to the bins and frames that are asked for.

    A transposed convolution of 5 x 5 in steps of 2, batch norm of each map, a ReLU, and dropout.

    Parameters
    ----------
    maps, size : int
        Feature maps that come in, and that go out.
    dropout : float
        Share of the numbers that training sets to 0.

    Notes
    -----
    Jansson et al. (2017), "Singing voice separation with deep U-Net convolutional networks".
    """

    def __init__(self, maps: int, size: int, dropout: float = 0.0) -> None:
        check_count(maps, "maps")
        check_count(size, "size")
        check_share(dropout)
        super().__init__()
        self.conv = nn.ConvTranspose2d(maps, size, KERNEL, stride=2, padding=KERNEL // 2,
                                       bias=False)  # fmt: skip
        self.norm = nn.BatchNorm2d(size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, shape: Sequence[int]) -> Tensor:
        """(batch, map, freq, frame) to ``(batch, size, *shape)``.

        Parameters
        ----------
        x : tensor, (batch, map, freq, frame)
        shape : (int, int)
            Bins and frames that an `EncoderStage` made x's of: of x's, each either twice as many or
            one less.
        """
        check_axes(x, "x", "batch map freq frame", self.conv.weight, map=self.conv.in_channels)
        check_doubled(x, shape)
        x = self.conv(x, output_size=shape)  # (batch, size, freq, frame), twice as many
        return self.dropout(F.relu(self.norm(x)))


def check_share(dropout: float) -> None:
    """Raise ValueError unless dropout is a share below 1."""
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout: expected a share in [0, 1), got {dropout}")


def check_doubled(x: Tensor, shape: Sequence[int]) -> None:
    """Raise ValueError unless halving `shape`, rounded up, gives the bins and frames of x."""
    if tuple(-(-n // 2) for n in shape) != tuple(x.shape[2:]):
        freq, frame = x.shape[2:]
        raise ValueError(
            f"shape: expected {2 * freq - 1} or {2 * freq} bins, {2 * frame - 1} or {2 * frame} "
            f"frames, got {tuple(shape)}; pass the shape that went into the encoder's stage"
        )
