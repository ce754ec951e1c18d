"""Ways to train a network for vocals, all of them asked for in the same words.

A recipe is a network with its loss, its optimiser and its way of making mixtures, at a learning
rate. The peers' settings are those that they publish, with the source beside each. What a budget of
minutes makes meaningless is left out: their rates fall after many epochs without progress.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from torch import nn

from common.data import STEMS, Mixer, Recipe, Song, Songs
from common.training.config import build, read_table

TABLE = read_table(Path(__file__).parents[3] / "common/configs/vocals.toml")


class Learner(Protocol):
    """A network that can be trained once, and then be used."""

    model: nn.Module

    def learn(self, steps: int) -> None:
        """Make the mixtures for so many steps, and take them."""

    def estimate(self, song: Song) -> np.ndarray:
        """The song's vocals, (channel, sample)."""


class Material:
    """The training songs, in every form that a recipe takes them in.

    Parameters
    ----------
    songs : Songs
        Of the made set.
    count : int
        How many of them are used.
    folder : path
        Where scaper finds their stems.
    """

    def __init__(self, songs: Songs, count: int, folder: Path) -> None:
        self.songs, self.root, self.rate = songs[:count], songs.root, songs.rate
        self.mixer = Mixer(self.songs, build(Recipe, TABLE["data"]["recipe"]))
        self.foreground = folder / f"foreground-{count}"  # a folder for each kind of stem
        shutil.rmtree(self.foreground, ignore_errors=True)
        for stem in STEMS:
            (self.foreground / stem).mkdir(parents=True)
            for song in self.songs:
                file = songs.root.absolute() / songs.split / song.name / f"{stem}.wav"
                (self.foreground / stem / f"{song.name}.wav").symlink_to(file)


Make = Callable[[Material, float], Learner]
