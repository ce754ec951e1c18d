"""How fast the blocks are beside nussl's.

Both have the same weights, and each its own order of axes in memory. They take turns on one thread,
and processor time counts, so that what else the machine does disturbs little. The goal for a
training step is 1.05 at most.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from common.architectures import MaskInference
from common.blocks import Embedding, RecurrentStack
from common.compat import nussl, nussl_axes
from common.stft import STFTConfig
from tests.benchmarks import Row
from tests.peers.parity import give_weights

PAIRS, WARM_UP = 20, 2
BATCH, HIDDEN, LAYERS, SOURCES = 8, 128, 2, 2
RATE, CONFIG = 22050, STFTConfig()
BINS = CONFIG.window_length // 2 + 1


def frames(seconds: float) -> int:
    return 1 + -(-round(seconds * RATE) // CONFIG.hop)


def networks() -> tuple[nn.Module, nn.Module, Callable]:
    """Our network, nussl's with the same weights, and what calls nussl's."""
    config = nussl.ml.networks.builders.build_recurrent_mask_inference(
        BINS, HIDDEN, LAYERS, True, 0.0, SOURCES, ["sigmoid"])  # fmt: skip
    ours = MaskInference(BINS, SOURCES, hidden=HIDDEN, layers=LAYERS)
    theirs = nussl.ml.SeparationModel(config)
    give_weights(ours, theirs)
    return ours, theirs, lambda x: theirs({"mix_magnitude": x})["estimates"]


def step(module: nn.Module, call: Callable, x: torch.Tensor, wanted: torch.Tensor) -> Callable:
    """A training step: what an epoch repeats."""
    optimizer = torch.optim.Adam(module.parameters(), 1e-3)

    def run() -> None:
        optimizer.zero_grad()
        (call(x) - wanted).abs().mean().backward()
        optimizer.step()

    return run


def pairs(ours: Callable, theirs: Callable) -> np.ndarray:
    """Seconds of both, (pair, 2); in every second pair theirs runs first."""
    seconds = np.zeros((WARM_UP + PAIRS, 2))
    for number, row in enumerate(seconds):
        for which in (0, 1) if number % 2 else (1, 0):
            start = time.process_time()
            (ours, theirs)[which]()
            row[which] = time.process_time() - start
    return seconds[WARM_UP:]


def row(what: str, seconds: np.ndarray, audio: float = 0.0) -> Row:
    """A row of `pairs`; of `audio` seconds, how many times faster than they sound."""
    medians = np.median(seconds, axis=0)
    shown = [f"{audio / m:.0f} x real time" if audio else f"{1000 * m:.1f} ms" for m in medians]
    return Row.of_pairs(what, *shown, seconds)


def train(what: str, ours: nn.Module, theirs: nn.Module, x: torch.Tensor, call=None) -> Row:
    """A training step of both on `x`, towards random numbers."""
    with torch.no_grad():
        wanted = torch.rand_like(ours(x))
    turned = [nussl_axes(y).contiguous() if y.ndim > 3 else y for y in (x, wanted)]
    return row(what, pairs(step(ours, ours, x, wanted), step(theirs, call or theirs, *turned)))


@torch.no_grad()
def forward(seconds: float) -> Row:
    """The forward pass alone on a song."""
    ours, theirs, call = networks()
    x = 100 * torch.rand(1, 1, BINS, frames(seconds))
    y = nussl_axes(x).contiguous()
    ours.eval(), theirs.eval()
    return row(f"forward, {seconds:.0f} s of sound (nussl)",
               pairs(lambda: ours(x), lambda: call(y)), seconds)  # fmt: skip


def measure() -> list[Row]:
    """A training step and the forward pass of the whole network; its two heaviest blocks."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    modules = nussl.ml.networks.modules
    ours, theirs, call = networks()
    rows = [train(f"training step, {BATCH} x 3 s (nussl)", ours, theirs,
                  100 * torch.rand(BATCH, 1, BINS, frames(3)), call), forward(60)]  # fmt: skip
    ours = RecurrentStack(BINS, HIDDEN, LAYERS)
    theirs = modules.RecurrentStack(BINS, HIDDEN, LAYERS, True, 0.0)
    give_weights(ours, theirs)
    x = torch.randn(BATCH, frames(3), BINS)
    rows.append(train("RecurrentStack alone, training (nussl)", ours, theirs, x))
    ours = Embedding(ours.size, BINS, SOURCES)
    theirs = modules.Embedding(BINS, 2 * HIDDEN, SOURCES, ["sigmoid"])
    give_weights(ours, theirs)
    x = torch.randn(BATCH, frames(3), 2 * HIDDEN)
    return [*rows, train("Embedding alone, training (nussl)", ours, theirs, x)]
