"""Run a notebook on the second device: ``python -m tests.notebooks.run_elsewhere NOTEBOOK``."""

import linecache
import sys

import matplotlib
import nbformat

from tests.elsewhere import elsewhere
from tests.notebooks import rules


def run(notebook):
    names = {"__name__": "__main__"}
    with elsewhere() as device:
        for cell in rules.of_type(notebook, "code"):
            if "bootstrap" not in rules.tags(cell):
                code = rules.code_of(cell).replace(rules.DEVICE, f"device = torch.{device!r}")
                name = f"<cell {cell.id}>"
                lines = code.splitlines(keepends=True)
                linecache.cache[name] = len(code), None, lines, name  # for inspect.getsource
                exec(compile(code, name, "exec"), names)


if __name__ == "__main__":
    matplotlib.use("agg")
    run(nbformat.read(sys.argv[1], as_version=4))
