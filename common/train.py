"""The command ``python -m common.train CONFIG.toml``: train a network as a file says.

What decides about the result stands in the file; what only decides how fast it comes, and where
to, is an option. The same command again goes on where the last one stopped.
"""

from __future__ import annotations

import argparse
import errno
import inspect
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import torch
from torch import nn
from tqdm.auto import tqdm

from common import losses
from common.checks import check_choice
from common.data import STEMS, Mixer, Recipe, Settings, load_songs, make_songs, musdb_root
from common.data.mixing import SOURCES
from common.pretrained import MODELS
from common.stft import STFTConfig
from common.training import (
    ChimeraObjective,
    ClusteringObjective,
    Diverged,
    MagnitudeObjective,
    Plan,
    Result,
    RunFolder,
    Validation,
    WaveformObjective,
    ranks,
    train,
)
from common.training.config import ConfigError, build, read_table

# What a network may estimate.
DOMAINS = ("magnitude", "waveform", "embedding", "magnitude and embedding")
# The losses that a file may name, as it may name `MODELS`.
LOSSES = {"l1": losses.l1, "l2": losses.l2, "negative_snr": losses.negative_snr,
          "negative_si_sdr": losses.negative_si_sdr}  # fmt: skip
Objective = MagnitudeObjective | WaveformObjective | ClusteringObjective | ChimeraObjective


@dataclass(frozen=True)
class DataConfig:
    """``[data]``: the songs, and the mixtures that are made of them.

    Parameters
    ----------
    songs : str
        ``made``: the generator's, made where they are missing; ``musdb``: those of MUSDB_PATH.
    made : Settings
        Which made songs; without it, the book's.
    rate, channels : int
        What every song is turned into.
    sources : tuple of str
        Stems, or ``accompaniment``; validation scores the first.
    recipe : Recipe
    seed : int
        Of the mixtures.
    """

    songs: str = "made"
    made: Settings = Settings()
    rate: int = 22050
    channels: int = 1
    sources: tuple[str, ...] = tuple(SOURCES)
    recipe: Recipe = Recipe()
    seed: int = 0

    def __post_init__(self) -> None:
        check_choice(self.songs, "songs", ("made", "musdb"))
        for source in self.sources:
            check_choice(source, "sources", (*STEMS, "accompaniment"))


@dataclass(frozen=True)
class ModelConfig:
    """``[model]``: a name among `MODELS`, and its settings; what follows from the data is known."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_choice(self.name, "name", tuple(MODELS))


@dataclass(frozen=True)
class ObjectiveConfig:
    """``[objective]``: what is made small.

    Parameters
    ----------
    domain : str
        What the network estimates, one of `DOMAINS`.
    loss : str
        A name among `LOSSES`, of magnitudes or waveforms.
    target : str
        Of magnitudes: see `common.losses.target_magnitude`.
    counted : tuple of str
        The sources whose losses count; none stands for all.
    share : float
        Of the embeddings' loss, where there are magnitudes too.
    """

    domain: str = "magnitude"
    loss: str = "l1"
    target: str = "truncated"
    counted: tuple[str, ...] = ()
    share: float = 0.5

    def __post_init__(self) -> None:
        check_choice(self.domain, "domain", DOMAINS)
        check_choice(self.loss, "loss", tuple(LOSSES))
        check_choice(self.target, "target", losses.TARGETS)


@dataclass(frozen=True)
class Config:
    """A configuration file."""

    model: ModelConfig
    data: DataConfig = DataConfig()
    stft: STFTConfig = STFTConfig()
    objective: ObjectiveConfig = ObjectiveConfig()
    training: Plan = Plan()

    def __post_init__(self) -> None:
        for name in self.objective.counted:
            check_choice(name, "objective.counted", self.data.sources)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status: 0 well, 1 not, 130 interrupted."""
    options = parser().parse_args(arguments)
    try:
        config = build(Config, read_table(options.config, options.set))
        folder = options.folder or Path("runs") / options.config.stem
        with ranks.together():
            result = run(config, folder, workers=options.workers, progress=not options.quiet)
            if ranks.is_first():
                print(report(result, folder))
    except (ValueError, Diverged) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        print(f"error: {folder}: no room to write ({error.strerror}). The checkpoints are whole: "
              f"make room, and the same command goes on from them", file=sys.stderr)  # fmt: skip
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from the last checkpoint", file=sys.stderr)
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(
        prog="python -m common.train",
        description="Train a network as a configuration file says. The same command again goes on "
        "where it stopped. common/configs has examples; torchrun --nproc-per-node 4 "
        "-m common.train ... uses four GPUs.",
    )
    parser.add_argument("config", type=Path, help="a TOML file")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="change the file's settings: --set training.steps=100")  # fmt: skip
    parser.add_argument("--folder", type=Path,
                        help="for checkpoints and logs (default: runs/NAME)")  # fmt: skip
    parser.add_argument("--workers", type=int, default=0,
                        help="processes that make examples (default: %(default)s)")  # fmt: skip
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser


