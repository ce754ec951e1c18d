"""Every architecture of the book, trained at the same cost, on songs that none of them saw."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm.auto import tqdm

from common import train
from common.data import Mixer, Settings, Song, load_songs
from common.data.mixing import SOURCES
from common.evaluation import si_sdr
from common.pretrained import load_model
from common.results.baselines import real_track_for
from common.results.code import Code, code_that_runs
from common.results.files import HERE, append_log, read_log, save_result
from common.results.maskers import SEEDS, masker
from common.training import train as train_network
from common.training.config import build, read_table

CONFIGS = HERE.parent / "configs" / "architectures"
# In the order of their chapters, after the network that the reader comes with.
NAMES = ("mask-inference", "deep-clustering", "chimera", "open-unmix", "u-net", "tasnet",
         "conv-tasnet", "dual-path", "band-split")  # fmt: skip
TIMED = 10  # steps, of those that are timed


def measure(runs: Path, *, folder: Path = HERE) -> Path:
    """Train each of `NAMES` with each of `SEEDS`, score them, and write ``architectures.json``.

    Its content, for each name: ``weights``; ``steps`` and their processor ``seconds``;
    ``times_real_time`` of separating on one thread; and ``seeds``, a list of what each reaches:
    the SI-SDR of the vocals in dB, ``test`` of each test song, ``real`` of the real track.

    Parameters
    ----------
    runs : path
        A folder; each training keeps its checkpoints there, and ``architectures.jsonl`` what is
        scored, so that this can be interrupted.
    folder : path

    Raises
    ------
    RealTrackLeftOut
        If the real track is switched off. Then nothing is measured or written.
    """
    real = real_track_for("architectures")
    torch.set_num_threads(1)  # as the budget is meant
    code = rehearse()
    kept = runs / "architectures.jsonl"
    done = read_log(kept)
    known = {(run["name"], run["seed"]) for run in done}
    left = [(name, seed) for seed in SEEDS for name in NAMES if (name, seed) not in known]
    for name, seed in tqdm(left, unit="training"):
        place = runs / f"{name}-{seed}"
        train.run(configuration(name, seed), place)
        scores = scored(place / "best.pt", real)
        done.append({"name": name, "seed": seed, **scores})
        append_log(kept, done[-1])
    content = {name: described(name, runs) for name in NAMES}
    for run in done:
        content[run.pop("name")]["seeds"].append(run)
    return save_result(
        "architectures", content, songs=Settings().folder_name, code=code, folder=folder
    )


def configuration(name: str, seed: int = 0) -> train.Config:
    """How one of `NAMES` is trained, its weights and its mixtures drawn with a seed."""
    changes = [f"training.seed={seed}", f"data.seed={seed}"]
    return build(train.Config, read_table(CONFIGS / f"{name}.toml", changes))


def rehearse() -> Code:
    """Two steps of each, and a second separated, to see which code it takes: noting costs time."""
    song = load_songs("test")[0].excerpt(4.0, 1.0)
    with code_that_runs() as code:
        for name in NAMES:
            config = configuration(name)
            notes = {"rate": config.data.rate, "sources": list(config.data.sources),
                     "stft": asdict(config.stft)}  # fmt: skip
            _score(masker(_steps(config, 2).eval(), notes)(song), song)
    return code


def scored(checkpoint: Path, real: Song) -> dict[str, Any]:
    """What a trained network reaches on each test song, and on the real track."""
    method = masker(*load_model(str(checkpoint)))
    test = [_score(method(song), song) for song in load_songs("test")]
    return {"test": test, "real": _score(method(real), real)}


def described(name: str, runs: Path) -> dict[str, Any]:
    """What a network is, and what it costs."""
    config = configuration(name)
    model, notes = load_model(str(runs / f"{name}-{SEEDS[0]}" / "best.pt"))
    method, songs = masker(model, notes), load_songs("test")[:5]
    start = time.process_time()
    for song in songs:
        method(song)
    cost = time.process_time() - start
    return {
        "weights": sum(weight.numel() for weight in model.parameters()),
        "steps": config.training.steps,
        "seconds": round(config.training.steps * seconds_a_step(config), 1),
        "times_real_time": round(sum(song.duration for song in songs) / cost, 1),
        "seeds": [],
    }


def seconds_a_step(config: train.Config) -> float:
    """Processor seconds of a training step, without validation."""
    costs = []
    for steps in (1, 1, 1 + TIMED):  # the first warms up, the second is what is not a step
        start = time.process_time()
        _steps(config, steps)
        costs.append(time.process_time() - start)
    return (costs[2] - costs[1]) / TIMED


def _steps(config: train.Config, steps: int) -> nn.Module:
    """A network after a few steps on a few songs."""
    sources = {name: SOURCES[name] for name in config.data.sources}
    mixer = Mixer(load_songs("train")[:4], config.data.recipe, sources=sources)
    model, _ = train.build_model(config)
    plan = replace(config.training, steps=steps, warmup=1)
    train_network(model, train.make_objective(config), mixer, plan, progress=False)
    return model


def _score(estimate: Any, song: Song) -> float:
    return round(float(si_sdr(estimate, song.source("vocals"))), 3)
