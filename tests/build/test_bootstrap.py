"""The one set-up cell: a no-op but for the path at home; in Colab, fetch, then install little."""

import re
import subprocess
import sys
import types
import zipfile
from importlib import metadata
from pathlib import Path

import nbformat
import pytest

from common.build import colab
from common.build.book import ROOT, Book, BuildError
from common.build.bootstrap import bootstrap_cell, write_bootstrap
from tests.build.conftest import write_notebook

BOOK = Book()
CELL = bootstrap_cell(BOOK)
URL, TAG = BOOK.config["repository"]["url"], BOOK.config["repository"]["branch"]
FOLDER = f"{URL.rpartition('/')[2]}-{TAG}"


@pytest.mark.parametrize("folder", [".", "book", "book/masks", "common/build"])
def test_at_home_it_finds_the_code_runs_nothing_and_says_nothing(folder, monkeypatch, capfd):
    monkeypatch.chdir(ROOT / folder)
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: pytest.fail(f"ran {args}"))
    exec(CELL, {})
    assert sys.path == [str(ROOT)]
    assert capfd.readouterr() == ("", "")


def git(folder, *words):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", folder, *identity, *words], check=True, capture_output=True)


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A repository under the book's public address; its tag holds a book that prints its name."""
    folder = tmp_path / "mirror"
    (folder / "common/build").mkdir(parents=True)
    for package in ("common", "common/build"):
        (folder / package / "__init__.py").touch()
    git(tmp_path, "init", "--quiet", folder)
    for text in (f"the release {TAG}", "what came later"):
        code = f"def prepare():\n    print({text!r})\n"
        (folder / "common/build/colab.py").write_text(code)
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message", text)
        if text.endswith(TAG):
            git(folder, "tag", TAG)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{folder.as_uri()}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", URL)
    return folder


@pytest.fixture
def content(tmp_path):
    """A folder like Colab's /content, with a space in its name."""
    folder = tmp_path / "my content"
    folder.mkdir()
    return folder


def run_cell(folder):
    """Run the cell as Colab's kernel would, in a process of its own, without the book's code."""
    code = ("import sys, types; sys.modules['google.colab'] = types.ModuleType('google.colab')\n"
            f"{CELL}\nprint(root)")  # fmt: skip
    return subprocess.run([sys.executable, "-P", "-c", code], cwd=folder, text=True,
                          capture_output=True, check=False)  # fmt: skip


def test_in_colab_it_fetches_the_release_once(mirror, content):
    (content / "hear-the-mask.part").mkdir()  # what an interrupted clone leaves
    first = run_cell(content)
    assert first.stdout.splitlines() == [f"the release {TAG}", str(content / FOLDER)], first.stderr
    assert [path.name for path in content.iterdir()] == [FOLDER]

    mirror.rename(mirror.with_name("gone"))
    assert run_cell(content).stdout == first.stdout


def test_failed_fetch_says_why_and_leaves_nothing_that_looks_whole(mirror, content):
    git(mirror, "tag", "--delete", TAG)
    done = run_cell(content)
    assert done.returncode
    error = done.stderr.partition("RuntimeError: ")[2]
    assert error.startswith("The book was not fetched; run this cell again.")
    assert f"Remote branch {TAG} not found" in error
    assert not (content / FOLDER).exists()


@pytest.mark.parametrize("name, value", [
    ("url", "https://gitlab.com/a/b"), ("url", "https://github.com/a/b/"),
    ("url", "https://github.com/a/b.git"), ("url", "https://github.com/a"),
    ("branch", ""), ("branch", "v1; rm -rf ."), ("branch", None),
])  # fmt: skip
def test_address_or_tag_that_cannot_be_opened_is_refused(name, value, tiny):
    tiny.config["repository"] = {"url": URL, "branch": TAG, name: value}
    with pytest.raises(BuildError, match=rf"_config.yml, repository\.{name}: expected"):
        bootstrap_cell(tiny)


