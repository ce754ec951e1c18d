"""Mask inference with two shortcuts. The chapter *results* builds it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from common.blocks import AmplitudeToDB, ApplyMask, BatchNorm, Embedding, RecurrentStack
from common.checks import check_axes, check_count


class SkipMaskInference(nn.Module):
    """`MaskInference` whose recurrent layers stand between a projection and a skip.

    The projection gives the recurrent layers a few features in place of all bins; the skip carries
    the same features past them, so that they need to remember only what other frames say.

    Parameters
    ----------
    bins, sources, channels : int
        Frequencies of the STFT, masks to infer, channels of the mixture.
    features : int
        What the projection makes of the bins of a frame.
    hidden, layers, kind, bidirectional, dropout
        Of its `RecurrentStack`.
    activation : str or sequence of str
        Of its `Embedding`.
    reference : float
        The magnitude at 0 dB of its `AmplitudeToDB`.

    Notes
    -----
    Projection and skip are those of Open-Unmix: Stöter, Uhlich, Liutkus and Mitsufuji (2019),
    "Open-Unmix: a reference implementation for music source separation".
    """

    def __init__(
        self,
        bins: int = 513,
        sources: int = 2,
        channels: int = 1,
        features: int = 256,
        hidden: int = 256,
        layers: int = 2,
        kind: str = "lstm",
        bidirectional: bool = True,
        dropout: float = 0.0,
        activation: str | Sequence[str] = "sigmoid",
        reference: float = 1.0,
    ) -> None:
        check_count(bins, "bins")
        check_count(sources, "sources")
        check_count(channels, "channels")
        check_count(features, "features")
        super().__init__()
        self.to_db = AmplitudeToDB(reference)
        self.normalize = BatchNorm(bins)
        self.project = nn.Linear(bins * channels, features)
        self.recurrent = RecurrentStack(features, hidden, layers, kind, bidirectional, dropout)
        self.embed = Embedding(features + self.recurrent.size, bins, sources, channels, activation)
        self.apply_mask = ApplyMask()

    def mask(self, magnitude: Tensor) -> Tensor:
        """(batch, channel, freq, frame) to masks, (batch, source, channel, freq, frame)."""
        check_axes(magnitude, "magnitude", "batch channel freq frame", self.embed.linear.weight,
                   freq=self.embed.shape[0], channel=self.embed.shape[1])  # fmt: skip
        x = self.normalize(self.to_db(magnitude))  # (batch, channel, freq, frame)
        x = x.permute(0, 3, 2, 1).flatten(2)  # (batch, frame, freq * channel)
        x = torch.tanh(self.project(x))  # (batch, frame, feature)
        x = torch.cat([x, self.recurrent(x)], dim=2)  # (batch, frame, feature)
        return self.embed(x)  # (batch, source, channel, freq, frame)

    def forward(self, magnitude: Tensor) -> Tensor:
        """The mixture's magnitude, (batch, channel, freq, frame), to the sources' magnitudes.

        Returns
        -------
        tensor, (batch, source, channel, freq, frame)
        """
        return self.apply_mask(self.mask(magnitude), magnitude)
