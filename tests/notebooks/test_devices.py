"""A notebook that sets `device` runs on a GPU: on a stand-in, all lies where it should.

`tests/elsewhere.py` is the stand-in. Where there is a GPU, the book is built on it anyway.
"""

import os
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from common.build.book import Book
from tests.notebooks import rules
from tests.notebooks.run_elsewhere import run

pytestmark = pytest.mark.slow

BOOK = Book()
WITH_DEVICE = [
    page for page in BOOK.notebooks
    if any(rules.DEVICE in cell.source for cell in nbformat.read(BOOK.notebook(page), 4).cells)
]  # fmt: skip


@pytest.mark.parametrize("page", WITH_DEVICE)
def test_a_notebook_runs_on_another_device(page):
    path = BOOK.notebook(page)
    done = subprocess.run(
        [sys.executable, "-m", "tests.notebooks.run_elsewhere", path], cwd=path.parent,
        env={**os.environ, "PYTHONPATH": str(BOOK.root)}, capture_output=True, text=True,
        check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr


GOOD = f"""import torch
from common.blocks import BatchNorm
{rules.DEVICE}
norm = BatchNorm().to(device)
x = torch.rand(2, 1, 3, 5, device=device)
y = norm(x)
assert y.device == device
assert torch.allclose(y.cpu().mean(), torch.tensor(0.0), atol=1e-6)
picture = y.detach().cpu().numpy()
"""
BAD = {
    "a module left behind": ("BatchNorm().to(device)", "BatchNorm()", "float32 on cpu, as the wei"),
    "a tensor left behind": (", device=device)", ")", "float32 on lazy, as the weights are, got"),
    "another comparison": ("y.cpu().mean(), torch.tensor(0.0)", "y, torch.zeros(5)", "cpu, lazy"),
    "an array of it": ("y.detach().cpu().numpy()", "y.detach().numpy()", "numpy"),
}


def notebook(code):
    return new_notebook(cells=[new_code_cell(line) for line in code.splitlines()])


def test_what_a_gpu_takes_is_taken():
    run(notebook(GOOD))


@pytest.mark.parametrize(("right", "wrong", "said"), BAD.values(), ids=BAD)
def test_what_a_gpu_refuses_is_refused(right, wrong, said):
    with pytest.raises((RuntimeError, TypeError), match=said):
        run(notebook(GOOD.replace(right, wrong)))
