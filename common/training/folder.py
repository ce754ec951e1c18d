"""What a run writes: its checkpoints, its log, and TensorBoard's files."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.checkpoint import save_checkpoint
from common.training.state import State, load_state, save_state


class RunFolder:
    """A folder of one run: ``last.pt``, ``best.pt``, ``log.jsonl``, ``tensorboard``.

    Parameters
    ----------
    path : path
    settings : mapping
        The keyword arguments that made the network, for ``best.pt``.
    config : mapping
        What the run depends on beside; a run with another is refused.
    notes : mapping
        What a reader of ``best.pt`` wants to know; step and scores are added.
    """

    def __init__(
        self,
        path: Path | str,
        settings: Mapping[str, Any],
        config: Mapping[str, Any],
        notes: Mapping[str, Any],
    ) -> None:
        self.path = Path(path)
        self.settings, self.config, self.notes = settings, config, notes
        self.last, self.best = self.path / "last.pt", self.path / "best.pt"
        self._log = self._board = None

    def begin(self, state: State) -> dict[str, Any]:
        """What to go on from: the state of an earlier run, or this one, which is saved at once.

        Raises
        ------
        ValueError
            If ``last.pt`` is broken, or of another run.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        for unfinished in self.path.glob(".*.pt.*"):  # of a run that was killed while it wrote
            unfinished.unlink()
        if self.last.exists():
            return load_state(self.last, self.config)
        self.save(state)
        return state.content()

    def open(self, step: int) -> None:
        """Open the logs, and forget what they say of later steps."""
        from torch.utils.tensorboard import SummaryWriter  # takes a second

        path = self.path / "log.jsonl"
        cut_log(path, step)
        self._log = open(path, "a", encoding="utf-8", buffering=1)  # each line at once
        self._board = SummaryWriter(self.path / "tensorboard", purge_step=step + 1)

    def write(self, record: Mapping[str, Any]) -> None:
        """Log numbers of one step; JSON has no NaN and no infinity, so these become null."""
        plain = {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in record.items()
        }
        self._log.write(json.dumps(plain, allow_nan=False) + "\n")
        for name, value in record.items():
            if isinstance(value, float):
                self._board.add_scalar(name, value, record["step"])

    def save(self, state: State) -> None:
        """Write ``last.pt``, from which the same run goes on."""
        save_state(self.last, state, self.config)

    def save_best(self, state: State, scores: Mapping[str, float]) -> None:
        """Write ``best.pt``, which `common.checkpoint.load_checkpoint` reads."""
        notes = {**self.notes, "steps": state.step, "scores": dict(scores)}
        save_checkpoint(self.best, state.model, self.settings, **notes)

    def close(self) -> None:
        """Close the logs."""
        for file in (self._log, self._board):
            if file is not None:
                file.close()


def cut_log(path: Path, step: int) -> None:
    """Take the lines of later steps from a log, and a line that was never finished."""
    if not path.exists():
        return
    kept = 0
    with open(path, "rb+") as file:
        for line in file:
            try:
                whole = line.endswith(b"\n") and json.loads(line)["step"] <= step
            except (ValueError, KeyError, TypeError):
                whole = False
            if not whole:
                break
            kept += len(line)
        file.truncate(kept)
