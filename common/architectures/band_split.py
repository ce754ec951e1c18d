"""Band split: recurrent layers along time and across bands. The chapter *band-split* builds it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from common.blocks import BandDecoder, BandEncoder, DualPathBlock
from common.checks import check_axes, check_count
from common.stft import STFTConfig, istft, stft

# Of bins 21.5 Hz wide: 108 Hz up to 1.1 kHz, 258 Hz up to 4.2, 517 Hz up to 8.3, then 0.9 kHz.
WIDTHS = (5,) * 10 + (12,) * 12 + (24,) * 8 + (42, 42, 43)


class BandSplit(nn.Module):
    """Estimate the sources' waveforms by complex masks, inferred band by band.

    Parameters
    ----------
    sources, channels : int
        Waveforms to estimate, channels of the mixture.
    window_length, hop : int
        Of its STFT, in samples.
    widths : sequence of int
        Bins of each band, from the lowest on; together, all of the STFT.
    features : int
        What is kept of each band of each frame.
    hidden : int
        Of its `DualPathBlock`, and of the masks' layers.
    blocks : int

    Raises
    ------
    ValueError
        If the bands have more or fewer bins than the STFT.

    Notes
    -----
    Luo and Yu (2023), "Music source separation with band-split RNN". There, each source has a
    network of its own, with bands for it, at 44.1 kHz.
    """

    def __init__(
        self,
        sources: int = 2,
        channels: int = 1,
        window_length: int = 1024,
        hop: int = 256,
        widths: Sequence[int] = WIDTHS,
        features: int = 64,
        hidden: int = 64,
        blocks: int = 4,
    ) -> None:
        check_count(sources, "sources")
        check_count(channels, "channels")
        check_count(blocks, "blocks")
        super().__init__()
        self.config = STFTConfig(window_length, hop)
        check_bins(widths, window_length)
        self.shape = (2, sources, channels)  # real and imaginary part of each mask
        self.split = BandEncoder(widths, 2 * channels, features)
        self.blocks = nn.Sequential(
            *(DualPathBlock(features, hidden, norm_first=True) for _ in range(blocks)))  # fmt: skip
        self.estimate = BandDecoder(widths, 2 * sources * channels, features, hidden)

    def forward(self, mixture: Tensor) -> Tensor:
        """The mixture, (batch, channel, sample), to the sources.

        Returns
        -------
        tensor, (batch, source, channel, sample)
        """
        check_axes(mixture, "mixture", "batch channel sample", next(self.parameters()),
                   channel=self.shape[2])  # fmt: skip
        X = stft(mixture, self.config)  # (batch, channel, freq, frame)
        x = torch.cat([X.real, X.imag], dim=1)  # (batch, 2 * channel, freq, frame)
        x = self.split(x)  # (batch, feature, band, frame)
        x = self.blocks(x)  # (batch, feature, band, frame)
        x = self.estimate(x)  # (batch, 2 * source * channel, freq, frame)
        x = x.unflatten(1, self.shape)  # (batch, 2, source, channel, freq, frame)
        mask = torch.complex(x[:, 0], x[:, 1])  # (batch, source, channel, freq, frame)
        return istft(mask * X.unsqueeze(1), length=mixture.shape[-1], config=self.config)


def check_bins(widths: Sequence[int], window_length: int) -> None:
    """Raise ValueError unless the bands together have the bins of such a window."""
    bins = window_length // 2 + 1
    if sum(widths) != bins:
        raise ValueError(
            f"widths: expected {bins} bins together, those of a window of {window_length} samples, "
            f"got {sum(widths)}; make a band wider or narrower"
        )
