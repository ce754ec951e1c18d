"""What networks are asked for that make embeddings; see `common.training.objectives`."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from common.checks import check_positive
from common.data.mixing import Example
from common.losses import deep_clustering, loudest_source
from common.stft import STFTConfig, istft, magnitude, stft
from common.training.objectives import MagnitudeObjective


@dataclass(frozen=True)
class ClusteringObjective:
    """The network gets the mixture's magnitude and makes an embedding for each bin.

    Bins count by the mixture's magnitude. For `DeepClustering`, whose anchors it moves as well.

    Parameters
    ----------
    stft : STFTConfig
    """

    stft: STFTConfig = STFTConfig()

    def __call__(self, model: nn.Module, example: Example) -> Tensor:
        """The loss of each example, (batch,)."""
        X = stft(example.mixture, self.stft)  # (batch, channel, freq, frame)
        S = stft(example.sources, self.stft)  # (batch, source, channel, freq, frame)
        embedding = model(magnitude(X))  # (batch, size, channel, freq, frame)
        target = loudest_source(S, X)  # (batch, source, channel, freq, frame)
        if model.training:
            model.remember(embedding, target)
        return deep_clustering(embedding, target, magnitude(X))  # (batch,)

    def separate(self, model: nn.Module, mixture: Tensor) -> Tensor:
        """Mixtures, (batch, channel, sample), to sources, (batch, source, channel, sample)."""
        X = stft(mixture, self.stft)  # (batch, channel, freq, frame)
        estimate = model.mask(magnitude(X)) * X.unsqueeze(1)
        return istft(estimate, length=mixture.shape[-1], config=self.stft)


@dataclass(frozen=True)
class ChimeraObjective:
    """The network gets the mixture's magnitude and makes masks, and embeddings beside them.

    Parameters
    ----------
    masking : MagnitudeObjective
        Of the masked magnitudes.
    share : float
        Of the embeddings' loss in the sum, below 1; the rest is the masks'.
    """

    masking: MagnitudeObjective
    share: float = 0.5

    def __post_init__(self) -> None:
        check_positive(self.share, "share")
        check_positive(1 - self.share, "1 - share")

    def __call__(self, model: nn.Module, example: Example) -> Tensor:
        """The loss of each example, (batch,)."""
        X = stft(example.mixture, self.masking.stft)  # (batch, channel, freq, frame)
        S = stft(example.sources, self.masking.stft)  # (batch, source, channel, freq, frame)
        embedding, mask = model.heads(magnitude(X))
        clustering = deep_clustering(embedding, loudest_source(S, X), magnitude(X))  # (batch,)
        masking = self.masking(lambda x: mask * x.unsqueeze(1), example)  # (batch,)
        return self.share * clustering + (1 - self.share) * masking

    def separate(self, model: nn.Module, mixture: Tensor) -> Tensor:
        """Mixtures, (batch, channel, sample), to sources, (batch, source, channel, sample)."""
        return self.masking.separate(model, mixture)
