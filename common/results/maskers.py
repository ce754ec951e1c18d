"""The networks of the book on songs that none of them saw."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn

from common import train
from common.data import Settings, Song, load_songs
from common.evaluation import ScoreTable, fit_static_mask, score_songs
from common.evaluation.scoring import Method
from common.pretrained import load_model, load_pretrained, validations
from common.results.baselines import MONO, real_track_for, with_progress
from common.results.code import code_that_runs
from common.results.files import HERE, save_result
from common.separation import separate
from common.stft import STFTConfig
from common.training.config import build, read_table

FIRST = HERE.parent / "configs" / "first.toml"
SEEDS = (0, 1, 2)
SHIPPED = ("small", "vocals")

Network = tuple[nn.Module, dict[str, Any]]  # and its notes


def measure(runs: Path, *, folder: Path = HERE) -> Path:
    """Train the network of the chapter *training* with three seeds; score it and the shipped ones.

    Its content: ``tables``, a `ScoreTable` as JSON for each of ``test``, ``real`` and ``unseen``
    (which has the classic methods too); and ``networks``, how each was made.

    Parameters
    ----------
    runs : path
        The folder of the three runs. What is there already is not trained again.
    folder : path

    Raises
    ------
    RealTrackLeftOut
        If the real track is switched off. Then nothing is measured or written.
    """
    real = real_track_for("maskers")
    networks = {f"notebook, seed {seed}": trained(seed, runs) for seed in SEEDS}
    networks |= {f"shipped, {name}": load_pretrained(name) for name in SHIPPED}
    methods = {name: masker(*network) for name, network in networks.items()}
    with code_that_runs() as code:
        tables = _tables(methods, real)
    content = {
        "tables": {name: json.loads(table.to_json()) for name, table in tables.items()},
        "networks": {name: described(*network) for name, network in networks.items()},
    }
    return save_result("maskers", content, songs=Settings().folder_name, code=code, folder=folder)


def trained(seed: int, runs: Path) -> Network:
    """The network of the chapter *training*, its weights and its mixtures drawn with a seed."""
    changes = [f"training.seed={seed}", f"data.seed={seed}"]
    place = runs / f"first-{seed}"
    train.run(build(train.Config, read_table(FIRST, changes)), place)
    model, notes = load_model(str(place / "best.pt"))
    return model, {**notes, "validations": validations(place / "best.pt")}


def masker(model: nn.Module, notes: dict[str, Any]) -> Method:
    """What separates the vocals of a song with a network, (channel, sample)."""
    vocals, config = notes["sources"].index("vocals"), STFTConfig(**notes["stft"])

    def method(song: Song) -> Any:
        estimates = separate(model, song.mixture, song.rate, model_rate=notes["rate"],
                             config=config, shares=None)  # fmt: skip
        return estimates[vocals]

    return method


def described(model: nn.Module, notes: dict[str, Any]) -> dict[str, Any]:
    """What a network is, and how it came to be."""
    return {"weights": sum(weight.numel() for weight in model.parameters()), **notes}


def _tables(methods: dict[str, Method], real: Song) -> dict[str, ScoreTable]:
    static = fit_static_mask(with_progress(load_songs("train"), "static mask"))
    score = partial(score_songs, static=static, metrics=("usdr", "bss_eval"))
    return {
        "test": score(with_progress(load_songs("test"), "test"), methods),
        "real": score([real], methods),
        "unseen": score(with_progress(load_songs("unseen"), "unseen"), {**MONO, **methods}),
    }
