"""Open-Unmix's recipe, from its repository: https://github.com/sigsep/open-unmix-pytorch.

scripts/train.py and docs/training.md: Adam at 1e-3 with a weight decay of 1e-5, the mean square
between magnitudes, batches of 16 excerpts of 6 s, every stem of another song with a gain of 0.25 to
1.25 and its channels swapped half of the time (which mono has not), input scaled by the songs' mean
and deviation, three layers with dropout. Its STFT is 4096/1024 samples at 44.1 kHz, as long in
seconds as ours, 2048/512 at 22.05 kHz; its bandwidth of 16 kHz is above our highest frequency. The
hidden size follows from the number of weights.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from types import ModuleType

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from common.compat import musdb  # noqa: F401  # mended before the package imports it
from common.data import Song
from tests.benchmarks.recipes import Material
from tests.peers.conftest import installed

BATCH, SECONDS, WEIGHT_DECAY, SEED = 16, 6.0, 1e-5, 42
WINDOW, HOP, HIDDEN = 2048, 512, 192

Batches = Callable[[Material, int], Iterable[tuple[Tensor, Tensor]]]


def load() -> ModuleType:
    """The package, out of the peers' folder, with an empty module for what it never uses here."""
    sys.modules.setdefault("torchaudio", ModuleType("torchaudio"))
    if str(installed()) not in sys.path:
        sys.path.append(str(installed()))
    import openunmix.data
    import openunmix.model

    return openunmix


class OpenUnmix:
    """Its network for vocals.

    Parameters
    ----------
    material : Material
    learning_rate : float
    batches : callable
        `by_itself` or `by_the_book`.
    """

    def __init__(self, material: Material, learning_rate: float, batches: Batches) -> None:
        torch.manual_seed(0)
        package = load()
        stft, _ = package.transforms.make_filterbanks(WINDOW, HOP, sample_rate=material.rate)
        self.encode = nn.Sequential(stft, package.model.ComplexNorm(mono=True))
        mean, scale = statistics(self.encode, material)
        self.model = package.model.OpenUnmix(
            WINDOW // 2 + 1, 1, HIDDEN, input_mean=mean, input_scale=scale
        )
        self.separator = package.model.Separator(
            {"vocals": self.model}, sample_rate=material.rate, n_fft=WINDOW, n_hop=HOP,
            nb_channels=1)  # fmt: skip
        self.optimizer = torch.optim.Adam(
            self.model.parameters(), lr=learning_rate, weight_decay=WEIGHT_DECAY
        )
        self.material, self.batches = material, batches

    def learn(self, steps: int) -> None:
        """Take the steps."""
        self.model.train()
        for mixture, vocals in self.batches(self.material, steps):
            self.optimizer.zero_grad()
            estimate = self.model(self.encode(mixture))
            nn.functional.mse_loss(estimate, self.encode(vocals)).backward()
            self.optimizer.step()

    @torch.no_grad()
    def estimate(self, song: Song) -> np.ndarray:
        """The song's vocals, (channel, sample), by its Separator."""
        return self.separator.eval()(torch.from_numpy(song.mixture)[None])[0, 0].numpy()


def statistics(encode: nn.Module, material: Material) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of each bin over the songs, as its get_statistics has them."""
    mixtures = [torch.from_numpy(song.mixture)[None] for song in material.songs]
    X = torch.cat([encode(x)[0, 0] for x in mixtures], dim=1).double()  # (freq, frame)
    scale = X.std(dim=1, correction=0).numpy()
    return X.mean(dim=1).numpy(), np.maximum(scale, 1e-4 * scale.max())


def by_the_book(material: Material, steps: int) -> Iterable[tuple[Tensor, Tensor]]:
    """Batches of the book's mixtures."""
    for example in DataLoader(material.mixer, BATCH, sampler=range(steps * BATCH)):
        yield example.mixture, example.sources[:, 0]


def by_itself(material: Material, steps: int) -> Iterable[tuple[Tensor, Tensor]]:
    """Batches of its own dataset, which reads the songs' files through musdb."""
    data = load().data
    dataset = data.MUSDBDataset(
        root=str(material.root), is_wav=True, split="train", seq_duration=SECONDS, seed=SEED,
        source_augmentations=data.aug_from_str(["gain", "channelswap"]), random_track_mix=True,
        setup_file=str(material.root / "mus.yaml"))  # fmt: skip
    of_ours = {song.name for song in material.songs}
    dataset.mus.tracks = [track for track in dataset.mus.tracks if track.name in of_ours]
    left = steps
    while left > 0:
        for mixture, vocals in DataLoader(dataset, BATCH, shuffle=True):
            if left == 0:
                break
            left -= 1
            yield mixture[:, None], vocals[:, None]  # musdb leaves out the axis of one channel
