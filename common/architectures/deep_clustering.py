"""Deep clustering: a point for every bin, masks by k-means. *deep-clustering* builds it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from common.blocks import (
    AmplitudeToDB,
    BatchNorm,
    Embedding,
    InstanceNorm,
    RecurrentStack,
    cluster_masks,
    find_centres,
    spread_centres,
)
from common.blocks.clustering import check_hardness
from common.checks import check_axes, check_choice, check_count


class DeepClustering(nn.Module):
    """Put the bins of one source near each other, in a space where k-means finds them.

    It has no output for each source: trained with `common.losses.deep_clustering`, it tells sources
    apart that none can name, two voices, and also more of them than it was trained with.

    Parameters
    ----------
    bins, sources, channels : int
        Frequencies of the STFT, clusters to find, channels of the mixture.
    size : int
        Dimensions of the embedding.
    hidden, layers, kind, bidirectional, dropout
        Of its `RecurrentStack`.
    normalization : str
        ``batch`` or ``instance``.
    per_bin : bool
        Whether each bin is normalised by statistics of its own.
    activation : str or sequence of str
        Of its `Embedding`; ``unit_norm`` last.
    reference : float
        The magnitude at 0 dB of its `AmplitudeToDB`.
    hardness : float, optional
        Of `cluster_masks`: soft masks. Without it they are binary.

    Notes
    -----
    Hershey, Chen, Le Roux and Watanabe (2016), "Deep clustering: discriminative embeddings for
    segmentation and separation"; the blocks are those of nussl's ``build_recurrent_dpcl``. The
    anchors are this book's addition.
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
        activation: str | Sequence[str] = ("tanh", "unit_norm"),
        reference: float = 1.0,
        hardness: float | None = None,
    ) -> None:
        check_count(bins, "bins")
        check_count(sources, "sources")
        check_count(channels, "channels")
        check_choice(normalization, "normalization", ("batch", "instance"))
        check_hardness(hardness)
        super().__init__()
        norm = BatchNorm if normalization == "batch" else InstanceNorm
        self.to_db = AmplitudeToDB(reference)
        self.normalize = norm(bins if per_bin else 1)
        self.recurrent = RecurrentStack(
            bins * channels, hidden, layers, kind, bidirectional, dropout
        )
        self.embed = Embedding(self.recurrent.size, bins, size, channels, activation)
        self.register_buffer("anchors", torch.zeros(sources, size))
        self.hardness = hardness

    def forward(self, magnitude: Tensor) -> Tensor:
        """The mixture's magnitude, (batch, channel, freq, frame), to an embedding for each bin.

        Returns
        -------
        tensor, (batch, size, channel, freq, frame)
        """
        check_axes(magnitude, "magnitude", "batch channel freq frame", self.embed.linear.weight,
                   freq=self.embed.shape[0], channel=self.embed.shape[1])  # fmt: skip
        x = self.normalize(self.to_db(magnitude))  # (batch, channel, freq, frame)
        x = x.permute(0, 3, 2, 1).flatten(2)  # (batch, frame, freq * channel)
        x = self.recurrent(x)  # (batch, frame, hidden * directions)
        return self.embed(x)  # (batch, size, channel, freq, frame)

    def mask(self, magnitude: Tensor) -> Tensor:
        """(batch, channel, freq, frame) to masks, (batch, source, channel, freq, frame).

        To separate with, not to learn from: by k-means among the bins of each example. It starts at
        the anchors and gives the masks in their order; without any, in an order of its own.
        """
        V = self(magnitude)
        start = self.anchors.expand(len(V), -1, -1)  # (batch, source, size)
        if not self.anchors.any():
            start = spread_centres(V, magnitude, len(self.anchors))
        centres = find_centres(V, magnitude, start)  # (batch, source, size)
        return cluster_masks(V, centres, self.hardness)  # (batch, source, channel, freq, frame)

    @torch.no_grad()
    def remember(self, embedding: Tensor, target: Tensor) -> None:
        """Move the anchors a tenth of the way to where each source's bins lie now.

        For sources that have names. Call it while training, with the batch's embeddings and
        `common.losses.loudest_source`; the anchors are stored with the weights.
        """
        sums = torch.einsum("bdcft,bncft->nd", embedding, target)
        self.anchors.lerp_(F.normalize(sums, dim=1), 0.1)
