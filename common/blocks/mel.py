"""Fewer frequencies, spaced as the ear spaces them. The chapter *log-magnitude* builds it."""

from __future__ import annotations

import librosa
import torch
from torch import Tensor, nn

from common.checks import check_axes, check_choice, check_count, check_positive

DIRECTIONS = ("forward", "transpose", "pseudo-inverse")


class MelProjection(nn.Module):
    """Sum the bins of a spectrogram into mel bands, or spread mel bands over the bins.

    Parameters
    ----------
    bins : int
        Frequencies of the STFT.
    mels : int
        Mel bands; so few that each covers at least one bin.
    rate : float
        Hz.
    direction : str
        ``forward`` averages the bins of each band: its weights add up to 1. ``transpose`` gives
        each bin the mean of the bands that it is in, so a mask stays in [0, 1]. ``pseudo-inverse``
        comes nearest to the forward projection undone, with values of either sign.
    trainable : bool
        Whether the weights are learned from where they start.

    Raises
    ------
    ValueError
        If a band would cover no bin.

    Notes
    -----
    The bands are librosa's, of Slaney's mel scale. nussl's ``MelProjection`` has the directions
    ``forward``, and ``backward``, which is ``pseudo-inverse`` here.
    """

    def __init__(
        self,
        bins: int,
        mels: int,
        rate: float,
        direction: str = "forward",
        trainable: bool = False,
    ) -> None:
        check_count(bins, "bins", above=1)
        check_count(mels, "mels")
        check_positive(rate, "rate")
        check_choice(direction, "direction", DIRECTIONS)
        check_bands(bins, mels, rate)
        super().__init__()
        bands = torch.tensor(librosa.filters.mel(sr=rate, n_fft=2 * (bins - 1), n_mels=mels))
        bands = bands / bands.sum(dim=1, keepdim=True)  # (mel, freq): each row a mean over bins
        if direction == "transpose":
            bands = bands.T / bands.sum(dim=0)[:, None].clamp(min=1e-8)  # (freq, mel)
        elif direction == "pseudo-inverse":
            bands = torch.linalg.pinv(bands)  # (freq, mel)
        self.bands = nn.Parameter(bands.contiguous(), requires_grad=trainable)

    def forward(self, x: Tensor) -> Tensor:
        """(..., freq, frame) to (..., mel, frame), or back, as the direction says."""
        check_axes(x, "x", "... freq frame", self.bands, freq=self.bands.shape[1])
        return self.bands @ x

    def extra_repr(self) -> str:
        return f"{self.bands.shape[1]} -> {self.bands.shape[0]}"


def check_bands(bins: int, mels: int, rate: float) -> None:
    """Raise ValueError if a mel band would lie between two bins."""
    at = librosa.fft_frequencies(sr=rate, n_fft=2 * (bins - 1))  # Hz
    edges = librosa.mel_frequencies(mels + 2, fmax=rate / 2)  # Hz; a band begins at each
    bands = zip(edges[:-2], edges[2:], strict=True)
    if empty := sum(not ((low < at) & (at < high)).any() for low, high in bands):
        raise ValueError(
            f"mels: expected bands that cover at least one bin each, got {empty} of {mels} "
            f"that cover none; take fewer mels, or a longer window"
        )
