"""A notebook that sets `device` runs on a GPU: on a stand-in, all lies where it should.

`tests/elsewhere.py` is the stand-in. `make test` lets nbval run the book's notebooks in its kernel;
here are notebooks that show what it takes and what it refuses.
"""

import pytest
import torch
from nbformat.v4 import new_code_cell, new_output

from tests.elsewhere import DEVICE
from tests.notebooks import rules
from tests.notebooks.second_run import SETTINGS, second_run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(torch.cuda.is_available(), reason="the notebooks run on the GPU itself"),
]
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


def said_of(folder, code):
    """What nbval says of the notebook; the book's root stands where the set-up cell puts it."""
    root = str(SETTINGS.parent)
    lines = [f"import sys\nsys.path.insert(0, {root!r})", *code.splitlines(), "device.type"]
    cells = [new_code_cell(line, execution_count=n) for n, line in enumerate(lines, start=1)]
    cells[-1].outputs = [new_output("execute_result", {"text/plain": f"{DEVICE.type!r}"},
                                    execution_count=len(cells))]  # fmt: skip
    return second_run(folder, cells)


def test_what_a_gpu_takes_is_taken(tmp_path):
    run = said_of(tmp_path, GOOD)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(("right", "wrong", "said"), BAD.values(), ids=BAD)
def test_what_a_gpu_refuses_is_refused(tmp_path, right, wrong, said):
    run = said_of(tmp_path, GOOD.replace(right, wrong))
    assert run.returncode == 1
    assert said in run.stdout
