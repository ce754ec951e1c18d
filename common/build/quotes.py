"""Which chapter builds what: the cells that quote a definition of `common`.

Such a cell begins with a line like ``# -> common.blocks.BatchNorm``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from common.build.book import Book

QUOTE = re.compile(r"# -> (?P<module>common(?:\.\w+)*)\.(?P<name>\w+)\n")


class Quote(NamedTuple):
    """A definition in a chapter: the `cell`-th code cell of `page` is `module`.`name`."""

    page: str
    cell: int
    module: str
    name: str


def quotes(book: Book) -> Iterator[Quote]:
    """Every quoted definition, in reading order."""
    for page in book.notebooks:
        cells = json.loads(book.notebook(page).read_text(encoding="utf-8"))["cells"]
        codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        for number, code in enumerate(codes):
            if found := QUOTE.match(code):
                yield Quote(page, number, found["module"], found["name"])
