"""The files of the shipped networks, each held to its hash."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from torch import nn

from common import architectures
from common.checkpoint import KEYS, load_checkpoint, read, write
from common.checks import check_choice
from common.pretrained.packing import pack, unpack

HERE = Path(__file__).parent
# The networks by name: what a configuration may ask for, and what may be shipped.
MODELS = {name: getattr(architectures, name) for name in architectures.__all__}


def pretrained_names(*, folder: Path = HERE) -> list[str]:
    """The names of the networks that there are."""
    return sorted(_hashes(folder))


def load_pretrained(name: str, *, folder: Path = HERE) -> tuple[nn.Module, dict[str, Any]]:
    """Make a shipped network.

    Parameters
    ----------
    name : str
        One of `pretrained_names`.
    folder : path

    Returns
    -------
    model : nn.Module
        On the CPU, in evaluation mode.
    notes : dict
        ``rate``, ``sources``, ``stft``: what it takes and gives; ``config``, ``steps``, ``scores``:
        how it was trained, and how well it did on the validation songs; ``validations``: the same
        on the way there, with its ``step``.

    Raises
    ------
    ValueError
        If there is no such network, or its file is not the one that was shipped.

    Examples
    --------
    >>> model, notes = load_pretrained("small")
    >>> type(model).__name__
    'SkipMaskInference'
    """
    hashes = _hashes(folder)
    check_choice(name, "name", sorted(hashes))
    path = folder / f"{name}.pt"
    if (found := _hash(path)) != hashes[name]:
        raise ValueError(
            f"{path}: expected the file with the SHA-256 {hashes[name]}, got {found}; fetch the "
            f"repository again"
        )
    content = read(path, KEYS, "fetch the repository again")
    model = MODELS[content["model"]](**content["settings"])
    model.load_state_dict(unpack(content["weights"]))
    return model.eval(), content["notes"]


def load_model(name: str) -> tuple[nn.Module, dict[str, Any]]:
    """A shipped network by its name, or a checkpoint of `common.train` by its path.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if name in pretrained_names():
        return load_pretrained(name)
    if not Path(name).exists():
        raise ValueError(
            f"{name}: expected a checkpoint, found no such file; or name a shipped network: "
            f"{', '.join(pretrained_names())}"
        )
    return load_checkpoint(name, *MODELS.values())


def save_pretrained(name: str, checkpoint: Path, precision: str, *, folder: Path = HERE) -> Path:
    """Pack a checkpoint that training wrote, and write its hash beside it.

    Parameters
    ----------
    name : str
    checkpoint : path
        ``best.pt`` of a run, in the folder of the run.
    precision : str
        Of `common.pretrained.packing.pack`.
    folder : path
    """
    load_checkpoint(checkpoint, *MODELS.values())  # it loads, and is of one of these
    content = read(checkpoint, KEYS, "train it again")
    notes = {**content["notes"], "precision": precision, "validations": validations(checkpoint)}
    path = folder / f"{name}.pt"
    write(path, {**content, "weights": pack(content["weights"], precision), "notes": notes})
    text = json.dumps({**_hashes(folder), name: _hash(path)}, indent=1, sort_keys=True)
    unfinished = folder / f".hashes.{os.getpid()}"
    try:
        unfinished.write_text(text + "\n", encoding="utf-8")
        os.replace(unfinished, folder / "hashes.json")
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def validations(checkpoint: Path) -> list[dict[str, float]]:
    """What the log beside a run's checkpoint says of its validations."""
    log = checkpoint.with_name("log.jsonl").read_text(encoding="utf-8")
    return [
        {name: round(record[name], 3) for name in ("step", "si_sdr", "share")}
        for record in map(json.loads, log.splitlines())
        if "share" in record
    ]


def _hashes(folder: Path) -> dict[str, str]:
    path = folder / "hashes.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
