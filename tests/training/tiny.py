"""A run small enough to be started a hundred times: an odd function of four numbers is learned."""

from pathlib import Path

import torch
from torch import nn

from common.checkpoint import load_checkpoint
from common.seed import rng
from common.training import Plan, RunFolder, train

PLAN = Plan(steps=12, batch=4, learning_rate=0.01, warmup=3, clip_percentile=50,
            validate_every=5, save_every=3, seed=1)  # fmt: skip
SETTINGS = {"hidden": 5}


class Network(nn.Module):
    """Has all that a run must go on from: statistics, and random numbers of its own."""

    def __init__(self, hidden, norm="batch"):
        super().__init__()
        self.first, self.last = nn.Linear(4, hidden), nn.Linear(hidden, 1)
        self.norm = nn.BatchNorm1d(hidden) if norm == "batch" else nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(0.2)

    def forward(self, x):  # (batch, 4)
        return self.last(self.dropout(torch.tanh(self.norm(self.first(x)))))[:, 0]  # (batch,)


class Examples:
    """Example n is made from its number; `asked` says which were."""

    def __init__(self):
        self.asked = []

    def __getitem__(self, number):
        self.asked.append(number)
        x = rng("tiny", number).normal(size=4).astype("float32")
        return {"x": x, "y": x.sum() - x[0] * x[1], "number": number}


def objective(model, example):
    return (model(example["x"]) - example["y"]).square()  # (batch,)


def validate(model):
    x = torch.linspace(-2, 2, 40).reshape(10, 4)
    with torch.no_grad():
        return {"score": -(model(x) - x.sum(dim=1)).square().mean().item()}


def start(folder=None, plan=PLAN, *, config=None, norm="batch", **options):
    """Train the network as far as it gets; returns it and the result."""
    torch.manual_seed(0)
    model = Network(**SETTINGS, norm=norm)
    if folder is not None:
        folder = RunFolder(folder, SETTINGS, {"run": "tiny"} if config is None else config, {})
    options = {"objective": objective, "examples": Examples(), "validate": validate,
               "progress": False} | options  # fmt: skip
    return model, train(model, plan=plan, folder=folder, **options)


def outcome(folder):
    """All that a run left behind, to compare it with another's."""
    folder = Path(folder)
    best, notes = load_checkpoint(folder / "best.pt", Network)
    last = torch.load(folder / "last.pt", weights_only=True)
    return {"last": last, "best": best.state_dict(), "notes": notes,
            "log": (folder / "log.jsonl").read_text()}  # fmt: skip


def equal(one, other):
    """Whether two outcomes are the same to the last bit."""
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return type(one) is type(other) and one == other
