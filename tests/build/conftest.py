"""A book of two notebooks, two modules and a data file, to build and to change."""

import shutil

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from common.build.book import Book
from common.build.execute import execute

SETUP = "import sys\nsys.path.insert(0, '..')"
SHARED = "from lib.shared import GAIN\nprint('gain', GAIN)"
ALONE = "from lib.alone import NAME\nprint('name', NAME)"
DATA = "from pathlib import Path\nprint(Path('../data/song.txt').read_text())"


def write_notebook(path, *cells):
    cells = [new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(cells)]
    text = new_markdown_cell(f"# {path.stem.title()}\n\nSome text.", id="text")
    notebook = new_notebook(cells=[text, *cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def make_tiny(root):
    """`both` reads lib.shared and the data file; `one` reads lib.shared and lib.alone."""
    files = {
        "_toc.yml": "format: jb-book\nroot: book/both\nchapters:\n- file: book/one\n",
        "_config.yml": "title: Tiny\nonly_build_toc_files: true\n"
        "repository: {url: https://github.com/tiny/tiny, branch: v1}\n"
        "execute: {execute_notebooks: 'off'}\n"
        "sphinx: {local_extensions: {common.build.executed: .}}\n",
        "common/build/pins.txt": "numpy==2\n",
        "lib/__init__.py": "",
        "lib/shared.py": "GAIN = 1\n",
        "lib/alone.py": "NAME = 'a mask'\n",
        "data/song.txt": "la la la\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    write_notebook(root / "book" / "both.ipynb", SETUP, SHARED, DATA)
    write_notebook(root / "book" / "one.ipynb", SETUP, SHARED, ALONE)
    return Book(root.resolve())


@pytest.fixture
def tiny(tmp_path):
    """The little book, never run."""
    return make_tiny(tmp_path)


@pytest.fixture(scope="session")
def _ran(tmp_path_factory):
    book = make_tiny(tmp_path_factory.mktemp("tiny"))
    assert execute(book) == ["book/both", "book/one"]
    return book


@pytest.fixture
def ran(_ran, tmp_path):
    """The little book after its first run."""
    return Book(shutil.copytree(_ran.root, tmp_path / "book").resolve())
