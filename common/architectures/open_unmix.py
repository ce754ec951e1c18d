"""Open-Unmix: squeeze, recur, skip, expand, scale. The chapter *open-unmix* builds it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from common.blocks import ApplyMask, NormalizedLinear, RecurrentStack, ScaleAndShift
from common.checks import check_axes, check_count


class OpenUnmix(nn.Module):
    """Masks from magnitudes as they are, by learned scales, a narrow LSTM, and a skip around it.

    Parameters
    ----------
    bins, sources, channels : int
        Frequencies of the STFT, masks to infer, channels of the mixture. The paper trains a network
        of one mask for each source, on stereo.
    hidden : int
        Numbers that the bins of a frame are squeezed into; of an LSTM that reads both ways each
        direction has half. 512 in the paper. Even.
    layers, bidirectional, dropout
        Of its `RecurrentStack`.

    Notes
    -----
    Stöter, Uhlich, Liutkus and Mitsufuji (2019), "Open-Unmix: a reference implementation for music
    source separation". With one source it computes what the package's ``OpenUnmix`` computes. That
    one can start its input scales from statistics of the songs, and ignore the highest bins.
    """

    def __init__(
        self,
        bins: int = 513,
        sources: int = 2,
        channels: int = 1,
        hidden: int = 256,
        layers: int = 3,
        bidirectional: bool = True,
        dropout: float = 0.4,
    ) -> None:
        check_count(bins, "bins")
        check_count(sources, "sources")
        check_count(channels, "channels")
        check_even(hidden, "hidden")
        super().__init__()
        self.shape = (bins, channels, sources)
        self.standardize = ScaleAndShift(bins)
        self.squeeze = NormalizedLinear(channels * bins, hidden)
        each = hidden // 2 if bidirectional else hidden
        self.recurrent = RecurrentStack(hidden, each, layers, "lstm", bidirectional, dropout)
        self.combine = NormalizedLinear(2 * hidden, hidden)
        self.expand = NormalizedLinear(hidden, sources * channels * bins)
        self.rescale = ScaleAndShift(bins)
        nn.init.ones_(self.rescale.shift)  # masks start around 1
        self.apply_mask = ApplyMask()

    def mask(self, magnitude: Tensor) -> Tensor:
        """(batch, channel, freq, frame) to masks, (batch, source, channel, freq, frame)."""
        bins, channels, sources = self.shape
        check_axes(magnitude, "magnitude", "batch channel freq frame", self.rescale.scale,
                   freq=bins, channel=channels)  # fmt: skip
        x = self.standardize(magnitude)  # (batch, channel, freq, frame)
        x = x.flatten(1, 2).transpose(1, 2)  # (batch, frame, channel * freq)
        x = torch.tanh(self.squeeze(x))  # (batch, frame, hidden)
        x = torch.cat([x, self.recurrent(x)], dim=2)  # (batch, frame, 2 * hidden)
        x = torch.relu(self.combine(x))  # (batch, frame, hidden)
        x = self.expand(x).transpose(1, 2)  # (batch, source * channel * freq, frame)
        x = x.unflatten(1, (sources * channels, bins))  # (batch, source * channel, freq, frame)
        x = torch.relu(self.rescale(x))
        return x.unflatten(1, (sources, channels))  # (batch, source, channel, freq, frame)

    def forward(self, magnitude: Tensor) -> Tensor:
        """The mixture's magnitude, (batch, channel, freq, frame), to the sources' magnitudes.

        Returns
        -------
        tensor, (batch, source, channel, freq, frame)
        """
        return self.apply_mask(self.mask(magnitude), magnitude)


def check_even(value: int, name: str) -> None:
    """Raise ValueError unless `value` is an even number above 0."""
    check_count(value, name)
    if value % 2:
        raise ValueError(f"{name}: expected an even number, got {value}; take {value + 1}")
