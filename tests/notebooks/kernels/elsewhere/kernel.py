"""A Jupyter kernel in which a notebook's `device` is the second device of `tests/elsewhere.py`.

Where there is a GPU, `device` is that, as in the build, and the kernel is like any other.
"""

import sys
from contextlib import nullcontext
from pathlib import Path

import torch
from ipykernel.kernelapp import IPKernelApp


def main():
    sys.path[0] = str(Path(__file__).parents[4])  # in place of this file's own folder
    from tests.elsewhere import DEVICE, elsewhere
    from tests.notebooks import rules

    del sys.path[0]  # a notebook finds the book's code by itself

    def move(lines):
        return [line.replace(rules.DEVICE, f"device = torch.{DEVICE!r}") for line in lines]

    has_gpu = torch.cuda.is_available()
    app = IPKernelApp.instance()
    app.initialize()
    if not has_gpu:
        app.shell.input_transformers_cleanup.append(move)
    with nullcontext() if has_gpu else elsewhere():
        app.start()


if __name__ == "__main__":
    main()
