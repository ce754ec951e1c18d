"""Features that look at other frames, ever farther away. The chapter *tasnet* builds it."""

from __future__ import annotations

from torch import Tensor, nn

from common.blocks.global_norm import GlobalNorm
from common.checks import check_axes, check_count


class DilatedBlock(nn.Module):
    """A convolution over time with gaps, each feature by itself, between two that mix features.

    Parameters
    ----------
    features : int
        Numbers that a frame brings, and takes away on the residual path.
    hidden : int
        Numbers in between.
    kernel : int
        Frames that the convolution looks at; odd.
    dilation : int
        Frames from one of these to the next.
    last : bool
        Whether no block follows, so that the residual path would lead nowhere.

    Raises
    ------
    ValueError
        If the kernel is even: it would have no middle.

    Notes
    -----
    Luo and Mesgarani (2019), "Conv-TasNet: surpassing ideal time-frequency magnitude masking for
    speech separation", figure 1C.
    """

    def __init__(
        self, features: int, hidden: int, kernel: int = 3, dilation: int = 1, last: bool = False
    ) -> None:
        check_count(features, "features")
        check_count(hidden, "hidden")
        check_count(dilation, "dilation")
        check_odd(kernel)
        super().__init__()
        self.widen = nn.Sequential(
            nn.Conv1d(features, hidden, 1), nn.PReLU(), GlobalNorm(hidden))  # fmt: skip
        around = kernel // 2 * dilation  # frames on each side
        self.look = nn.Sequential(
            nn.Conv1d(hidden, hidden, kernel, padding=around, dilation=dilation, groups=hidden),
            nn.PReLU(), GlobalNorm(hidden))  # fmt: skip
        self.residual = None if last else nn.Conv1d(hidden, features, 1)
        self.skip = nn.Conv1d(hidden, features, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, feature, frame) to two of the same shape: for the next block, for the sum."""
        check_axes(x, "x", "batch feature frame", self.skip.weight,
                   feature=self.skip.out_channels)  # fmt: skip
        y = self.look(self.widen(x))  # (batch, hidden, frame)
        return x if self.residual is None else x + self.residual(y), self.skip(y)


class DilatedStack(nn.Module):
    """Blocks whose dilation doubles from one to the next, again and again; their skips added up.

    Parameters
    ----------
    features, hidden, kernel : int
        Of each `DilatedBlock`.
    layers : int
        Blocks in a row, with dilations 1, 2, 4, …
    repeats : int
        Such rows.

    Notes
    -----
    Luo and Mesgarani (2019), "Conv-TasNet: surpassing ideal time-frequency magnitude masking for
    speech separation", figure 1B; doubled dilations: Van den Oord et al. (2016), "WaveNet: a
    generative model for raw audio".
    """

    def __init__(
        self, features: int, hidden: int, layers: int = 8, repeats: int = 2, kernel: int = 3
    ) -> None:
        check_count(layers, "layers")
        check_count(repeats, "repeats")
        super().__init__()
        dilations = [2**layer for layer in range(layers)] * repeats
        self.blocks = nn.ModuleList(
            DilatedBlock(features, hidden, kernel, dilation, last=place == len(dilations))
            for place, dilation in enumerate(dilations, start=1))  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """(batch, feature, frame) to (batch, feature, frame)."""
        total = 0
        for block in self.blocks:
            x, skip = block(x)
            total = total + skip
        return total


def check_odd(kernel: int) -> None:
    """Raise ValueError unless a kernel of so many frames has a middle."""
    check_count(kernel, "kernel")
    if kernel % 2 == 0:
        raise ValueError(f"kernel: expected an odd number of frames, got {kernel}")
