"""The blocks beside nussl's: a step of training, and a forward pass, as ratios of times.

``python -m tests.benchmarks.blocks`` runs both in turn, on one thread, in one process, and prints
medians and quartiles of the ratios. Below 1, the book's is the faster.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import nn

from common.architectures import MaskInference
from common.blocks import Embedding, RecurrentStack
from common.compat import nussl, nussl_axes
from common.stft import STFTConfig

RATE, BINS, HIDDEN, LAYERS, SOURCES = 22050, 513, 128, 2, 2
BATCH, SECONDS, PAIRS = 8, 3, 20
LONG = 60  # seconds


def frames(seconds: float) -> int:
    return 1 + int(-(-seconds * RATE // STFTConfig().hop))


def network() -> tuple[nn.Module, nn.Module]:
    """The book's mask inference and nussl's, with the same weights."""
    config = nussl.ml.networks.builders.build_recurrent_mask_inference(
        BINS, HIDDEN, LAYERS, True, 0.0, SOURCES, ["sigmoid"]
    )
    ours, theirs = MaskInference(BINS, SOURCES), nussl.ml.SeparationModel(config)
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        other.data.copy_(mine.data)
    return ours, theirs


def step(model: nn.Module, run: Callable, target: torch.Tensor) -> Callable[[], None]:
    """One step of training: forward, loss, backward, Adam."""
    adam = torch.optim.Adam(model.parameters())

    def train() -> None:
        adam.zero_grad()
        nn.functional.l1_loss(run(), target).backward()
        adam.step()

    return train


def seconds(run: Callable) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def compare(name: str, ours: Callable, theirs: Callable, pairs: int = PAIRS) -> np.ndarray:
    """Run both in turn, swapping who goes first; print the ratio; return the times of both."""
    ours(), theirs()
    times = np.array([
        [seconds(f) for f in order][:: 1 if n % 2 else -1]
        for n in range(pairs)
        for order in [(ours, theirs) if n % 2 else (theirs, ours)]
    ])  # fmt: skip
    low, median, high = np.quantile(times[:, 0] / times[:, 1], [0.25, 0.5, 0.75])
    print(f"{name:28} {median:5.3f} times nussl's (quartiles {low:.3f} to {high:.3f})")
    return times


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    ours, theirs = network()
    magnitude = torch.rand(BATCH, 1, BINS, frames(SECONDS))
    target = torch.rand(BATCH, SOURCES, 1, BINS, frames(SECONDS))
    turned = {"mix_magnitude": nussl_axes(magnitude).contiguous()}
    with torch.no_grad():
        apart = nussl_axes(theirs(dict(turned))["estimates"]) - ours(magnitude)
    assert apart.abs().max() < 1e-5, "the two networks are not the same"
    compare(
        "a step of training",
        step(ours, partial(ours, magnitude), target),
        step(theirs, lambda: theirs(dict(turned))["estimates"], nussl_axes(target).contiguous()),
    )

    modules = nussl.ml.networks.modules
    sequence = torch.rand(BATCH, frames(SECONDS), 2 * HIDDEN)
    for name, mine, other in [
        ("RecurrentStack, a step", RecurrentStack(2 * HIDDEN, HIDDEN, LAYERS),
         modules.RecurrentStack(2 * HIDDEN, HIDDEN, LAYERS, True, 0.0)),
        ("Embedding, a step", Embedding(2 * HIDDEN, BINS, SOURCES),
         modules.Embedding(BINS, 2 * HIDDEN, SOURCES, ["sigmoid"])),
    ]:  # fmt: skip
        compare(name, *(step(m, partial(m, sequence), torch.zeros_like(m(sequence)))
                        for m in (mine, other)))  # fmt: skip

    long = torch.rand(1, 1, BINS, frames(LONG))
    turned = {"mix_magnitude": nussl_axes(long).contiguous()}
    with torch.no_grad():
        times = compare(
            f"forward, {LONG} s of audio", partial(ours.eval(), long),
            lambda: theirs.eval()(dict(turned)), pairs=7,
        )  # fmt: skip
    mine, other = LONG / np.median(times, axis=0)
    print(f"on one core: {mine:.0f} times real time; nussl's: {other:.0f}")


if __name__ == "__main__":
    main()
