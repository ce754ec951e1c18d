"""What a budget teaches: ``python -m tests.benchmarks.training``, 50 minutes of the processor.

The book's recipe, nussl's and Open-Unmix's (tests/benchmarks/recipes), and the networks and losses
of these two once more on the book's mixtures, get the same songs, about as many weights, and the
same processor time for mixtures and steps; scoring is not counted, nor what is done once before
(reading the songs, Open-Unmix's statistics of them). Each has three learning rates. The one that
separates the validation songs best then separates the test songs, once. All work at 22.05 kHz in
mono, each with an STFT of its own.

How many steps fit is measured first, a few of each recipe in turns, so that schedules know their
end. What is finished is kept in _build/benchmarks, and the same command goes on from there; with
other code it starts afresh. At the end the table is written to common/results/recipes.json, which
`python -m tests.benchmarks` shows. One seed: another may change the order of what is close.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from common.checkpoint import read, write
from common.data import Settings, Song, load_songs
from common.evaluation import ScoreTable, fit_static_mask, score_songs
from common.results import code_that_runs, load_result, save_result
from common.seed import rng
from tests.benchmarks import HEADER, Row
from tests.benchmarks.recipes import TABLE, Make, Material, of_nussl, of_open_unmix
from tests.benchmarks.recipes.ours import Book
from tests.peers.conftest import ROOT

SECONDS, SONGS = 150.0, 120
LEARNING_RATES = (3e-4, 1e-3, 3e-3)  # around 1e-3, which all three publish
ROUNDS, PROBE = 5, 3  # to find out what a step costs
BOOK = "the book"
RECIPES: dict[str, Make] = {
    BOOK: Book,
    "nussl": partial(of_nussl.Nussl, batches=of_nussl.by_scaper),
    "Open-Unmix": partial(of_open_unmix.OpenUnmix, batches=of_open_unmix.by_itself),
    "nussl, the book's mixtures": partial(of_nussl.Nussl, batches=of_nussl.by_the_book),
    "Open-Unmix, the book's mixtures": partial(
        of_open_unmix.OpenUnmix, batches=of_open_unmix.by_the_book
    ),
}
KEPT = ROOT / "_build/benchmarks"
MADE_BY = "python -m tests.benchmarks.training"


class Bench:
    """Songs to train and to validate on, and what is done with them.

    Parameters
    ----------
    count : int
        Training songs.
    validation : int, optional
        Validation songs; without it, all.
    """

    def __init__(self, count: int, validation: int | None = None) -> None:
        self.material = Material(load_songs("train"), count, KEPT)
        self.static = fit_static_mask(self.material.songs)
        self.valid = load_songs("valid")[:validation]

    def run(self, name: str, learning_rate: float, steps: int) -> dict[str, Any]:
        """Train one network; its numbers on the validation songs, and its weights."""
        learner = RECIPES[name](self.material, learning_rate)
        start = time.process_time()
        learner.learn(steps)
        seconds = time.process_time() - start
        table = score_songs(self.valid, {name: learner.estimate}, static=self.static)
        weights = sum(one.numel() for one in learner.model.parameters() if one.requires_grad)
        return {
            "record": {
                "learning_rate": learning_rate, "steps": steps, "seconds": seconds,
                "weights": weights, "si_sdr": table.mean(name), "share": table.share(name).value,
            },
            "network": learner.model.state_dict(),
        }  # fmt: skip

    def test(self, chosen: Mapping[str, dict], songs: Sequence[Song]) -> ScoreTable:
        """The chosen network of each recipe on test songs."""
        methods = {}
        for name, found in chosen.items():
            learner = RECIPES[name](self.material, found["record"]["learning_rate"])
            learner.model.load_state_dict(found["network"])
            methods[name] = learner.estimate
        return score_songs(songs, methods, static=self.static)


def rehearse() -> dict[str, dict]:
    """Do all of it on a few songs, which is not timed; returns the code that it takes."""
    with code_that_runs() as code:
        bench = Bench(4, 1)
        found = {name: bench.run(name, LEARNING_RATES[0], 2) for name in RECIPES}
        bench.test(found, bench.valid)
    return code


def affordable(material: Material, seconds: float) -> dict[str, int]:
    """How many steps of each recipe take so many seconds of the processor."""
    costs: dict[str, list[float]] = {name: [] for name in RECIPES}
    for _ in range(ROUNDS):
        for name, make in RECIPES.items():
            learner = make(material, LEARNING_RATES[0])
            learner.learn(1)
            start = time.process_time()
            learner.learn(PROBE)
            costs[name].append((time.process_time() - start) / PROBE)
    return {name: max(1, round(seconds / np.median(cost))) for name, cost in costs.items()}


def kept(path: Path, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What lies there; if nothing does, what `make` makes, which is then put there."""
    if not path.exists():
        write(path, make())
    return read(path, {"record", "network"}, "delete it, and it is made again")


