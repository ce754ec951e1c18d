"""The one set-up cell: a no-op but for the path at home; in Colab, fetch, then install little."""

import subprocess
import sys
import types

import nbformat
import pytest

from common.build import colab
from common.build.book import ROOT, Book
from common.build.bootstrap import bootstrap_cell, write_bootstrap
from tests.build.conftest import write_notebook

CELL = bootstrap_cell(Book())


@pytest.mark.parametrize("folder", [".", "book", "book/masks", "common/build"])
def test_at_home_it_finds_the_code_and_runs_nothing(folder, monkeypatch):
    monkeypatch.chdir(ROOT / folder)
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: pytest.fail(f"ran {args}"))
    exec(CELL, {})
    assert sys.path == [str(ROOT)]


def test_in_colab_it_fetches_once_and_installs(tmp_path, monkeypatch):
    clone, commands = tmp_path / "hear-the-mask", []

    def run(command, *, check):
        assert check
        commands.append([str(word) for word in command])
        if command[0] == "git":
            (clone / "common" / "build").mkdir(parents=True)
            (clone / "common" / "build" / "colab.py").touch()

    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(sys, "path", [])
    for _ in range(2):
        exec(CELL.replace("/content/hear-the-mask", str(clone)), {})
    url = Book().config["repository"]["url"]
    assert [command[:2] for command in commands] == [
        ["git", "clone"], *[[sys.executable, str(clone / "common/build/colab.py")]] * 2
    ]
    assert url in commands[0]
    assert sys.path[0] == str(clone)


def test_colab_keeps_what_it_has(monkeypatch):
    ran = []

    def run(command, *, cwd):
        keep = command[command.index("--constraint") + 1]
        with open(keep, encoding="utf-8") as file:
            ran.append((command, file.read(), cwd))
        return types.SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(SystemExit, match="0"):
        colab.main()
    [(command, kept, cwd)] = ran
    assert f"numpy=={colab.installed('numpy')}\n" in kept
    assert f"torch=={colab.installed('torch')}\n" in kept
    assert command[-1].endswith("common/build/colab.txt")
    assert cwd == ROOT


def test_write_gives_every_notebook_the_same_cell_and_touches_no_other(tiny):
    pages = ["book/both", "book/one"]
    assert write_bootstrap(tiny) == pages
    for page in pages:
        cells = nbformat.read(tiny.notebook(page), as_version=4).cells
        assert [cell.cell_type for cell in cells[:2]] == ["markdown", "code"]
        assert cells[1].source == bootstrap_cell(tiny)
        assert "https://github.com/tiny/tiny" in cells[1].source
    assert write_bootstrap(tiny) == []

    drifted = tiny.notebook("book/one").read_text().replace("--depth=1", "--depth=9")
    tiny.notebook("book/one").write_text(drifted)
    assert write_bootstrap(tiny) == ["book/one"]


def test_notebook_without_code_gets_the_cell_after_its_title(tiny):
    write_notebook(tiny.notebook("book/one"))
    assert "book/one" in write_bootstrap(tiny)
    assert len(nbformat.read(tiny.notebook("book/one"), as_version=4).cells) == 2