@pytest.mark.parametrize("page", BOOK.notebooks)
def test_cell_fetches_what_config_names(page):
    """What the launch button opens, tests/site/test_site.py holds to the same two settings."""
    cells = nbformat.read(BOOK.notebook(page), as_version=4).cells
    code = next(cell.source for cell in cells if cell.cell_type == "code")
    assert re.findall(r"https://[\w./-]+", code) == [URL]
    assert re.findall(r"--branch=([\w.-]+)", code) == [TAG]


@pytest.fixture
def calls(monkeypatch):
    """What `colab` runs, with the text of pip's constraints, instead of running it."""
    ran = []

    def run(command, **options):
        kept = [word.partition("=")[2] for word in command if word.startswith("--constraint=")]
        ran.append((command, *(Path(path).read_text(encoding="utf-8") for path in kept)))
        return types.SimpleNamespace(returncode=0, stdout="", stderr="")

    monkeypatch.setattr(subprocess, "run", run)
    return ran


def have(monkeypatch, versions):
    monkeypatch.setattr(colab, "installed", versions.get)


NOTHING_LACKS = {name: metadata.version(name) for name in [*colab.TRIED, *colab.MENDED]}
NOTHING_LACKS["soxbindings"] = "1.2.3+book1"


def test_colab_that_lacks_nothing_is_left_alone(calls, monkeypatch, capsys):
    have(monkeypatch, {**NOTHING_LACKS, "anywidget": "1.0"})  # newer than asked for, and kept
    colab.prepare()
    assert not calls
    assert f"torch {NOTHING_LACKS['torch']}, " in capsys.readouterr().out


def test_colab_gets_wheels_of_what_it_lacks_and_keeps_what_it_has(calls, monkeypatch, capsys):
    have(monkeypatch, {**NOTHING_LACKS, "nussl": None, "soxbindings": None, "museval": "0.3"})
    colab.prepare()
    (install, kept), (tried,) = calls
    assert install[1:4] == ["-m", "pip", "install"] and "--only-binary=:all:" in install
    *_, museval, nussl, stand_in = install
    assert (museval, nussl) == ("museval>=0.4.1,<0.5", "nussl==1.1.9")
    assert stand_in.endswith("soxbindings-1.2.3+book1-py3-none-any.whl")
    assert f"numpy=={NOTHING_LACKS['numpy']}\ns" in kept
    assert "nussl" not in kept
    assert "import numpy, scipy, torch" in tried[2]
    assert capsys.readouterr().out.startswith("Installing museval, nussl, soxbindings")


@pytest.mark.parametrize("wanted", [["no-such-package==0"], ["av"]])
def test_what_pip_says_is_shown_when_it_fails(wanted, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr(colab, "KEEP", ["av"])
    have(monkeypatch, {"av": "0.0.1"})
    with pytest.raises(colab.ColabError, match=r"(?s)^pip could not install.*Run this.*ERROR: "):
        colab.install(wanted)


def test_package_that_does_not_import_is_named(monkeypatch):
    monkeypatch.setattr(colab, "TRIED", ["no_such_package"])
    with pytest.raises(colab.ColabError, match=r"(?s)does not import.*No module named 'no_such_p"):
        colab.try_imports()


def test_stand_in_is_packed_as_its_build_tool_would(tmp_path):
    """Installed by pip without an index, it has the files and the metadata of the installed one."""
    wheel = colab.make_wheel(ROOT / "common/compat/soxbindings", tmp_path)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--target", tmp_path / "lib", wheel], check=True)
    [ours] = metadata.distributions(path=[str(tmp_path / "lib")])
    theirs = metadata.distribution("soxbindings")
    assert (ours.name, ours.version) == (theirs.name, theirs.version)
    assert ours.requires == theirs.requires
    for name in zipfile.ZipFile(wheel).namelist():
        if name.endswith(".py"):
            assert ours.locate_file(name).read_bytes() == theirs.locate_file(name).read_bytes()


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
