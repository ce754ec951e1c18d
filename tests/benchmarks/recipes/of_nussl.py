"""nussl's recipe, from its tutorial "Open-source tools & data for music source separation" (2020).

https://source-separation.github.io/tutorial: the page *Putting it all together* (512/128 samples,
batches of 10, Adam at 1e-3, L1 between magnitudes, one sigmoid mask, no dropout), the page
*Generating mixtures with Scaper* (the template and the toss between coherent and not), and
common/handlers.py (AutoClip at the 10th percentile). The network is nussl's own builder's; its
hidden size follows from the number of weights. The tutorial's songs are at 44.1 kHz, ours at 22.05:
512 samples are 23 ms here, 12 ms there, which spares it half of the frames.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch.utils.data import DataLoader

from common.compat import nussl, nussl_axes, scaper
from common.data import Song
from common.stft import STFTConfig, istft, magnitude, stft
from common.training.clipping import Clip
from tests.benchmarks.recipes import Material

BATCH, CLIP, STFT = 10, 10, STFTConfig(512, 128, "sqrt_hann")
HIDDEN, LAYERS = 150, 2
SECONDS, LOUDNESS = 5.0, -20  # of a mixture; LUFS
EVENT = {"source_file": ("choose", []), "source_time": ("uniform", 0, 7),
         "event_time": ("const", 0), "event_duration": ("const", SECONDS),
         "snr": ("uniform", -5, 5), "pitch_shift": ("uniform", -2, 2),
         "time_stretch": ("uniform", 0.8, 1.2)}  # fmt: skip
STEMS = ("vocals", "drums", "bass", "other")
ENDLESS = 10**6

Batches = Callable[[Material, int], Iterable[dict]]


class Nussl:
    """nussl's mask inference in nussl's engine.

    Parameters
    ----------
    material : Material
    learning_rate : float
    batches : callable
        `by_scaper` or `by_the_book`.
    """

    def __init__(self, material: Material, learning_rate: float, batches: Batches) -> None:
        torch.manual_seed(0)
        bins = STFT.window_length // 2 + 1
        self.model = nussl.ml.SeparationModel(
            nussl.ml.networks.builders.build_recurrent_mask_inference(
                bins, HIDDEN, LAYERS, True, 0.0, 1, ["sigmoid"]))  # fmt: skip
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=learning_rate)
        self.material, self.batches = material, batches

    def learn(self, steps: int) -> None:
        """Take the steps."""
        modules, clip = nussl.ml.train, Clip(percentile=CLIP)
        closure = modules.closures.TrainClosure({"L1Loss": {}}, self.optimizer, self.model)
        trainer, _ = modules.create_train_and_validation_engines(closure)
        trainer.add_event_handler(
            modules.BackwardsEvents.BACKWARDS_COMPLETED, lambda _: clip(self.model.parameters())
        )
        trainer.run(self.batches(self.material, steps), max_epochs=1, epoch_length=steps)

    @torch.no_grad()
    def estimate(self, song: Song) -> np.ndarray:
        """The song's vocals, (channel, sample): what its DeepMaskEstimation makes (tests/peers)."""
        X = stft(torch.from_numpy(song.mixture)[None], STFT)
        mask = self.model.eval()({"mix_magnitude": its_magnitude(X)})["mask"]
        return istft(nussl_axes(mask)[:, 0] * X, length=song.mixture.shape[-1],
                     config=STFT)[0].numpy()  # fmt: skip


def its_magnitude(X: torch.Tensor) -> torch.Tensor:
    """As nussl has it: a full-scale sine is 0.5, and the axes are the other way round."""
    return nussl_axes(magnitude(X) / (2 * STFT.full_scale))


def by_the_book(material: Material, steps: int) -> Iterable[dict]:
    """Batches of the book's mixtures."""
    for example in DataLoader(material.mixer, BATCH, sampler=range(steps * BATCH)):
        yield {
            "mix_magnitude": its_magnitude(stft(example.mixture, STFT)),
            "source_magnitudes": its_magnitude(stft(example.sources[:, :1], STFT)),
        }


def by_scaper(material: Material, steps: int) -> Iterable[dict]:
    """Batches of scaper's mixtures, through nussl's dataset and transforms."""
    transforms = nussl.datasets.transforms
    dataset = nussl.datasets.OnTheFly(
        Mixtures(material), ENDLESS, sample_rate=material.rate, num_channels=1,
        stft_params=nussl.STFTParams(STFT.window_length, STFT.hop, STFT.window),
        transform=transforms.Compose([
            transforms.SumSources([["bass", "drums", "other"]]),
            transforms.MagnitudeSpectrumApproximation(),
            transforms.IndexSources("source_magnitudes", 1),
            transforms.ToSeparationModel(),
        ]))  # fmt: skip
    return DataLoader(dataset, BATCH, sampler=range(steps * BATCH))


class Mixtures:
    """The tutorial's closure for OnTheFly: half of the mixtures are of one song and one moment."""

    def __init__(self, material: Material) -> None:
        self.material = material

    def __call__(self, dataset, index: int) -> dict:
        random = np.random.RandomState(index)
        coherent = random.rand() > 0.5
        folder = str(self.material.foreground)
        scape = scaper.Scaper(SECONDS, folder, folder, random_state=random)
        scape.sr, scape.n_channels, scape.ref_db = self.material.rate, 1, LOUDNESS
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scaper's, about events that end early
            add_events(scape, coherent)
            mix, _, _, events = scape.generate(fix_clipping=True)
        load = dataset._load_audio_from_array
        sources = {stem: load(event.T, self.material.rate)
                   for stem, event in zip(STEMS, events, strict=True)}  # fmt: skip
        return {"mix": load(mix.T, self.material.rate), "sources": sources}


def add_events(scape, coherent: bool) -> None:
    """An event for each stem; coherent ones share file, moment, pitch and tempo."""
    drawn = {}
    if coherent:
        scape.add_event(label=("const", "vocals"), **EVENT)
        first = scape._instantiate_event(scape.fg_spec[0])
        scape.reset_fg_event_spec()
        drawn = {name: ("const", getattr(first, name))
                 for name in ("source_time", "pitch_shift", "time_stretch")}  # fmt: skip
    for stem in STEMS:
        if coherent:
            drawn["source_file"] = ("const", first.source_file.replace("vocals", stem))
        scape.add_event(label=("const", stem), **{**EVENT, **drawn})
