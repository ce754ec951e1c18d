"""What a network is asked for: an example goes in, a loss for each example of the batch comes out.

An objective is any callable ``objective(model, example)`` that returns losses, (batch,). These two
serve the networks that estimate magnitudes and those that estimate waveforms; for another, write
another. Each also separates, in the way it trains for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from common.checks import check_choice, check_count
from common.data.mixing import Example
from common.losses import TARGETS, Loss, target_magnitude
from common.stft import STFTConfig, istft, magnitude, stft

SOFTEST = 1e-4  # mean magnitude below which an example is as good as silent


@dataclass(frozen=True)
class MagnitudeObjective:
    """The network gets the mixture's magnitude and estimates the sources'.

    Parameters
    ----------
    loss : callable
        Estimate and target, (batch, source, channel, freq, frame), to (batch, source).
    target : str
        Of `common.losses.target_magnitude`: ``magnitude``, ``phase_sensitive``, ``truncated``.
    stft : STFTConfig
    counted : sequence of int, optional
        Which sources' losses count; without it, all. Their mean is taken.

    Notes
    -----
    Both magnitudes are divided by the root of the mixture's mean square, so that a soft example
    counts as much as a loud one.
    """

    loss: Loss
    target: str = "truncated"
    stft: STFTConfig = STFTConfig()
    counted: Sequence[int] | None = None

    def __post_init__(self) -> None:
        check_choice(self.target, "target", TARGETS)
        check_counted(self.counted)

    def __call__(self, model: nn.Module, example: Example) -> Tensor:
        """The loss of each example, (batch,)."""
        X = stft(example.mixture, self.stft)  # (batch, channel, freq, frame)
        S = stft(example.sources, self.stft)  # (batch, source, channel, freq, frame)
        estimate = model(magnitude(X))  # (batch, source, channel, freq, frame)
        target = target_magnitude(S, X, self.target)  # (batch, source, channel, freq, frame)
        level = magnitude(X).square().mean(dim=(1, 2, 3)).sqrt().clamp(min=SOFTEST)  # (batch,)
        level = level[:, None, None, None, None]
        losses = self.loss(estimate / level, target / level)  # (batch, source)
        return mean_of(losses, self.counted)  # (batch,)

    def separate(self, model: nn.Module, mixture: Tensor) -> Tensor:
        """Mixtures, (batch, channel, sample), to sources, (batch, source, channel, sample)."""
        X = stft(mixture, self.stft)  # (batch, channel, freq, frame)
        estimate = model(magnitude(X))  # (batch, source, channel, freq, frame)
        phase = torch.polar(torch.ones_like(X.real), X.angle())[:, None]  # the mixture's
        return istft(estimate * phase, length=mixture.shape[-1], config=self.stft)


@dataclass(frozen=True)
class WaveformObjective:
    """The network gets the mixture and estimates the sources, sample by sample.

    Parameters
    ----------
    loss : callable
        Estimate and target, (batch, source, channel, sample), to (batch, source).
    counted : sequence of int, optional
        Which sources' losses count; without it, all. Their mean is taken.
    """

    loss: Loss
    counted: Sequence[int] | None = None

    def __post_init__(self) -> None:
        check_counted(self.counted)

    def __call__(self, model: nn.Module, example: Example) -> Tensor:
        """The loss of each example, (batch,)."""
        estimate = model(example.mixture)  # (batch, source, channel, sample)
        return mean_of(self.loss(estimate, example.sources), self.counted)  # (batch,)

    def separate(self, model: nn.Module, mixture: Tensor) -> Tensor:
        """Mixtures, (batch, channel, sample), to sources, (batch, source, channel, sample)."""
        return model(mixture)


def mean_of(losses: Tensor, counted: Sequence[int] | None) -> Tensor:
    """The mean over the sources that count: (batch, source) to (batch,)."""
    return (losses if counted is None else losses[:, list(counted)]).mean(dim=1)


def check_counted(counted: Sequence[int] | None) -> None:
    """Raise ValueError unless there is a source that counts."""
    if counted is not None:
        check_count(len(counted), "counted: number of sources")
