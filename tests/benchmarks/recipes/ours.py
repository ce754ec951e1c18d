"""The book's recipe: the shipped network's file, but a smaller network and as many steps as fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from common import losses
from common.architectures import SkipMaskInference
from common.data import Song
from common.stft import STFTConfig
from common.training import MagnitudeObjective, Plan, train
from common.training.config import build
from tests.benchmarks.recipes import TABLE, Material

SIZE = {"features": 128, "hidden": 128, "layers": 2}


class Book:
    """`SkipMaskInference` as common/configs/vocals.toml trains it."""

    objective = MagnitudeObjective(losses.l2, "truncated")

    def __init__(self, material: Material, learning_rate: float) -> None:
        torch.manual_seed(0)
        self.plan = replace(build(Plan, TABLE["training"]), learning_rate=learning_rate)
        self.mixer = material.mixer
        self.model = SkipMaskInference(reference=STFTConfig().full_scale, **SIZE)

    def learn(self, steps: int) -> None:
        """Take the steps; the warm-up of the file's 6000 is at most a tenth of them."""
        plan = replace(self.plan, steps=steps, warmup=min(self.plan.warmup, steps // 10),
                       validate_every=steps, save_every=steps)  # fmt: skip
        train(self.model, self.objective, self.mixer, plan, progress=False)

    @torch.no_grad()
    def estimate(self, song: Song) -> np.ndarray:
        """The song's vocals, (channel, sample)."""
        mixture = torch.from_numpy(song.mixture)[None]
        return self.objective.separate(self.model.eval(), mixture)[0, 0].numpy()
