"""A site is published whole and up to date, or not at all."""

import pytest

from common.build import site
from common.build.__main__ import make_book
from common.build.book import ROOT, BuildError
from common.build.execute import execute
from tests.build.conftest import SETUP, SHARED, write_notebook

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _own_build_tools(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def page(book, name):
    return (book.html / "book" / f"{name}.html").read_text(encoding="utf-8")


def test_published_page_shows_outputs_and_follows_changes(tiny, capfd):
    make_book(tiny, jobs=2)
    assert "gain 1" in page(tiny, "both")
    assert "Open " in capfd.readouterr().out
    assert site.build(tiny) is False

    (tiny.root / "lib" / "shared.py").write_text("GAIN = 0.25\n")
    make_book(tiny, jobs=2)
    assert "gain 0.25" in page(tiny, "both")

    write_notebook(tiny.notebook("book/one"), SETUP, "raise ValueError('too loud')")
    with pytest.raises(BuildError, match="too loud"):
        make_book(tiny, jobs=2)
    assert not tiny.html.exists()


def test_warning_is_an_error(tiny, capfd):
    text = tiny.notebook("book/one").read_text().replace("Some text.", "[nowhere](#nowhere)")
    tiny.notebook("book/one").write_text(text)
    execute(tiny)
    with pytest.raises(BuildError, match="No site was published"):
        site.build(tiny)
    assert "nowhere" in capfd.readouterr().err
    assert not tiny.html.exists()


def test_sphinx_refuses_a_stale_copy(tiny, capfd):
    execute(tiny)
    write_notebook(tiny.notebook("book/one"), SETUP, SHARED, "print('newer')")
    with pytest.raises(BuildError):
        site.build(tiny)
    assert "book/one: its code changed. Run `make book`" in capfd.readouterr().err
