"""Run notebooks with stored outputs under nbval, with the settings of `make test`."""

import subprocess
import sys
from pathlib import Path

from nbformat import writes
from nbformat.v4 import new_notebook

SETTINGS = Path(__file__).parents[2] / "pyproject.toml"


def second_run(folder, cells):
    """Write the cells into a notebook in the folder, and return what nbval said of it."""
    (folder / "one.ipynb").write_text(writes(new_notebook(cells=cells)), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-c", SETTINGS, "--nbval", "-q", "-p", "no:xdist",
         "-p", "no:cacheprovider", "--rootdir", folder, folder],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