def run(config: Config, folder: Path, *, workers: int = 0, progress: bool = True) -> Result:
    """Train the network of a configuration, or go on training it."""
    ranks.check_same(config, "configuration")
    data, objective = config.data, make_objective(config)
    model, settings = build_model(config)
    progress = progress and ranks.is_first()
    root = songs_root(data, progress)
    songs = {split: load_songs(split, root=root, rate=data.rate, channels=data.channels)
             for split in ("train", "valid")}  # fmt: skip
    reading = partial(tqdm, songs["train"], unit="song", disable=not progress)
    mixer = Mixer(reading(desc="reading songs"), data.recipe, seed=data.seed,
                  sources={name: SOURCES.get(name, (name,)) for name in data.sources})  # fmt: skip
    validate = None
    if ranks.is_first():
        validate = Validation(songs["valid"], reading(desc="static mask"), objective.separate,
                              target=data.sources[0], config=config.stft)  # fmt: skip
    plain = asdict(config)
    notes = {"rate": data.rate, "channels": data.channels, "sources": list(data.sources),
             "stft": plain["stft"], "songs": root.name, "config": plain}  # fmt: skip
    return train(
        model.to(idist.device()), objective, mixer, config.training, validate=validate,
        folder=RunFolder(folder, settings, plain, notes), workers=workers, progress=progress,
    )  # fmt: skip


def songs_root(data: DataConfig, progress: bool) -> Path:
    """The folder of the songs; those that can be made are there after this."""
    if data.songs == "made":
        return ranks.once_a_machine(lambda: make_songs(settings=data.made, progress=progress))
    root = musdb_root()
    if root is None:
        raise ConfigError("data.songs: expected MUSDB_PATH to name MUSDB18's folder, it is not set")
    return root


def build_model(config: Config) -> tuple[nn.Module, dict[str, Any]]:
    """A new network, its weights drawn with the plan's seed, and its keyword arguments."""
    torch.manual_seed(config.training.seed)
    settings = model_settings(config)
    return build(MODELS[config.model.name], settings, "model.settings"), settings


def model_settings(config: Config) -> dict[str, Any]:
    """The network's keyword arguments: the file's, and those that follow from the data."""
    follows = {
        "bins": config.stft.window_length // 2 + 1,
        "sources": len(config.data.sources),
        "channels": config.data.channels,
        "reference": config.stft.full_scale,
    }
    taken = inspect.signature(MODELS[config.model.name]).parameters
    follows = {name: value for name, value in follows.items() if name in taken}
    return follows | dict(config.model.settings)


def make_objective(config: Config) -> Objective:
    """What the network is asked for."""
    objective, sources = config.objective, config.data.sources
    counted = [sources.index(name) for name in objective.counted] or None
    loss = LOSSES[objective.loss]
    if objective.domain == "waveform":
        return WaveformObjective(loss, counted)
    if objective.domain == "embedding":
        return ClusteringObjective(config.stft)
    masking = MagnitudeObjective(loss, objective.target, config.stft, counted)
    if objective.domain == "magnitude":
        return masking
    return ChimeraObjective(masking, objective.share)


def report(result: Result, folder: Path) -> str:
    """How a run ended, in a line."""
    return (
        f"{folder}: {result.steps} steps; best after {result.best_step}, "
        f"SI-SDR {result.best:.2f} dB, in {folder / 'best.pt'}"
    )


if __name__ == "__main__":
    sys.exit(main())
