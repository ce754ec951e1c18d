"""What a notebook's outputs depend on, and whether any of it changed.

A record is a small JSON file beside the executed notebook::

    code         hash of the code cells; prose may change without a new run
    environment  hash of Python's version and of every pinned package as installed
    settings     the environment variables that steer the book
    files        path -> hash of each file that the run read (null: it looked, there was none)
    listings     path -> hash of the names in each folder that it listed
    outputs      hash of the executed notebook itself
    seconds      how long the run took

Paths are relative to the repository where they lie in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from common.build.book import Book, BuildError, write_atomically

# Settings of the book that a run may read. No other variable may change what a page shows.
SETTINGS = re.compile(r"HEAR_THE_MASK_(?!TRACE)\w+")
# Never inputs: what the tools themselves keep.
OURS = ("_build", ".venv", ".git", ".pytest_cache", ".ruff_cache", ".import_linter_cache")
KEYS = {"code", "environment", "settings", "files", "listings", "outputs", "seconds"}
NOT_LISTED = {"__pycache__", ".ipynb_checkpoints", ".DS_Store"}


def text_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def file_hash(path: Path) -> str | None:
    """The hash of the file's bytes; None when it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def listing_hash(path: Path) -> str | None:
    try:
        return text_hash("\n".join(sorted(set(os.listdir(path)) - NOT_LISTED)))
    except OSError:
        return None


HASH_OF = {"files": file_hash, "listings": listing_hash}


def code_hash(notebook: dict) -> str:
    """The hash of what a kernel gets to see of a notebook."""
    cells = [
        [cell["source"], cell["metadata"].get("tags", [])]
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]
    return text_hash(json.dumps([cells, notebook["metadata"].get("kernelspec", {}).get("name")]))


@lru_cache
def environment_hash(pins: Path) -> str:
    """The hash of Python's version and of the installed files of every package in `pins`."""
    names = re.findall(r"^([\w.-]+)==", pins.read_text(encoding="utf-8"), re.MULTILINE)
    parts = [platform.python_version()]
    for name in [*names, "soxbindings"]:  # the stand-in is installed from this repository
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        parts.append(f"{name} {found.version} {found.read_text('RECORD')}")
    return text_hash("\n".join(parts))


def settings() -> dict[str, str]:
    return {name: value for name, value in sorted(os.environ.items()) if SETTINGS.fullmatch(name)}


def pins_file(book: Book) -> Path:
    return book.root / "common" / "build" / "pins.txt"


def watch_list(book: Book) -> dict:
    """The arguments of `common.build.kernel.trace` but the first."""
    inside = [str(book.root) + os.sep, str(book.data) + os.sep]
    return {"watched": inside, "ignored": [str(book.root / name) + os.sep for name in OURS]}


def what_was_read(book: Book, notes: Iterable[str], *, since: float) -> tuple[dict, list[str]]:
    """The `files` and `listings` of a record, and which of them changed after the time `since`."""
    read: dict[str, dict] = {"files": {}, "listings": {}}
    changed = []
    for line in sorted(set(notes)):
        kind, name = json.loads(line)
        path = Path(name)
        if kind == "files" and path.is_dir():
            continue
        key = os.path.relpath(path, book.root) if path.is_relative_to(book.root) else name
        read[kind][key] = HASH_OF[kind](path)
        if path.exists() and path.stat().st_mtime > since:
            changed.append(key)
    return read, changed


def write_record(book: Book, page: str, **parts) -> None:
    """Write the record of a run whose executed copy is in its place."""
    record = {**parts, "settings": settings(), "outputs": file_hash(book.executed(page))}
    write_atomically(book.record(page), json.dumps(record, indent=1, sort_keys=True) + "\n")


def read_record(book: Book, page: str) -> dict | None:
    """The record of the last run, or None when there is none that can be read."""
    try:
        record = json.loads(book.record(page).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if record.keys() >= KEYS else None


def why_stale(book: Book, page: str, notebook: dict, memo: dict | None = None) -> str | None:
    """Why the notebook must run again, in a few words; None when its outputs still hold."""
    record = read_record(book, page)
    if record is None:
        return "no outputs yet"
    if record["outputs"] != file_hash(book.executed(page)):
        return "its executed copy is not what the run left"
    if record["code"] != code_hash(notebook):
        return "its code changed"
    if record["environment"] != environment_hash(pins_file(book)):
        return "Python or a package changed"
    if record["settings"] != settings():
        return f"{_difference(record['settings'], settings())} changed"
    memo = {} if memo is None else memo
    for kind in HASH_OF:
        for name, before in record[kind].items():
            if (kind, name) not in memo:
                memo[kind, name] = HASH_OF[kind](book.root / name)
            if (now := memo[kind, name]) != before:
                what = name if kind == "files" else f"the list of files in {name}"
                change = "appeared" if before is None else "is gone" if now is None else "changed"
                return f"{what} {change}"
    return None


def _difference(before: dict, now: dict) -> str:
    return next(name for name in {**before, **now} if before.get(name) != now.get(name))


def check_fresh(book: Book, page: str, notebook: dict) -> None:
    """Raise BuildError unless the executed copy of `page` may be shown."""
    if reason := why_stale(book, page, notebook):
        raise BuildError(f"{page}: {reason}. Run `make book`, which executes it first.")


def keep_outputs(book: Book, page: str) -> None:
    """Tell the record that the executed copy was rewritten on purpose."""
    write_record(book, page, **read_record(book, page))
