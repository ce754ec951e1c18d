"""A long sequence in two short steps. The chapter *dual-path* builds it."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from common.blocks.global_norm import GlobalNorm
from common.blocks.recurrent import RecurrentStack
from common.checks import check_axes, check_count


def to_chunks(x: Tensor, size: int) -> Tensor:
    """Cut a sequence into chunks, of which each shares one half with the next.

    Zeros are put before the first and after the last frame, so that each frame lies in two chunks.

    Parameters
    ----------
    x : tensor, (batch, feature, frame)
    size : int
        Frames of a chunk; even.

    Returns
    -------
    tensor, (batch, feature, chunk, frame)
        ``1 + ceil(frame / (size / 2))`` chunks.

    Raises
    ------
    TypeError, ValueError
        If `x` has other axes, or the size is odd.

    Notes
    -----
    Luo, Chen and Yoshioka (2020), "Dual-path RNN: efficient long sequence modeling for time-domain
    single-channel speech separation", figure 1A.

    Examples
    --------
    >>> import torch
    >>> x = torch.rand(1, 16, 100)  # (batch, feature, frame)
    >>> chunks = to_chunks(x, 20)
    >>> torch.allclose(from_chunks(chunks, 100), x)
    True
    """
    check_axes(x, "x", "batch feature frame")
    check_even(size, "size")
    half = size // 2
    x = F.pad(x, (half, half + -x.shape[-1] % half))
    return x.unfold(2, size, half)  # (batch, feature, chunk, frame)


def from_chunks(chunks: Tensor, frames: int) -> Tensor:
    """Lay chunks over each other again, as `to_chunks` cut them: overlap-add, and the mean of two.

    Parameters
    ----------
    chunks : tensor, (batch, feature, chunk, frame)
    frames : int
        Of the sequence that was cut.

    Returns
    -------
    tensor, (batch, feature, frame)

    Raises
    ------
    TypeError, ValueError
        If there are not the chunks that `to_chunks` makes of so many frames.
    """
    check_chunks(chunks, frames)
    halves = chunks.unflatten(3, (2, -1))  # (batch, feature, chunk, half, frame)
    first, second = halves.unbind(3)  # both (batch, feature, chunk, frame)
    x = (first[:, :, 1:] + second[:, :, :-1]) / 2  # what two neighbours say of the same frames
    return x.flatten(2)[..., :frames]  # (batch, feature, frame)


class ResidualRNN(nn.Module):
    """A recurrent layer along the last axis, a linear layer and a norm, and a way round all three.

    Parameters
    ----------
    features : int
        Numbers that each place brings, and takes away.
    hidden : int
        Numbers that each direction keeps from place to place.
    norm_first : bool
        Whether the norm stands before the recurrent layer or, as without it, after the linear one.

    Notes
    -----
    Luo, Chen and Yoshioka (2020), "Dual-path RNN: efficient long sequence modeling for time-domain
    single-channel speech separation"; with the norm first: Luo and Yu (2023), "Music
    source separation with band-split RNN".
    """

    def __init__(self, features: int, hidden: int, norm_first: bool = False) -> None:
        super().__init__()
        self.recurrent = RecurrentStack(features, hidden)
        self.linear = nn.Linear(self.recurrent.size, features)
        self.normalize = GlobalNorm(features)
        self.norm_first = norm_first

    def forward(self, x: Tensor) -> Tensor:
        """(batch, feature, row, frame) to the same; each row is a sequence for itself."""
        check_axes(x, "x", "batch feature row frame", self.linear.weight,
                   feature=self.linear.out_features)  # fmt: skip
        y = self.normalize(x) if self.norm_first else x
        y = y.permute(0, 2, 3, 1)  # (batch, row, frame, feature)
        y = self.recurrent(y.flatten(0, 1))  # (batch * row, frame, hidden * directions)
        y = self.linear(y).unflatten(0, (len(x), -1))  # (batch, row, frame, feature)
        y = y.permute(0, 3, 1, 2)  # (batch, feature, row, frame)
        return x + (y if self.norm_first else self.normalize(y))

    def extra_repr(self) -> str:
        return f"norm_first={self.norm_first}"


class DualPathBlock(nn.Module):
    """Along the frames of each row, then across the rows at each frame.

    Rows are chunks in a dual-path network, and bands in a band-split one.

    Parameters
    ----------
    features, hidden, norm_first
        Of both `ResidualRNN`.

    Notes
    -----
    Luo, Chen and Yoshioka (2020), "Dual-path RNN: efficient long sequence modeling for time-domain
    single-channel speech separation", figure 1B.
    """

    def __init__(self, features: int, hidden: int, norm_first: bool = False) -> None:
        super().__init__()
        self.along = ResidualRNN(features, hidden, norm_first)
        self.across = ResidualRNN(features, hidden, norm_first)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, feature, row, frame) to the same."""
        x = self.along(x)  # (batch, feature, row, frame)
        x = self.across(x.transpose(2, 3))  # (batch, feature, frame, row)
        return x.transpose(2, 3)  # (batch, feature, row, frame)


def check_even(size: int, name: str) -> None:
    """Raise ValueError unless a chunk of so many frames has two halves."""
    check_count(size, name)
    if size % 2:
        raise ValueError(f"{name}: expected an even number, so that it has two halves, got {size}")


def check_chunks(chunks: Tensor, frames: int) -> None:
    """Raise unless these are the chunks that `to_chunks` makes of so many frames."""
    check_axes(chunks, "chunks", "batch feature chunk frame")
    check_even(chunks.shape[3], "frames of a chunk")
    check_count(frames, "frames")
    count = 1 + -(-frames // (chunks.shape[3] // 2))
    check_axes(chunks, "chunks", "batch feature chunk frame", chunk=count)
