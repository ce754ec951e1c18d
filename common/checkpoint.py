"""Weights on disk: written whole or not at all, read without running any code from the file.

The chapter *mask-inference* builds it.
"""

from __future__ import annotations

import io
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

KEYS = {"model", "settings", "weights", "notes"}


def save_checkpoint(
    path: Path | str, model: nn.Module, settings: Mapping[str, Any], **notes: Any
) -> None:
    """Write a model's weights, and what is needed to make the model again.

    Parameters
    ----------
    path : path
        Replaced only when the new file is whole.
    model : nn.Module
    settings : dict
        The keyword arguments that made `model`: numbers, strings, and lists and dicts of them.
    **notes
        What a reader of the file wants to know, in the same types: data, steps, scores.

    Raises
    ------
    TypeError
        If there is anything else in the settings or notes: nothing but these is read again.
    """
    check_plain(dict(settings), "settings")
    check_plain(notes, "notes")
    weights = {name: value.detach().cpu() for name, value in model.state_dict().items()}
    content = {"model": type(model).__name__, "settings": dict(settings), "weights": weights,
               "notes": notes}  # fmt: skip
    write(path, content)


def load_checkpoint(
    path: Path | str, *classes: type[nn.Module]
) -> tuple[nn.Module, dict[str, Any]]:
    """Make a model from a file that `save_checkpoint` wrote.

    Parameters
    ----------
    path : path
    *classes : class
        Those that the file's model may be of.

    Returns
    -------
    model : nn.Module
        On the CPU, in evaluation mode.
    notes : dict

    Raises
    ------
    ValueError
        If the file is no checkpoint, or one of no such class.

    Notes
    -----
    The file is read as weights only: tensors, numbers and strings, never code.
    """
    content = read(path, KEYS, "write it with save_checkpoint")
    makes = {make.__name__: make for make in classes}
    if content["model"] not in makes:
        raise ValueError(
            f"{path}: expected a checkpoint of {' or '.join(makes)}, got one of "
            f"{content['model']}; pass that class instead"
        )
    model = makes[content["model"]](**content["settings"])
    model.load_state_dict(content["weights"])
    return model.eval(), content["notes"]


def write(path: Path | str, content: Mapping[str, Any]) -> None:
    """Write tensors, numbers and strings to a file that is there whole or not at all.

    Until it is whole, also on the disk, a file that was there before stays what it was.
    """
    path, whole = Path(path), io.BytesIO()
    torch.save(dict(content), whole)  # in memory: of a full disk torch itself says only "failed"
    whole.seek(0)
    torch.load(whole, weights_only=True)  # nothing that could not be read again
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(unfinished, "wb") as file:
            file.write(whole.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def read(path: Path | str, keys: Collection[str], mend: str) -> dict[str, Any]:
    """Read what `write` wrote, as weights only: tensors, numbers and strings, never code.

    Raises
    ------
    ValueError
        If the file does not load so, or has other keys; `mend` says what to do about that.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise
    except Exception as error:  # torch raises many kinds
        raise ValueError(
            f"{path}: expected a checkpoint, got a file that does not load as weights only "
            f"({type(error).__name__}); fetch or save it again"
        ) from error
    if not (isinstance(content, dict) and content.keys() == set(keys)):
        raise ValueError(
            f"{path}: expected a checkpoint with {', '.join(sorted(keys))}, got "
            f"{type(content).__name__}; {mend}"
        )
    return content


def check_plain(value: Any, name: str) -> None:
    """Raise TypeError unless `value` is a number, a string, None, or a list or dict of them."""
    if type(value) is dict:
        for key, item in value.items():
            check_plain(key, f"key of {name}")
            check_plain(item, f"{name}[{key!r}]")
    elif type(value) in (list, tuple):
        for place, item in enumerate(value):
            check_plain(item, f"{name}[{place}]")
    elif type(value) not in (bool, int, float, str, type(None)):  # not a subclass: NumPy's float64
        raise TypeError(
            f"{name}: expected numbers, strings, and lists and dicts of them, got "
            f"{type(value).__module__}.{type(value).__name__}; make a number of NumPy or torch one "
            f"of Python with .item(), anything else a string"
        )