def train_all(folder: Path, seconds: float) -> dict[str, Any]:
    """All runs, and the content of the result."""
    bench = Bench(SONGS)
    steps = kept(folder / "steps.pt", lambda: {
        "record": affordable(bench.material, seconds), "network": {}})["record"]  # fmt: skip
    runs: dict[str, list[dict]] = {name: [] for name in RECIPES}
    for rate in LEARNING_RATES:
        for number, name in enumerate(RECIPES):
            run = partial(bench.run, name, rate, steps[name])
            runs[name].append(kept(folder / f"{number}-{rate:g}.pt", run))
            print(f"{name}: {runs[name][-1]['record']}", flush=True)
    chosen = {name: max(found, key=lambda one: one["record"]["si_sdr"])
              for name, found in runs.items()}  # fmt: skip
    table = bench.test(chosen, load_songs("test"))
    return {
        "settings": {"seconds": seconds, "songs": SONGS, "config": TABLE},
        "runs": {name: [one["record"] for one in found] for name, found in runs.items()},
        "test": json.loads(table.to_json()),
    }


def text(content: Mapping[str, Any]) -> str:
    """The search on the validation songs, and the test songs' table."""
    seconds = content["settings"]["seconds"]
    lines = [f"{seconds:g} s a run; validation songs, SI-SDR in dB (share) at each learning rate:"]
    for name, runs in content["runs"].items():
        best = max(runs, key=lambda one: one["si_sdr"])
        rates = [f"{one['learning_rate']:g}: {one['si_sdr']:5.2f} ({one['share']:5.2f})"
                 + ("*" if one is best else " ") for one in runs]  # fmt: skip
        took = [one["seconds"] for one in runs]
        lines.append(f"{name:32} {best['weights'] / 1e6:.2f} M weights, {best['steps']:4} steps, "
                     f"{min(took):.0f} to {max(took):.0f} s;  {'  '.join(rates)}")  # fmt: skip
    return "\n".join([*lines, "", str(score_table(content)), ""])


def score_table(content: Mapping[str, Any]) -> ScoreTable:
    """The test songs' table."""
    return ScoreTable.from_json(json.dumps(content["test"]))


def rows(content: Mapping[str, Any]) -> list[Row]:
    """The book's recipe beside each other one, on the test songs.

    The ratio is that of what is left of everything else at equal vocals, in power: SI-SDR tells its
    dB. Between low and high lie 95 % of it, over songs that are drawn again.
    """
    table = score_table(content)
    ours = table.scores(BOOK)
    draws = rng("recipes", ours.size).integers(ours.size, size=(10_000, ours.size))
    found = []
    for name in RECIPES:
        if name == BOOK:
            continue
        better = ours - table.scores(name)  # (song,), dB
        high, low = np.quantile(better[draws].mean(axis=1), [0.025, 0.975])
        here, there = (f"{table.mean(one):.2f} dB ({table.share(one).value:.2f})"
                       for one in (BOOK, name))  # fmt: skip
        ratio, low, high = (float(10 ** (-x / 10)) for x in (better.mean(), low, high))
        what = f"vocals beside {name}: {better.mean():+.2f} dB"
        found.append(Row(what, here, there, ratio, low, high))
    return found


def measure() -> list[Row]:
    """The committed runs: new ones take too long to be made with everything else."""
    return rows(load_result("recipes")["content"])


def main() -> None:
    parser = argparse.ArgumentParser(prog=MADE_BY, description="Compare recipes for training.")
    parser.add_argument("--seconds", type=float, default=SECONDS,
                        help="of the processor, for a run (default: %(default)g)")  # fmt: skip
    seconds = parser.parse_args().seconds
    torch.set_num_threads(1)
    code = rehearse()
    digest = hashlib.sha256(json.dumps([code, TABLE]).encode()).hexdigest()[:12]
    folder = KEPT / f"training-{seconds:g}s-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    content = train_all(folder, seconds)
    print(text(content), HEADER, *rows(content), sep="\n")
    if seconds == SECONDS:
        songs = Settings().folder_name
        print(save_result("recipes", content, songs=songs, code=code, made_by=MADE_BY))


if __name__ == "__main__":
    main()
