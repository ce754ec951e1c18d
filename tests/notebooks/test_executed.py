"""The executed notebooks, which nbval runs a second time, hold what a page may show.

`make test` gives `_build/executed` to nbval, so that a fresh kernel must print and draw again what
the pages show, with `device` a stand-in for a GPU (test_devices.py). nbval compares text and HTML,
but no pictures in `image/png` and no widget state.
"""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output

from common.build import inputs
from common.build.book import Book
from tests.notebooks.second_run import second_run

pytestmark = pytest.mark.slow

BOOK = Book()
# Cells whose outputs differ from run to run by nature (a measured time, say). Keep it short.
NOT_COMPARED: dict[str, set[str]] = {}
COMPARED_TYPES = {"text/plain", "text/html", "text/markdown", "text/latex", "image/svg+xml"}
VIEW = "application/vnd.jupyter.widget-view+json"


def executed_cells(page):
    cells = nbformat.read(BOOK.executed(page), as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


@pytest.mark.parametrize("page", BOOK.notebooks)
def test_every_cell_ran_in_order_and_without_error(page):
    cells = executed_cells(page)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    errors = [out for cell in cells for out in cell.outputs if out.output_type == "error"]
    warnings = [
        out.text for cell in cells for out in cell.outputs if out.get("name") == "stderr"
    ]
    assert not errors
    assert not warnings, "a reader sees this as an alarm: " + warnings[0]


@pytest.mark.parametrize("page", BOOK.notebooks)
def test_executed_copy_belongs_to_the_sources(page):
    source = nbformat.read(BOOK.notebook(page), as_version=4)
    assert inputs.why_stale(BOOK, page, source) is None


@pytest.mark.parametrize("page", BOOK.notebooks)
def test_every_output_is_of_a_kind_that_nbval_compares(page):
    for cell in executed_cells(page):
        for output in cell.outputs:
            kinds = set(output.get("data", {"text/plain": ""}))
            assert kinds & COMPARED_TYPES or VIEW in kinds, (cell.id, kinds)
            # A picture needs a compared twin (<Figure …> as text is none), or an instrument beside
            # which it is the still.
            assert "image/png" not in kinds or {"text/html", VIEW} & kinds, cell.id


def test_only_listed_cells_are_left_out_of_the_comparison():
    found = {}
    for page in BOOK.notebooks:
        cells = executed_cells(page)
        ids = {c.id for c in cells if "nbval-ignore-output" in c.metadata.get("tags", [])}
        if ids:
            found[page] = ids
    assert found == NOT_COMPARED


@pytest.mark.parametrize("kind", ["text/html", "text/plain"])
@pytest.mark.parametrize(("stored", "passes"), [("a mask", True), ("a filter", False)])
def test_nbval_compares_what_is_stored(tmp_path, kind, stored, passes):
    code = f"from IPython.display import display\ndisplay({{{kind!r}: 'a mask'}}, raw=True)"
    output = new_output("display_data", data={kind: stored})
    cell = new_code_cell(code, outputs=[output], execution_count=1)
    run = second_run(tmp_path, [cell])
    assert (run.returncode == 0) is passes, run.stdout + run.stderr
