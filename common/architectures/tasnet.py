"""TasNet: mask inference on learned filters. The chapter *tasnet* builds it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from common.blocks import ApplyMask, Embedding, LearnedDecoder, LearnedEncoder, RecurrentStack
from common.checks import check_axes, check_count


class TasNet(nn.Module):
    """Estimate the sources' waveforms by masks on what learned filters say of the mixture.

    Parameters
    ----------
    sources, channels : int
        Waveforms to estimate, channels of the mixture. All channels have the same filters; the
        recurrent layers hear them together.
    filters, length, hop : int
        Of its `LearnedEncoder` and `LearnedDecoder`; the last two in samples.
    hidden, layers, bidirectional
        Of its `RecurrentStack`.
    activation : str or sequence of str
        Of its `Embedding`.

    Notes
    -----
    Luo and Mesgarani (2018), "TasNet: time-domain audio separation network for real-time,
    single-channel speech separation". There, frames do not overlap, the encoder has a gate, and
    each segment of the mixture is scaled to length 1.
    """

    def __init__(
        self,
        sources: int = 2,
        channels: int = 1,
        filters: int = 256,
        length: int = 64,
        hop: int = 32,
        hidden: int = 128,
        layers: int = 2,
        bidirectional: bool = True,
        activation: str | Sequence[str] = "softmax",
    ) -> None:
        check_count(sources, "sources")
        check_count(channels, "channels")
        super().__init__()
        self.encode = LearnedEncoder(filters, length, hop)
        self.normalize = nn.LayerNorm(filters * channels)
        self.recurrent = RecurrentStack(filters * channels, hidden, layers,
                                        bidirectional=bidirectional)  # fmt: skip
        self.embed = Embedding(self.recurrent.size, filters, sources, channels, activation)
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
        x = w.permute(0, 3, 2, 1).flatten(2)  # (batch, frame, filter * channel)
        x = self.recurrent(self.normalize(x))  # (batch, frame, hidden * directions)
        mask = self.embed(x)  # (batch, source, channel, filter, frame)
        estimate = self.apply_mask(mask, w)  # (batch, source, channel, filter, frame)
        return self.decode(estimate)[..., : mixture.shape[-1]]  # (batch, source, channel, sample)
