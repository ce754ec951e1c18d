"""What helps the network of the chapter *training*, and what does not, on the validation songs."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from common import train
from common.data import Mixer, Settings, load_songs
from common.data.mixing import SOURCES
from common.results.code import Code, code_that_runs
from common.results.files import HERE, append_log, read_log, save_result
from common.results.maskers import FIRST
from common.training import MagnitudeObjective, Validation
from common.training import train as train_network
from common.training.config import build, read_table

ONLY = {"valid": 0, "test": 0, "stereo": 0, "unseen": 0}
# What is changed of first.toml, by section; the recipe is a part of its data. Where a step costs
# more or less than there, there are fewer or more of them, so that all cost about the same.
VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "as in the chapter": {},
    "learning rate 3e-2": {"training": {"learning_rate": 3e-2}},
    "learning rate 1e-3": {"training": {"learning_rate": 1e-3}},
    "learning rate constant": {"training": {"schedule": "constant"}},
    "no clipping": {"training": {"clip_percentile": None}},
    "L1 for L2": {"objective": {"loss": "l1"}},
    "magnitudes as target": {"objective": {"target": "magnitude"}},
    "mask of the vocals alone": {"data": {"sources": ("vocals",)}, "training": {"steps": 830}},
    "half of the mixtures incoherent": {"recipe": {"coherent": 0.5}},
    "30 training songs": {"data": {"made": Settings(train=30, **ONLY)}},
    "600 training songs": {"data": {"made": Settings(train=600, **ONLY | {"valid": 20})}},
    "64 hidden units": {"model": {"hidden": 64}, "training": {"steps": 800}},
    "256 hidden units": {"model": {"hidden": 256}, "training": {"steps": 340}},
    "two layers": {"model": {"layers": 2}, "training": {"steps": 420}},
    "one statistic for all bins": {"model": {"per_bin": False}},
    "projection and skip": {"model": {"class": "SkipMaskInference", "features": 128},
                            "training": {"steps": 750}},
    "projection, skip, two layers": {"model": {"class": "SkipMaskInference", "features": 128,
                                               "layers": 2}, "training": {"steps": 520}},
}  # fmt: skip


def measure(runs: Path, *, folder: Path = HERE) -> Path:
    """Train one network for each of `VARIANTS`, and write ``choices.json``.

    Its content: for each variant, ``steps``, ``weights``, processor ``seconds`` of its training,
    and ``si_sdr`` in dB and ``share`` on the validation songs.

    Parameters
    ----------
    runs : path
        A folder; ``choices.jsonl`` there keeps what is done, so that this can be interrupted.
    folder : path
    """
    code = _rehearse()
    kept = runs / "choices.jsonl"
    done = {record.pop("name"): record for record in read_log(kept)}
    judge = _judge()
    for name in tqdm([name for name in VARIANTS if name not in done], unit="training"):
        done[name] = _one(variant(name), judge)
        append_log(kept, {"name": name, **done[name]})
    content = {name: done[name] for name in VARIANTS}
    return save_result("choices", content, songs=Settings().folder_name, code=code, folder=folder)


def _judge(songs: slice = slice(None)) -> Validation:
    """Scores as all variants separate, on the validation songs."""
    objective = MagnitudeObjective(train.LOSSES["l2"])
    return Validation(load_songs("valid")[songs], load_songs("train")[songs], objective.separate)


def _rehearse() -> Code:
    """Two steps of each variant, to see which code it takes: noting that costs time."""
    for name in VARIANTS:
        train.songs_root(variant(name).data, progress=True)  # made now, not while code is noted
    with code_that_runs() as code:
        judge = _judge(slice(1))
        for name in VARIANTS:
            config = variant(name)
            _one(replace(config, training=replace(config.training, steps=2, warmup=1)), judge)
    return code


def variant(name: str) -> train.Config:
    """The configuration of one of `VARIANTS`."""
    config, changes = build(train.Config, read_table(FIRST)), VARIANTS[name]
    recipe = replace(config.data.recipe, **changes.get("recipe", {}))
    model = dict(changes.get("model", {}))
    make = model.pop("class", config.model.name)
    settings = dict(config.model.settings) | model
    if make != config.model.name:
        del settings["per_bin"]  # the other has no choice
    return replace(
        config,
        data=replace(config.data, recipe=recipe, **changes.get("data", {})),
        model=train.ModelConfig(make, settings),
        objective=replace(config.objective, **changes.get("objective", {})),
        training=replace(config.training, **changes.get("training", {})),
    )


def _one(config: train.Config, judge: Validation) -> dict[str, Any]:
    """Train one network, and score it once, at the end."""
    data = config.data
    root = train.songs_root(data, progress=False)
    sources = {name: SOURCES[name] for name in data.sources}
    mixer = Mixer(load_songs("train", root=root), data.recipe, seed=data.seed, sources=sources)
    model, _ = train.build_model(config)
    plan = replace(config.training, validate_every=config.training.steps)
    start = time.process_time()
    train_network(model, train.make_objective(config), mixer, plan, progress=False)
    return {
        "steps": plan.steps,
        "weights": sum(weight.numel() for weight in model.parameters()),
        "seconds": round(time.process_time() - start, 1),
        **{name: round(value, 3) for name, value in judge(model.eval()).items()},
    }
