"""What two processes do in `test_ranks`: run after run, each noted in a folder.

torchrun --nproc-per-node 2 -m tests.training.together FOLDER
"""

import sys
from dataclasses import replace
from pathlib import Path

import ignite.distributed as idist
import torch

from common.training import ranks
from tests.training.tiny import PLAN, Examples, objective, start


class Stop(Exception):
    """What stops a run, in all processes."""


def still(model, example):
    """Without dropout, of which each process draws its own."""
    model.dropout.p = 0.0
    return objective(model, example)


def stopping(model, example):
    if example["number"].min() >= 7 * PLAN.batch:
        raise Stop
    return objective(model, example)


RUNS = {
    "layer": {"norm": "layer", "objective": still},
    "batch": {"norm": "batch", "objective": still, "plan": replace(PLAN, steps=1, warmup=0)},
    "dropout": {},
    "stopped": {"objective": stopping},
    "patience": {"plan": replace(PLAN, patience=1, validate_every=2),
                 "validate": lambda model: {"score": 0.0}},
}  # fmt: skip


def main(folder):
    for name, options in [*RUNS.items(), ("stopped", {})]:
        examples, told = Examples(), []
        try:
            model, result = start(folder / name, examples=examples, watch=told.append, **options)
        except Stop:
            continue
        content = {"asked": examples.asked, "told": told, "steps": result.steps,
                   "best": result.best, "weights": model.state_dict()}  # fmt: skip
        torch.save(content, folder / f"{name}-{idist.get_rank()}.pt")


if __name__ == "__main__":
    with ranks.together():
        main(Path(sys.argv[1]))
