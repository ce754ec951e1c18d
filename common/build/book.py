"""Where things are: the one place that knows the layout of the repository and of `_build`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


class BuildError(Exception):
    """The build cannot go on; the message says why and what to do."""


@dataclass(frozen=True)
class Book:
    """A folder with a `_toc.yml`, a `_config.yml`, and the notebooks that the contents name."""

    root: Path = ROOT

    @cached_property
    def config(self) -> dict:
        """The text of `_config.yml`, parsed."""
        return yaml.safe_load((self.root / "_config.yml").read_text(encoding="utf-8"))

    @cached_property
    def pages(self) -> list[str]:
        """Every page of `_toc.yml`, in reading order, without its suffix."""
        contents = yaml.safe_load((self.root / "_toc.yml").read_text(encoding="utf-8"))
        return list(_pages(contents))

    @property
    def notebooks(self) -> list[str]:
        """The pages that are notebooks."""
        return [page for page in self.pages if self.notebook(page).exists()]

    def notebook(self, page: str) -> Path:
        return self.root / f"{page}.ipynb"

    def executed(self, page: str) -> Path:
        """The notebook with its outputs, as the last run left it."""
        return self.root / "_build" / "executed" / f"{page}.ipynb"

    def record(self, page: str) -> Path:
        """What that run read (see `common.build.inputs`)."""
        return self.executed(page).with_suffix(".json")

    def delete_orphans(self) -> None:
        """Delete the executed copies of notebooks that are no longer in the book."""
        for path in (self.root / "_build" / "executed").rglob("*.ipynb"):
            if path not in map(self.executed, self.notebooks):
                path.unlink()
                path.with_suffix(".json").unlink(missing_ok=True)

    @property
    def html(self) -> Path:
        return self.root / "_build" / "html"

    @property
    def data(self) -> Path:
        """The folder of the songs; `common.data` looks at the same setting."""
        chosen = os.environ.get("HEAR_THE_MASK_DATA")
        return (Path(chosen).expanduser() if chosen else self.root / ".data").resolve()


def _pages(entry: dict):
    for key in ("root", "file"):
        if key in entry:
            yield entry[key]
    for group in ("parts", "chapters", "sections", "entries", "subtrees"):
        for child in entry.get(group) or []:
            yield from _pages(child)


def write_atomically(path: Path, text: str) -> None:
    """Write all of `text`, or leave `path` as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
