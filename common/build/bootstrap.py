"""The first code cell of every notebook: kept here, and written into all of them from here."""

from __future__ import annotations

import nbformat

from common.build.book import Book, write_atomically

TAGS = ["bootstrap", "hide-input"]
CELL = """\
# Find the book's code; in Colab, fetch it first, with the packages that the chapters need.
import subprocess
import sys
from pathlib import Path

here = Path.cwd()
if "google.colab" in sys.modules:
    here = Path("/content/hear-the-mask")
    if not here.exists():
        url = "{url}"
        subprocess.run(["git", "clone", "--quiet", "--depth=1", url, here], check=True)
    subprocess.run([sys.executable, here / "common/build/colab.py"], check=True)
root = next(p for p in [here, *here.parents] if (p / "common/build/colab.py").exists())
sys.path.insert(0, str(root))"""
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def bootstrap_cell(book: Book) -> str:
    return CELL.format(url=book.config["repository"]["url"])


def write_bootstrap(book: Book) -> list[str]:
    """Give every notebook the cell, first among its code cells; return the pages that changed."""
    return [page for page in book.notebooks if _write(book, page)]


def _write(book: Book, page: str) -> bool:
    path = book.notebook(page)
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if codes and "bootstrap" in codes[0].metadata.get("tags", []):
        codes[0].source = bootstrap_cell(book)
        codes[0].metadata["tags"] = TAGS
    else:
        cell = nbformat.v4.new_code_cell(bootstrap_cell(book), id="bootstrap")
        cell.metadata["tags"] = TAGS
        notebook.cells.insert(notebook.cells.index(codes[0]) if codes else 1, cell)
    notebook.metadata["kernelspec"] = KERNEL
    after = nbformat.writes(notebook) + "\n"
    if after != before:
        write_atomically(path, after)
    return after != before
