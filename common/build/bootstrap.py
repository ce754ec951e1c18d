"""The first code cell of every notebook: kept here, and written into all of them from here."""

from __future__ import annotations

import re

import nbformat

from common.build.book import Book, BuildError, write_atomically

TAGS = ["bootstrap", "hide-input"]
CELL = """\
# Find the book's code. In Colab, fetch it first, and what it needs and Colab lacks.
import subprocess
import sys
from pathlib import Path

here, colab = Path.cwd(), "google.colab" in sys.modules
if colab and not (here := here / "{name}-{tag}").exists():
    fetch = (
        "rm -rf {name}.part"
        " && git clone --quiet --depth=1 --branch={tag}"
        " {url} {name}.part"
        " && mv {name}.part {name}-{tag}"
    )
    done = subprocess.run(fetch, shell=True, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"The book was not fetched; run this cell again.\\n{{done.stderr}}")
root = next(p for p in [here, *here.parents] if (p / "common/build/colab.py").exists())
sys.path.insert(0, str(root))
if colab:
    from common.build.colab import prepare

    prepare()"""
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def bootstrap_cell(book: Book) -> str:
    """The cell, with the address and the tag that `_config.yml` names."""
    repository = book.config["repository"]
    url, tag = repository["url"], str(repository.get("branch") or "")
    address = re.fullmatch(r"https://github\.com/[\w.-]+/([\w-]+)", url)
    if not address:
        raise BuildError(
            "_config.yml, repository.url: expected https://github.com/OWNER/NAME, which Colab can "
            f"open, got {url!r}."
        )
    if not re.fullmatch(r"\w[\w.-]*", tag):
        raise BuildError(
            f"_config.yml, repository.branch: expected a git tag such as v1.0.0, got {tag!r}."
        )
    return CELL.format(url=url, tag=tag, name=address[1])


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
