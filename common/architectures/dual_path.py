"""Dual path: recurrent layers within chunks and across them. The chapter *dual-path* builds it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from common.blocks import (
    ApplyMask,
    DualPathBlock,
    Embedding,
    GlobalNorm,
    LearnedDecoder,
    LearnedEncoder,
    from_chunks,
    to_chunks,
)
from common.blocks.dual_path import check_even
from common.checks import check_axes, check_count


class DualPath(nn.Module):
    """`TasNet` whose recurrent layers run within short chunks, and from chunk to chunk.

    Parameters
    ----------
    sources, channels : int
        Waveforms to estimate, channels of the mixture.
    filters, length, hop : int
        Of its `LearnedEncoder` and `LearnedDecoder`; the last two in samples.
    features : int
        What the bottleneck makes of the filters of a frame.
    chunk : int
        Frames of a chunk; even. Near the root of twice the sequence's frames, both paths are as
        short as they can be.
    hidden : int
        Of its `DualPathBlock`.
    blocks : int
    activation : str or sequence of str
        Of its `Embedding`.

    Notes
    -----
    Luo, Chen and Yoshioka (2020), "Dual-path RNN: efficient long sequence modeling for time-domain
    single-channel speech separation". There, each source gets features of its own before the chunks
    are joined.
    """

    def __init__(
        self,
        sources: int = 2,
        channels: int = 1,
        filters: int = 128,
        length: int = 64,
        hop: int = 32,
        features: int = 64,
        chunk: int = 50,
        hidden: int = 64,
        blocks: int = 6,
        activation: str | Sequence[str] = ("gated_tanh", "relu"),
    ) -> None:
        check_count(sources, "sources")
        check_count(channels, "channels")
        check_count(features, "features")
        check_count(blocks, "blocks")
        check_even(chunk, "chunk")
        super().__init__()
        self.encode = LearnedEncoder(filters, length, hop)
        self.normalize = GlobalNorm(filters * channels)
        self.bottleneck = nn.Conv1d(filters * channels, features, 1)
        self.chunk = chunk
        self.blocks = nn.Sequential(*(DualPathBlock(features, hidden) for _ in range(blocks)))
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
        x = to_chunks(x, self.chunk)  # (batch, feature, chunk, frame)
        x = self.blocks(x)  # (batch, feature, chunk, frame)
        x = from_chunks(x, w.shape[-1])  # (batch, feature, frame)
        x = self.rectify(x).transpose(1, 2)  # (batch, frame, feature)
        mask = self.embed(x)  # (batch, source, channel, filter, frame)
        estimate = self.apply_mask(mask, w)  # (batch, source, channel, filter, frame)
        return self.decode(estimate)[..., : mixture.shape[-1]]  # (batch, source, channel, sample)

    def extra_repr(self) -> str:
        return f"chunk={self.chunk}"
