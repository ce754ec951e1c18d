"""Conv-TasNet: TasNet without recurrent layers. The chapter *tasnet* builds it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from common.blocks import (
    ApplyMask,
    DilatedStack,
    Embedding,
    GlobalNorm,
    LearnedDecoder,
    LearnedEncoder,
)
from common.checks import check_axes, check_count


class ConvTasNet(nn.Module):
    """`TasNet` whose masks are inferred by convolutions, which look at all frames at once.

    Parameters
    ----------
    sources, channels : int
        Waveforms to estimate, channels of the mixture.
    filters, length, hop : int
        Of its `LearnedEncoder` and `LearnedDecoder`; the last two in samples.
    features : int
        What the bottleneck makes of the filters of a frame.
    hidden, layers, repeats, kernel : int
        Of its `DilatedStack`.
    activation : str or sequence of str
        Of its `Embedding`.

    Notes
    -----
    Luo and Mesgarani (2019), "Conv-TasNet: surpassing ideal time-frequency magnitude masking for
    speech separation". There, the skip paths may be of another width than the bottleneck.

    Examples
    --------
    >>> import torch
    >>> model = ConvTasNet(filters=32, features=16, hidden=16, layers=2, repeats=1)
    >>> model(torch.rand(1, 1, 4000)).shape  # (batch, source, channel, sample)
    torch.Size([1, 2, 1, 4000])
    """

    def __init__(
        self,
        sources: int = 2,
        channels: int = 1,
        filters: int = 256,
        length: int = 64,
        hop: int = 32,
        features: int = 96,
        hidden: int = 192,
        layers: int = 8,
        repeats: int = 2,
        kernel: int = 3,
        activation: str | Sequence[str] = "sigmoid",
    ) -> None:
        check_count(sources, "sources")
        check_count(channels, "channels")
        check_count(features, "features")
        super().__init__()
        self.encode = LearnedEncoder(filters, length, hop)
        self.normalize = GlobalNorm(filters * channels)
        self.bottleneck = nn.Conv1d(filters * channels, features, 1)
        self.convolve = DilatedStack(features, hidden, layers, repeats, kernel)
        self.rectify = nn.PReLU()
        self.embed = Embedding(features, filters, sources, channels, activation)
        self.apply_mask = ApplyMask()
        self.decode = LearnedDecoder(filters, length, hop)

    def forward(self, mixture: Tensor) -> Tensor:
        """The mixture, (batch, channel, sample), to the sources.

        Returns
        -------
        tensor, (batch, source, channel, sample)
        """
        check_axes(mixture, "mixture", "batch channel sample", self.embed.linear.weight,
                   channel=self.embed.shape[1])  # fmt: skip
        w = self.encode(mixture)  # (batch, channel, filter, frame)
        x = w.transpose(1, 2).flatten(1, 2)  # (batch, filter * channel, frame)
        x = self.bottleneck(self.normalize(x))  # (batch, feature, frame)
        x = self.convolve(x)  # (batch, feature, frame)
        x = self.rectify(x).transpose(1, 2)  # (batch, frame, feature)
        mask = self.embed(x)  # (batch, source, channel, filter, frame)
        estimate = self.apply_mask(mask, w)  # (batch, source, channel, filter, frame)
        return self.decode(estimate)[..., : mixture.shape[-1]]  # (batch, source, channel, sample)
