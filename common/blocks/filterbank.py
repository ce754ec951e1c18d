"""Filters that are learned, in the place of the STFT. The chapter *tasnet* builds them."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from common.blocks.activation import activate
from common.checks import check_axes, check_choice, check_count


class LearnedEncoder(nn.Module):
    """Compare each frame of a sound with filters: how much of each is in it.

    Zeros are put before the first and after the last sample, so that each sample lies in as many
    frames as any other.

    Parameters
    ----------
    filters : int
    length : int
        Samples of a filter, and of a frame; a multiple of the hop.
    hop : int
        Samples from one frame to the next.
    activation : str
        ``relu`` leaves no negative numbers, ``none`` leaves all as they are.

    Raises
    ------
    ValueError
        If the length is no multiple of the hop, or there is no such activation.

    Notes
    -----
    Luo and Mesgarani (2018), "TasNet: time-domain audio separation network for real-time,
    single-channel speech separation", whose encoder multiplies a ReLU by a gate; Luo and Mesgarani
    (2019), "Conv-TasNet: surpassing ideal time-frequency magnitude masking for speech separation",
    with the ReLU alone or nothing.
    """

    def __init__(self, filters: int, length: int, hop: int, activation: str = "relu") -> None:
        check_count(filters, "filters")
        check_grid(length, hop)
        check_choice(activation, "activation", ("relu", "none"))
        super().__init__()
        self.filters = nn.Conv1d(1, filters, length, hop, padding=length - hop, bias=False)
        self.hop, self.activation = hop, activation

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channel, sample) to (batch, channel, filter, frame)."""
        check_axes(x, "x", "batch channel sample", self.filters.weight)
        y = F.pad(x, (0, -x.shape[-1] % self.hop))  # to whole hops
        y = self.filters(y.flatten(0, 1).unsqueeze(1))  # (batch * channel, filter, frame)
        y = y.unflatten(0, x.shape[:2])  # (batch, channel, filter, frame)
        return activate(y, self.activation)

    def extra_repr(self) -> str:
        return f"activation={self.activation}"


class LearnedDecoder(nn.Module):
    """Add up filters, frame by frame, each as loud as it is told: overlap-add.

    It gives whole hops; the caller cuts off what is longer than the sound was.

    Parameters
    ----------
    filters, length, hop : int
        Of its `LearnedEncoder`.

    Raises
    ------
    ValueError
        If the length is no multiple of the hop.

    Notes
    -----
    Luo and Mesgarani (2019), "Conv-TasNet: surpassing ideal time-frequency magnitude masking for
    speech separation".
    """

    def __init__(self, filters: int, length: int, hop: int) -> None:
        check_count(filters, "filters")
        check_grid(length, hop)
        super().__init__()
        self.filters = nn.ConvTranspose1d(filters, 1, length, hop, padding=length - hop, bias=False)

    def forward(self, y: Tensor) -> Tensor:
        """(batch, source, channel, filter, frame) to (batch, source, channel, sample)."""
        check_axes(y, "y", "batch source channel filter frame", self.filters.weight,
                   filter=self.filters.in_channels)  # fmt: skip
        x = self.filters(y.flatten(0, 2))  # (batch * source * channel, 1, sample)
        return x.squeeze(1).unflatten(0, y.shape[:3])  # (batch, source, channel, sample)


def check_grid(length: int, hop: int) -> None:
    """Raise ValueError unless frames of this length, a hop apart, cover all samples alike."""
    check_count(length, "length")
    check_count(hop, "hop")
    if length % hop:
        raise ValueError(
            f"length: expected a multiple of the hop, {hop} samples, got {length}; take, for "
            f"example, {2 * hop}"
        )
