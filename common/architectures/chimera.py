"""Chimera: one body, two heads, masks and embeddings. The chapter *chimera* builds it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from common.blocks import (
    AmplitudeToDB,
    ApplyMask,
    BatchNorm,
    Embedding,
    InstanceNorm,
    RecurrentStack,
)
from common.checks import check_axes, check_choice, check_count


class Chimera(nn.Module):
    """`MaskInference` whose recurrent layers also learn to serve deep clustering.

    Only the masks separate. The embeddings are there for training: what tells the sources apart in
    each bin is worth knowing for the masks too.

    Parameters
    ----------
    bins, sources, channels : int
        Frequencies of the STFT, masks to infer, channels of the mixture.
    size : int
        Dimensions of the embedding.
    hidden, layers, kind, bidirectional, dropout
        Of its `RecurrentStack`.
    normalization : str
        ``batch`` or ``instance``.
    per_bin : bool
        Whether each bin is normalised by statistics of its own.
    activation, embedding_activation : str or sequence of str
        Of the `Embedding` that makes masks, and of the one that makes embeddings.
    reference : float
        The magnitude at 0 dB of its `AmplitudeToDB`.

    Notes
    -----
    Luo, Chen, Hershey, Le Roux and Mesgarani (2017), "Deep clustering and conventional networks for
    music separation: stronger together"; Wang, Le Roux and Hershey (2018), "Alternative objective
    functions for deep clustering" (chimera++); the blocks are those of nussl's
    ``build_recurrent_chimera``.
    """

    def __init__(
        self,
        bins: int = 513,
        sources: int = 2,
        channels: int = 1,
        size: int = 20,
        hidden: int = 128,
        layers: int = 2,
        kind: str = "lstm",
        bidirectional: bool = True,
        dropout: float = 0.0,
        normalization: str = "batch",
        per_bin: bool = False,
        activation: str | Sequence[str] = "sigmoid",
        embedding_activation: str | Sequence[str] = ("tanh", "unit_norm"),
        reference: float = 1.0,
    ) -> None:
        check_count(bins, "bins")
        check_count(sources, "sources")
        check_count(channels, "channels")
        check_choice(normalization, "normalization", ("batch", "instance"))
        super().__init__()
        norm = BatchNorm if normalization == "batch" else InstanceNorm
        self.to_db = AmplitudeToDB(reference)
        self.normalize = norm(bins if per_bin else 1)
        self.recurrent = RecurrentStack(
            bins * channels, hidden, layers, kind, bidirectional, dropout
        )
        width = self.recurrent.size
        self.embed = Embedding(width, bins, size, channels, embedding_activation)
        self.infer = Embedding(width, bins, sources, channels, activation)
        self.apply_mask = ApplyMask()

    def heads(self, magnitude: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, channel, freq, frame) to embeddings and masks.

        Returns
        -------
        embedding : tensor, (batch, size, channel, freq, frame)
        mask : tensor, (batch, source, channel, freq, frame)
        """
        check_axes(magnitude, "magnitude", "batch channel freq frame", self.embed.linear.weight,
                   freq=self.embed.shape[0], channel=self.embed.shape[1])  # fmt: skip
        x = self.normalize(self.to_db(magnitude))  # (batch, channel, freq, frame)
        x = x.permute(0, 3, 2, 1).flatten(2)  # (batch, frame, freq * channel)
        x = self.recurrent(x)  # (batch, frame, hidden * directions)
        return self.embed(x), self.infer(x)  # (batch, size or source, channel, freq, frame)

    def mask(self, magnitude: Tensor) -> Tensor:
        """(batch, channel, freq, frame) to masks, (batch, source, channel, freq, frame)."""
        return self.heads(magnitude)[1]

    def forward(self, magnitude: Tensor) -> Tensor:
        """The mixture's magnitude, (batch, channel, freq, frame), to the sources' magnitudes.

        Returns
        -------
        tensor, (batch, source, channel, freq, frame)
        """
        return self.apply_mask(self.mask(magnitude), magnitude)
