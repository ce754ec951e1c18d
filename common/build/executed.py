"""Sphinx extension: show the executed copy of each notebook, and refuse one that is out of date.

The sources hold no outputs. When Sphinx reads a notebook, it gets the copy with outputs that
`common.build.execute` left, unless any input of that copy has changed since. Of the widgets' state
it keeps what the page needs.
"""

from __future__ import annotations

from pathlib import Path

import nbformat

from common.build import inputs, widget_state
from common.build.book import Book, BuildError


def swap(app, page: str, source: list[str]) -> None:
    """On `source-read`: put the executed notebook in place of the one in the sources."""
    from sphinx.errors import ExtensionError

    book = Book(Path(app.srcdir))
    if page not in book.notebooks:
        return
    try:
        inputs.check_fresh(book, page, nbformat.reads(source[0], as_version=4))
    except BuildError as error:
        raise ExtensionError(str(error)) from None
    notebook = nbformat.read(book.executed(page), as_version=4)
    widget_state.slim(notebook)
    source[0] = nbformat.writes(notebook)


def setup(app) -> dict:
    app.connect("source-read", swap)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
