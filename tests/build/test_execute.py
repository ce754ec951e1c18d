"""What reruns a notebook, and what does not. Every case starts real kernels."""

import json

import nbformat
import pytest

from common.build import inputs
from common.build.book import Book, BuildError
from common.build.execute import execute, read_notebook
from tests.build.conftest import ALONE, SETUP, SHARED, write_notebook

pytestmark = pytest.mark.slow


def run(book):
    said = []
    ran = execute(book, say=said.append)
    return sorted(page.removeprefix("book/") for page in ran), "\n".join(said)


def printed(book, page):
    cells = read_notebook(book.executed(page)).cells
    return "".join(output.text for cell in cells for output in cell.get("outputs", []))


def test_nothing_changed_nothing_runs(ran):
    assert run(ran)[0] == []


def test_record_names_what_was_read_and_nothing_else(ran):
    both, one = (inputs.read_record(ran, f"book/{name}") for name in ("both", "one"))
    assert list(both["files"]) == ["data/song.txt", "lib/__init__.py", "lib/shared.py"]
    assert list(one["files"]) == ["lib/__init__.py", "lib/alone.py", "lib/shared.py"]
    assert both["listings"] == one["listings"] == {}


@pytest.mark.parametrize(
    ("name", "text", "reruns"),
    [
        ("lib/alone.py", "NAME = 'a filter'\n", ["one"]),
        ("lib/shared.py", "GAIN = 0.25\n", ["both", "one"]),
        ("data/song.txt", "la di da di da\n", ["both"]),
        ("common/build/pins.txt", "numpy==2\nscipy==1\n", ["both", "one"]),
        ("lib/new.py", "UNUSED = True\n", []),
        ("data/other.txt", "never read\n", []),
    ],
)
def test_a_changed_file_reruns_exactly_its_readers(ran, name, text, reruns):
    (ran.root / name).write_text(text, encoding="utf-8")
    inputs.environment_hash.cache_clear()
    pages, said = run(ran)
    assert pages == reruns
    assert name in said or not reruns or name.endswith("pins.txt")
    assert run(ran)[0] == []


def test_outputs_follow_the_module(ran):
    assert "gain 1\n" in printed(ran, "book/both")
    (ran.root / "lib" / "shared.py").write_text("GAIN = 0.25\n")
    run(ran)
    assert "gain 0.25\n" in printed(ran, "book/both")
    assert "gain 0.25\n" in printed(ran, "book/one")


def test_changed_code_reruns_that_notebook(ran):
    write_notebook(ran.notebook("book/one"), SETUP, SHARED, ALONE, "print('more')")
    assert run(ran)[0] == ["one"]


def test_changed_prose_keeps_the_outputs_and_runs_nothing(ran):
    source = read_notebook(ran.notebook("book/one"))
    source.cells[0].source = "# One\n\nOther text."
    nbformat.write(source, ran.notebook("book/one"))
    assert run(ran)[0] == []
    executed = read_notebook(ran.executed("book/one"))
    assert executed.cells[0].source.endswith("Other text.")
    assert "gain 1\n" in printed(ran, "book/one")
    assert run(ran)[0] == []


def test_listed_folder_counts_by_its_names(ran):
    listing = "import os\nprint(sorted(os.listdir('../data')))"
    write_notebook(ran.notebook("book/one"), SETUP, listing)
    assert run(ran)[0] == ["one"]
    (ran.root / "data" / "second.txt").write_text("oh\n")
    pages, said = run(ran)
    assert pages == ["one"]
    assert "the list of files in data changed" in said


def test_file_that_was_looked_for_and_appears(ran):
    looking = "try:\n    print(open('../late.txt').read())\nexcept OSError:\n    print('none')"
    write_notebook(ran.notebook("book/one"), SETUP, looking)
    run(ran)
    (ran.root / "late.txt").write_text("here\n")
    pages, said = run(ran)
    assert (pages, "late.txt appeared" in said) == (["one"], True)


def test_setting_of_the_book_counts(ran, monkeypatch):
    monkeypatch.setenv("HEAR_THE_MASK_REAL_TRACK", "no")
    pages, said = run(ran)
    assert (pages, "HEAR_THE_MASK_REAL_TRACK" in said) == (["both", "one"], True)


def test_data_folder_may_lie_elsewhere(ran, tmp_path_factory, monkeypatch):
    songs = tmp_path_factory.mktemp("songs")
    (songs / "a.txt").write_text("one\n")
    monkeypatch.setenv("HEAR_THE_MASK_DATA", str(songs))
    write_notebook(ran.notebook("book/one"), SETUP, f"print(open({str(songs / 'a.txt')!r}).read())")
    run(ran)
    (songs / "a.txt").write_text("three\n")
    assert run(ran)[0] == ["one"]


def test_failing_cell_stops_with_notebook_cell_and_traceback(ran):
    before = ran.executed("book/one").read_bytes()
    write_notebook(ran.notebook("book/one"), SETUP, SHARED, "raise ValueError('too loud')")
    with pytest.raises(BuildError, match=r"(?s)book/one: code cell 3 failed.*too loud") as error:
        run(ran)
    assert "Traceback" in str(error.value)
    assert ran.executed("book/one").read_bytes() == before
    source = read_notebook(ran.notebook("book/one"))
    assert inputs.why_stale(ran, "book/one", source) == "its code changed"


def test_dead_kernel_is_an_error(ran):
    write_notebook(ran.notebook("book/one"), SETUP, "import os\nos._exit(3)")
    with pytest.raises(BuildError, match="book/one: code cell 2 failed"):
        run(ran)


def test_damaged_copy_runs_again(ran):
    path = ran.executed("book/both")
    path.write_text(path.read_text()[:-40])
    assert run(ran)[0] == ["both"]
    ran.record("book/one").write_text("{")
    assert run(ran)[0] == ["one"]


def test_copy_of_a_notebook_that_left_the_book_is_deleted(ran):
    (ran.root / "_toc.yml").write_text("format: jb-book\nroot: book/both\n")
    smaller = Book(ran.root)
    assert run(smaller)[0] == []
    assert smaller.executed("book/both").exists()
    assert not smaller.executed("book/one").exists()
    assert not smaller.record("book/one").exists()


def test_interrupted_write_leaves_the_old_file(ran, monkeypatch):
    before = ran.executed("book/one").read_bytes()
    monkeypatch.setattr("common.build.book.os.replace", lambda *paths: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        inputs.write_atomically(ran.executed("book/one"), "half")
    assert ran.executed("book/one").read_bytes() == before
    assert not list(ran.executed("book/one").parent.glob(".*.part"))


def test_notebook_that_writes_what_it_reads_is_refused(ran):
    writes = "open('../data/made.txt', 'w').write('x')\nprint(open('../data/made.txt').read())"
    write_notebook(ran.notebook("book/one"), SETUP, writes)
    with pytest.raises(BuildError, match=r"data/made\.txt changed while the notebook ran"):
        run(ran)


def test_record_is_plain_json_with_relative_paths(ran):
    text = ran.record("book/both").read_text()
    assert str(ran.root) not in text
    assert json.loads(text)["seconds"] > 0
