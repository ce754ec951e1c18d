"""Mask inference: the blocks in a row. The chapter *mask-inference* builds it."""

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


class MaskInference(nn.Module):
    """Estimate the sources' magnitudes by a mask for each, inferred by a recurrent network.

    Parameters
    ----------
    bins, sources, channels : int
        Frequencies of the STFT, masks to infer, channels of the mixture.
    hidden, layers, kind, bidirectional, dropout
        Of its `RecurrentStack`.
    normalization : str
        ``batch`` or ``instance``.
    per_bin : bool
        Whether each bin is normalised by statistics of its own.
    activation : str or sequence of str
        Of its `Embedding`.
    reference : float
        The magnitude at 0 dB of its `AmplitudeToDB`.

    Notes
    -----
    Weninger, Hershey, Le Roux and Schuller (2014), "Discriminatively trained recurrent neural
    networks for single-channel speech separation"; the blocks are those of nussl's
    ``build_recurrent_mask_inference``.

    Examples
    --------
    >>> import torch
    >>> model = MaskInference(bins=513, sources=2, hidden=16, layers=1)
    >>> model(torch.rand(1, 1, 513, 50)).shape  # (batch, source, channel, freq, frame)
    torch.Size([1, 2, 1, 513, 50])
    """

    def __init__(
        self,
        bins: int = 513,
        sources: int = 2,
        channels: int = 1,
        hidden: int = 128,
        layers: int = 2,
        kind: str = "lstm",
        bidirectional: bool = True,
        dropout: float = 0.0,
        normalization: str = "batch",
        per_bin: bool = False,
        activation: str | Sequence[str] = "sigmoid",
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
        self.embed = Embedding(self.recurrent.size, bins, sources, channels, activation)
        self.apply_mask = ApplyMask()

    def mask(self, magnitude: Tensor) -> Tensor:
        """(batch, channel, freq, frame) to masks, (batch, source, channel, freq, frame)."""
        check_axes(magnitude, "magnitude", "batch channel freq frame", self.embed.linear.weight,
                   freq=self.embed.shape[0], channel=self.embed.shape[1])  # fmt: skip
        x = self.normalize(self.to_db(magnitude))  # (batch, channel, freq, frame)
        x = x.permute(0, 3, 2, 1).flatten(2)  # (batch, frame, freq * channel)
        x = self.recurrent(x)  # (batch, frame, hidden * directions)
        return self.embed(x)  # (batch, source, channel, freq, frame)

    def forward(self, magnitude: Tensor) -> Tensor:
        """The mixture's magnitude, (batch, channel, freq, frame), to the sources' magnitudes.

        Returns
        -------
        tensor, (batch, source, channel, freq, frame)
        """
        return self.apply_mask(self.mask(magnitude), magnitude)
