"""How long, how fast and how carefully a network is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass

from common.checks import check_choice, check_count, check_positive
from common.training.clipping import Clip

SCHEDULES = ("constant", "cosine")
PRECISIONS = ("mixed", "float32")


@dataclass(frozen=True)
class Plan:
    """How a network is trained: by a number of steps and a seed, never by the clock.

    Parameters
    ----------
    steps : int
        How often the weights change.
    batch : int
        Examples a step, on all GPUs together.
    learning_rate : float
        Of Adam, at its highest.
    warmup : int
        Steps in which the learning rate rises from zero in a straight line.
    schedule : str
        After that: ``constant``, or ``cosine``, half a period of which leads down to zero.
    clip_norm : float, optional
        The longest gradient that is let through; a longer one is made as long as this.
    clip_percentile : float, optional
        The same, but the limit is a percentile of the lengths so far (AutoClip).
    precision : str
        ``mixed``: on a GPU half precision where it does no harm; ``float32``: nowhere. A CPU always
        computes in float32.
    validate_every, save_every : int
        Steps from one validation, and from one checkpoint, to the next. Both also come last.
    patience : int, optional
        Stop after so many validations in a row that were no improvement.
    seed : int
        Of the dropout and of whatever else a network draws in a step.
    """

    steps: int = 20_000
    batch: int = 8
    learning_rate: float = 1e-3
    warmup: int = 0
    schedule: str = "cosine"
    clip_norm: float | None = None
    clip_percentile: float | None = None
    precision: str = "mixed"
    validate_every: int = 1000
    save_every: int = 200
    patience: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "validate_every", "save_every"):
            check_count(getattr(self, name), name)
        check_positive(self.learning_rate, "learning_rate")
        check_choice(self.schedule, "schedule", SCHEDULES)
        check_choice(self.precision, "precision", PRECISIONS)
        Clip(self.clip_norm, self.clip_percentile)  # refuses what makes no sense
        if not 0 <= self.warmup <= self.steps:
            raise ValueError(f"warmup: expected 0 to steps = {self.steps}, got {self.warmup}")
        if self.patience is not None:
            check_count(self.patience, "patience")


def learning_rate(plan: Plan, step: int) -> float:
    """The learning rate of a step, counted from 0.

    Notes
    -----
    Loshchilov and Hutter (2017), "SGDR: stochastic gradient descent with warm restarts", eq. 5,
    without a restart.
    """
    if step < plan.warmup:
        return plan.learning_rate * (step + 1) / plan.warmup
    if plan.schedule == "constant":
        return plan.learning_rate
    way = (step - plan.warmup) / (plan.steps - plan.warmup)  # from 0, not quite to 1
    return plan.learning_rate * (1 + math.cos(math.pi * way)) / 2
