"""The built site, page by page. `make test` builds it first."""

import nbformat
import pytest

from common.build.book import Book
from tests.site import checks

pytestmark = pytest.mark.slow

BOOK = Book()
PAGES = BOOK.pages


def built(page):
    path = BOOK.html / f"{page}.html"
    assert path.exists(), f"{path} is missing: run `make book`"
    return path


def test_site_opens_at_its_first_page():
    assert f"url={PAGES[0]}.html" in (BOOK.html / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_links_and_anchors_lead_somewhere(page):
    assert not list(checks.broken_links(built(page), BOOK.html))


@pytest.mark.parametrize("page", PAGES)
def test_nothing_failed_quietly(page):
    assert not list(checks.trouble(built(page)))


@pytest.mark.parametrize("page", PAGES)
def test_pictures_and_players_are_described(page):
    assert not list(checks.undescribed(built(page)))


@pytest.mark.parametrize("page", PAGES)
def test_sounds_decode_and_are_short_whole_and_audible(page):
    assert not list(checks.bad_sounds(built(page)))


@pytest.mark.parametrize("page", PAGES)
def test_page_is_light(page):
    assert checks.weight(built(page)) <= checks.PAGE_BYTES


@pytest.mark.parametrize("page", PAGES)
def test_page_loads_nothing_from_elsewhere(page):
    assert checks.loaded_from_elsewhere(built(page)) == set()


@pytest.mark.parametrize("page", BOOK.notebooks)
def test_notebook_opens_in_colab_and_downloads_without_outputs(page):
    repository = BOOK.config["repository"]
    path = repository["url"].removeprefix("https://github.com/")
    address = f"https://colab.research.google.com/github/{path}/blob/{repository['branch']}"
    assert ("a", f"{address}/{page}.ipynb") in list(checks.references(built(page)))

    source = nbformat.read(BOOK.html / "_sources" / f"{page}.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in source.cells)
