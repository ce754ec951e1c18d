"""All that a run goes on from, in memory and in its checkpoint."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from common.checkpoint import check_plain, read, write
from common.training.clipping import Clip
from common.training.plan import Plan
from common.training.ranks import own_share

KINDS = {"config": dict, "step": int, "best": float | None, "best_step": int, "waited": int,
         "norms": torch.Tensor, "model": dict, "optimizer": dict, "scaler": dict}  # fmt: skip


class State:
    """A network on its way: what changes from step to step, and nothing else.

    Random numbers are not in it: each step draws its own (`take_step`). Neither are the examples,
    which are made from their numbers.

    Parameters
    ----------
    model : nn.Module
        Where its weights lie, there it is trained.
    plan : Plan

    Raises
    ------
    ValueError
        If the batch cannot be split among the processes.
    """

    def __init__(self, model: nn.Module, plan: Plan) -> None:
        self.model, self.plan = model, plan
        self.share = own_share(plan.batch)  # how many examples of a batch are this process's
        self.device = next(model.parameters()).device
        self.half = half_precision(self.device) if plan.precision == "mixed" else None
        self.optimizer = torch.optim.Adam(model.parameters(), lr=plan.learning_rate)
        # Small gradients vanish in float16, in which cuDNN's recurrent layers compute even where
        # autocast is told bfloat16. A larger loss, and gradients made small again, prevent it.
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.half is not None)
        self.clip = Clip(plan.clip_norm, plan.clip_percentile)
        self.step = 0  # how often the weights have changed
        self.best: float | None = None  # score of the best validation
        self.best_step = 0
        self.waited = 0  # validations since then

    @property
    def done(self) -> bool:
        """Whether all steps are taken, or patience has run out."""
        return self.step >= self.plan.steps or self.waited == self.plan.patience

    def judge(self, score: float) -> bool:
        """Take note of a validation's score; returns whether it is the best so far."""
        better = self.best is None or score > self.best
        if better:
            self.best, self.best_step = score, self.step
        self.waited = 0 if better else self.waited + 1
        return better

    def content(self) -> dict[str, Any]:
        """Tensors, numbers and strings that `restore` takes."""
        return {
            "step": self.step,
            "best": self.best,
            "best_step": self.best_step,
            "waited": self.waited,
            "norms": torch.tensor(self.clip.norms, dtype=torch.float64),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
        }

    def restore(self, content: Mapping[str, Any]) -> None:
        """Go on from what `content` returned.

        Raises
        ------
        ValueError
            If it is of another network.
        """
        for name in ("step", "best", "best_step", "waited"):
            setattr(self, name, content[name])
        self.clip.norms = content["norms"].tolist()
        try:
            self.model.load_state_dict(content["model"])
            self.optimizer.load_state_dict(content["optimizer"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise ValueError(
                f"last.pt: expected the state of this network, got another's; start afresh in "
                f"another folder ({error})"
            ) from error
        if self.scaler.is_enabled() and content["scaler"]:
            self.scaler.load_state_dict(content["scaler"])


def save_state(path: Path, state: State, config: Mapping[str, Any]) -> None:
    """Write a training checkpoint: the state, and the settings that led to it.

    Raises
    ------
    TypeError
        If the settings are not numbers, strings, and lists and dicts of them.
    """
    check_plain(dict(config), "config")
    write(path, {"config": dict(config), **state.content()})


def load_state(path: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    """Read a training checkpoint that `save_state` wrote with the same settings.

    Raises
    ------
    ValueError
        If the file is no training checkpoint, or one of a run with other settings.
    """
    content = read(path, KINDS, "it is no training checkpoint; start afresh in another folder")
    for name, kind in KINDS.items():
        if not isinstance(content[name], kind):
            raise ValueError(
                f"{path}: expected a training checkpoint, got one whose {name} is "
                f"{type(content[name]).__name__}; start afresh in another folder"
            )
    mine, its = flat(dict(config)), flat(content["config"])
    other = [name for name in sorted({*mine, *its}) if mine.get(name) != its.get(name)]
    if other:
        found = "; ".join(f"{name} is {mine.get(name)}, there {its.get(name)}" for name in other)
        raise ValueError(
            f"{path.parent}: expected a run with the same settings, got another: {found}; "
            f"choose another folder, or take the settings back"
        )
    return content


def to_bytes(content: Mapping[str, Any]) -> bytes:
    """A state to send to another process."""
    file = io.BytesIO()
    torch.save(dict(content), file)
    return file.getvalue()


def from_bytes(data: bytes) -> dict[str, Any]:
    """What another process sent."""
    return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)


def flat(settings: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Nested settings as one dict: ``{"model.hidden": 64}``, lists as tuples."""
    found = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{before}{name}.")
        else:
            found[before + name] = tuple(value) if isinstance(value, list) else value
    return found


def half_precision(device: torch.device) -> torch.dtype | None:
    """A GPU's bfloat16, which reaches as far as float32, or its float16; of a CPU none."""
    if device.type != "cuda":
        return None
    native = torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if native else torch.float16
