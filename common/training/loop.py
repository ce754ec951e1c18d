"""The loop that trains. The chapter *training* builds it by hand; this one is for real runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import ignite.distributed as idist
import torch
from ignite.utils import convert_tensor
from torch import Tensor, nn
from torch.utils.data import DataLoader
from tqdm.auto import tqdm

from common.checks import check_axes
from common.seed import rng
from common.training import ranks
from common.training.folder import RunFolder
from common.training.plan import Plan, learning_rate
from common.training.state import State, from_bytes, to_bytes

Record = dict[str, Any]
Objective = Callable[[nn.Module, Any], Tensor]
Validate = Callable[[nn.Module], Mapping[str, float]]
Watch = Callable[[Record], None]


class Examples(Protocol):
    """What is asked of the data; `common.data.Mixer` has it."""

    def __getitem__(self, number: int) -> Any:
        """An example, made from its number alone."""


class Diverged(ArithmeticError):
    """A loss or a gradient is NaN or infinite; the message says when, and what to try."""


@dataclass(frozen=True)
class Result:
    """How a run ended: steps taken, and score and step of the best validation."""

    steps: int
    best: float | None
    best_step: int


def train(
    model: nn.Module,
    objective: Objective,
    examples: Examples,
    plan: Plan,
    *,
    validate: Validate | None = None,
    folder: RunFolder | None = None,
    workers: int = 0,
    watch: Watch | None = None,
    progress: bool = True,
) -> Result:
    """Train a network, or go on where an earlier run in the same folder stopped.

    Parameters
    ----------
    model : nn.Module
        Changed in place, where its weights lie; left in evaluation mode.
    objective : callable
        ``objective(model, example)`` returns the loss of each example of a batch, (batch,).
    examples : Mixer, or anything else that makes an example from its number
        Step k, from 0, takes the numbers from ``k * plan.batch`` on.
    plan : Plan
    validate : callable, optional
        ``validate(model)`` returns scores by name; the first decides what is best, higher is
        better. The network is in evaluation mode. Of several processes only the first calls it.
    folder : RunFolder, optional
        Where checkpoints and logs go; without it nothing is written.
    workers : int
        Processes that make examples ahead.
    watch : callable, optional
        Called with the numbers of each step (``step``, ``loss``, ``norm``, ``learning_rate``) and
        of each validation (``step``, its scores, ``best``).
    progress : bool
        Show a progress bar.

    Returns
    -------
    Result
        The network holds the last weights; the best are in ``best.pt``.

    Raises
    ------
    ValueError
        If the batch cannot be split among the processes, or the folder holds another run.
    Diverged
        If a loss or a gradient is not finite; the checkpoints are from before that.
    """
    if not ranks.is_first():
        folder, watch, progress = None, None, False
    validates = ranks.from_first(lambda: validate is not None)
    state = State(ranks.share_statistics(model), plan)
    examples = batches(examples, begin(state, folder), workers)
    with own_randomness(state.device), telling(state, folder, watch, progress) as tell:
        for example in examples:
            tell(take_step(state, objective, example))
            validated = validates and is_due(state, plan.validate_every)
            if validated:
                tell(take_score(state, validate, folder))
            if validated or is_due(state, plan.save_every):
                save(state, folder)
            if state.done:
                break
    model.eval()
    return Result(state.step, state.best, state.best_step)


def begin(state: State, folder: RunFolder | None) -> State:
    """Bring every process to one state: a new one, or that of an earlier run."""

    def first() -> bytes:
        return to_bytes(folder.begin(state) if folder else state.content())

    state.restore(from_bytes(ranks.bytes_from_first(first)))
    return state


def batches(examples: Examples, state: State, workers: int) -> Iterator[Any]:
    """This process's share of the examples of all steps to come."""
    plan = state.plan
    end = state.step if state.done else plan.steps
    numbers = range(state.step * plan.batch + idist.get_rank(), end * plan.batch,
                    idist.get_world_size())  # fmt: skip
    loader = DataLoader(examples, state.share, sampler=numbers, num_workers=workers,
                        pin_memory=state.device.type == "cuda")  # fmt: skip
    for example in loader:
        yield convert_tensor(example, state.device, non_blocking=True)


