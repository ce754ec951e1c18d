"""Results on disk: written whole or not at all, with what they depend on."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.results.code import Code

HERE = Path(__file__).parent
KEYS = {"made_by", "songs", "code", "content"}


def read_log(path: Path) -> list[dict[str, Any]]:
    """What a measurement that was interrupted has done so far; nothing if there is no file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def append_log(path: Path, record: Mapping[str, Any]) -> None:
    """Add what was done to a log; it is on the disk after this."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
        os.fsync(file.fileno())


def result_path(name: str) -> Path:
    """Where the result of that name lies."""
    return HERE / f"{name}.json"


def save_result(
    name: str,
    content: Any,
    *,
    songs: str,
    code: Code,
    folder: Path = HERE,
    made_by: str | None = None,
) -> Path:
    """Write a result, with the command that makes it and the code that made it.

    Parameters
    ----------
    name : str
        Of the file.
    content : what JSON can hold
    songs : str
        Which set of songs it was measured on.
    code : dict
        What `code_that_runs` found.
    folder : path
    made_by : str, optional
        The command, if it is not ``python -m common.results NAME``.
    """
    result = {
        "made_by": made_by or f"python -m common.results {name}",
        "songs": songs,
        "code": code,
        "content": content,
    }
    path = folder / f"{name}.json"
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        text = json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False)
        unfinished.write_text(text + "\n", encoding="utf-8")
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def load_result(name: str, *, folder: Path = HERE) -> dict[str, Any]:
    """Read a result.

    Returns
    -------
    dict
        ``content``, and what it depends on: ``made_by``, ``songs``, ``code``.

    Raises
    ------
    ValueError
        If there is no such result, or the file holds something else.
    """
    path = folder / f"{name}.json"
    if not path.exists():
        known = ", ".join(sorted(path.stem for path in folder.glob("*.json"))) or "none"
        raise ValueError(f"result: expected one of {known}, got {name!r}")
    with open(path, encoding="utf-8") as file:
        result = json.load(file)
    if not (isinstance(result, dict) and result.keys() == KEYS):
        raise ValueError(f"{path}: expected a result with {', '.join(sorted(KEYS))}; make it again")
    return result
