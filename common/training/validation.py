"""How well a network separates songs that it has not learned from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from common.data.song import Song
from common.evaluation import fit_static_mask, score_songs, share, si_sdr
from common.evaluation.baselines import CEILING, STATIC
from common.stft import STFTConfig

Separate = Callable[[nn.Module, Tensor], Tensor]


class Validation:
    """Score a network on whole songs; static mask and ceiling are scored once, when it is made.

    Parameters
    ----------
    songs : sequence of Song
        Those to validate on; each is read whenever its turn comes.
    training_songs : sequence of Song
        Those that the static mask is fitted on.
    separate : callable
        ``separate(model, mixture)``, (batch, channel, sample) to (batch, source, channel, sample).
    target, source : str, int
        What is scored, and its place among the network's sources.
    config : STFTConfig
        Of the static mask and the ceiling.

    Raises
    ------
    ValueError
        If no song has anything of the target.
    """

    def __init__(
        self,
        songs: Sequence[Song],
        training_songs: Sequence[Song],
        separate: Separate,
        *,
        target: str = "vocals",
        source: int = 0,
        config: STFTConfig = STFTConfig(),
    ) -> None:
        self.songs, self.separate, self.target, self.source = songs, separate, target, source
        static = fit_static_mask(training_songs, target, config)
        table = score_songs(songs, target=target, static=static, config=config)
        self.static, self.ceiling = table.scores(STATIC), table.scores(CEILING)  # (song,), dB
        if np.isnan(self.static).all():
            raise ValueError(
                f"songs: expected at least one to validate on that has {target}, got "
                f"{len(songs)} without"
            )

    def __call__(self, model: nn.Module) -> dict[str, float]:
        """The mean SI-SDR in dB, and its share of the way from static mask to ceiling."""
        scores = np.array([self._score(model, song) for song in self.songs])  # (song,)
        return {
            "si_sdr": float(np.nanmean(scores)),  # NaN: songs that have nothing of the target
            "share": share(scores, self.static, self.ceiling).value,
        }

    def _score(self, model: nn.Module, song: Song) -> float:
        device = next(model.parameters()).device
        with torch.no_grad():
            estimates = self.separate(model, torch.from_numpy(song.mixture)[None].to(device))
        return si_sdr(estimates[0, self.source].cpu().numpy(), song.source(self.target))