def take_step(state: State, objective: Objective, example: Any) -> Record:
    """Change the weights once; returns the numbers of the step, counted from 1."""
    plan, model = state.plan, state.model
    seed_step(state)
    rate = learning_rate(plan, state.step)
    for group in state.optimizer.param_groups:
        group["lr"] = rate

    model.train()
    with torch.autocast(state.device.type, state.half) if state.half else nullcontext():
        losses = objective(model, example)  # (batch,)
    check_axes(losses, "losses of the objective", "batch", batch=state.share)
    loss = ranks.mean(losses.mean().item())
    check_converging(loss, "loss", state)

    state.optimizer.zero_grad()
    state.scaler.scale(losses.mean()).backward()
    ranks.average_gradients(model)
    state.scaler.unscale_(state.optimizer)
    norm = state.clip(model.parameters())
    if not state.scaler.is_enabled() or state.scaler.get_scale() < 1:  # else it skips the step
        check_converging(norm, "gradient", state)
    state.scaler.step(state.optimizer)
    state.scaler.update()
    state.step += 1
    return {"step": state.step, "loss": loss, "norm": norm, "learning_rate": rate}


def seed_step(state: State) -> None:
    """Let what the network draws, for its dropout, depend on the step's number alone."""
    draw = rng("training", state.plan.seed, state.step, idist.get_rank())
    seed = int(draw.integers(2**63))
    torch.default_generator.manual_seed(seed)  # torch.manual_seed asks after every kind of GPU
    if state.device.type == "cuda":
        torch.cuda.manual_seed(seed)


def take_score(state: State, validate: Validate, folder: RunFolder | None) -> Record:
    """Validate, and keep the network if it is the best so far."""
    state.model.eval()
    ranks.average_statistics(state.model)
    scores = ranks.from_first(
        lambda: {name: float(score) for name, score in validate(state.model).items()}
    )
    better = state.judge(next(iter(scores.values())))
    if better and folder:
        folder.save_best(state, scores)
    return {"step": state.step, **scores, "best": better}


def save(state: State, folder: RunFolder | None) -> None:
    """Write the checkpoint that a run goes on from."""
    ranks.average_statistics(state.model)
    if folder:
        folder.save(state)


def is_due(state: State, every: int) -> bool:
    """Whether it is the turn of what comes every so many steps, and after the last."""
    return state.step % every == 0 or state.step == state.plan.steps


@contextmanager
def own_randomness(device: torch.device) -> Iterator[None]:
    """Leave torch's random numbers to the caller as they were."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        yield


@contextmanager
def telling(
    state: State, folder: RunFolder | None, watch: Watch | None, progress: bool
) -> Iterator[Watch]:
    """A function that shows the numbers of a step, writes them, and passes them on."""
    bar = tqdm(total=state.plan.steps, initial=state.step, unit="step", disable=not progress)
    shown: dict[str, str] = {}

    def tell(record: Record) -> None:
        bar.update(record["step"] - bar.n)
        _, name, *_ = record  # the loss, or the score that decides
        shown[name] = f"{record[name]:.4g}"
        bar.set_postfix(shown, refresh=False)
        if folder:
            folder.write(record)
        if watch:
            watch(record)

    try:
        if folder:
            folder.open(state.step)
        yield tell
    finally:
        bar.close()
        if folder:
            folder.close()


def check_converging(value: float, what: str, state: State) -> None:
    """Raise Diverged unless a step's loss or gradient is finite."""
    plan, first = state.plan, state.step * state.plan.batch
    if not math.isfinite(value):
        raise Diverged(
            f"step {state.step + 1}, examples {first} to {first + plan.batch - 1}: expected a "
            f"finite {what}, got {value}; try a learning rate below {plan.learning_rate:g}, "
            f"clip_norm or clip_percentile, or precision 'float32'. The checkpoints are from "
            f"before this step"
        )
