"""`make colab-check` itself: a kernel like Colab's, failures shown, what passed not run again."""

import json
import os
import re
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from common.build.book import Book
from tests.colab import check

PAGES = Book().notebooks[:3]


def notebook(*cells):
    return new_notebook(cells=[new_code_cell(cell) for cell in cells])


@pytest.fixture
def colab(tmp_path):
    """The kernel of `check`, on the Python that runs the tests."""
    return check.Colab(Path(sys.executable), tmp_path, {**os.environ, "FROM": "outside"})


def test_notebook_runs_in_a_kernel_that_takes_itself_for_colab_s(colab, tmp_path):
    ran = notebook(
        "import os, sys\nassert 'google.colab' in sys.modules\nassert os.environ['FROM']",
        f"assert os.getcwd() == {str(tmp_path)!r}\nassert not any('tests' in p for p in sys.path)",
        "import warnings\nprint('well')\nwarnings.warn('beware')",
    )
    check.run(colab, ran)
    assert "beware" in check.complaints(ran) and "well" not in check.complaints(ran)


def test_failed_cell_is_shown_with_its_number_and_its_traceback(colab):
    with pytest.raises(check.CheckError) as caught:
        check.run(colab, notebook("x = 0", "def half(y):\n    return 1 / y\nhalf(x)", "never"))
    said = str(caught.value)
    assert said.startswith("code cell 2 failed\n") and "return 1 / y" in said
    assert "ZeroDivisionError: division by zero" in said and "\x1b" not in said


def test_only_a_run_with_the_same_inputs_counts(tmp_path):
    record = tmp_path / "page.json"
    assert check.passed(record, ["3.11", "a"]) is None
    record.write_text(json.dumps({"inputs": ["3.11", "a"], "seconds": 1, "stderr": ""}))
    assert check.passed(record, ["3.11", "a"])["seconds"] == 1
    assert check.passed(record, ["3.13", "a"]) is None
    record.write_text('{"inputs": ["3.11"')
    assert check.passed(record, ["3.11"]) is None


def test_python_notebook_and_versions_decide_what_runs_again(monkeypatch, tmp_path):
    first = check.inputs(PAGES[0], "3.11.7")
    assert first == check.inputs(PAGES[0], "3.11.7")
    assert first != check.inputs(PAGES[1], "3.11.7")
    assert first != check.inputs(PAGES[0], "3.13.0")
    (tmp_path / "colab.txt").write_text("numpy==2.2.0\n")
    monkeypatch.setattr(check, "VERSIONS", [tmp_path / "colab.txt"])
    assert first != check.inputs(PAGES[0], "3.11.7")


def test_what_passed_is_not_run_again_and_what_failed_is_named(monkeypatch, tmp_path, capsys):
    """The loop alone: without Colab's packages, with pages that pass or fail as told."""
    monkeypatch.setattr(check, "ROOT", tmp_path)
    for step in ("make_environment", "bootstrap"):
        monkeypatch.setattr(check, step, lambda *args: None)
    monkeypatch.setattr(check, "start_colab", lambda *args: None)
    monkeypatch.setattr(check, "inputs", lambda page, version: [page])
    (tmp_path / "_build/colab" / ".".join(map(str, sys.version_info[:3]))).mkdir(parents=True)
    broken, ran = {PAGES[1]}, []

    def run_page(colab, page, wanted, record):
        ran.append(page)
        if page in broken:
            raise check.CheckError("code cell 2 failed")
        found = {"inputs": wanted, "seconds": 2.5, "stderr": "beware\n"}
        check.write_atomically(record, json.dumps(found))
        return found

    monkeypatch.setattr(check, "run_page", run_page)
    assert check.check(sys.executable, PAGES, jobs=2) == {PAGES[1]: "code cell 2 failed"}
    said = capsys.readouterr().out
    assert sorted(ran) == sorted(PAGES)
    assert re.search(rf"^ +2\.5  {PAGES[0]}$", said, re.MULTILINE)
    assert re.search(rf"^  FAILED  {PAGES[1]}$", said, re.MULTILINE)
    assert f"\n{PAGES[2]} says:\nbeware\n" in said

    broken.clear()
    ran.clear()
    assert check.check(sys.executable, PAGES, jobs=1) == {}
    assert ran == [PAGES[1]]
