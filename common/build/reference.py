"""Sphinx extension: the reference of `common`, made from its docstrings.

Each definition that a chapter builds names the chapter. What is there for `common` itself, its
guards and what PyTorch asks for, is left out.
"""

from __future__ import annotations

from pathlib import Path

from common.build.book import Book
from common.build.quotes import quotes


def find_chapters(app) -> None:
    """On `builder-inited`: learn which chapter builds what."""
    found = quotes(Book(Path(app.srcdir)))
    app.chapters = {f"{quote.module}.{quote.name}": quote.page for quote in found}


def name_chapter(app, kind: str, name: str, thing, options, lines: list[str]) -> None:
    """On `autodoc-process-docstring`: say after the first sentence where it is built."""
    if name in app.chapters:
        end = lines.index("") if "" in lines else len(lines)
        lines[end:end] = ["", f"Built in :doc:`/{app.chapters[name]}`."]


def leave_out(app, kind: str, name: str, thing, skip: bool, options) -> bool | None:
    """On `autodoc-skip-member`: guards, and how a module prints itself."""
    return True if name.startswith("check_") or name == "extra_repr" else None


def drop_empty(app, kind: str, name: str, thing, options, arguments: str | None, result):
    """On `autodoc-process-signature`: a class that takes nothing says so."""
    return ("()", result) if arguments == "(*args, **kwargs)" else None


def setup(app) -> dict:
    for extension in ("sphinx.ext.autodoc", "sphinx.ext.napoleon"):
        app.setup_extension(extension)
    app.connect("builder-inited", find_chapters)
    app.connect("autodoc-process-docstring", name_chapter, priority=400)  # before napoleon
    app.connect("autodoc-process-signature", drop_empty)
    app.connect("autodoc-skip-member", leave_out)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
