"""The book on paper: nothing that needs a script, and every link inside leads into the file."""

from urllib.parse import unquote

import pytest

from common.build.book import Book, BuildError
from common.build.printed import LEFT_OUT, one_page, stills, write_pdf
from tests.site import checks

BOOK = Book()
# Instruments and solutions, many links, names with anchors: all kinds there are.
PAGES = ["book/index", "book/masks/masks", "book/map", "book/api/signals", "book/glossary"]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_page_needs_no_script_and_its_links_stay_in_the_file(page):
    built = BOOK.html / f"{page}.html"
    article = one_page(BOOK, page)
    assert not article.select(LEFT_OUT)
    drawn = [image["src"].partition("base64,")[2] for image in article("img")]
    assert set(stills(BOOK, page).values()) <= set(drawn)
    for link in article("a", href=True):
        if link["href"].startswith("#"):
            target, _, place = unquote(link["href"][1:]).partition("--")
            assert target in BOOK.pages, link
            assert not place or place in checks.anchors(BOOK.html / f"{target}.html"), link
    kept, had = article.get_text(), checks.content(built)
    assert all(heading.get_text().removesuffix("#") in kept for heading in had(["h1", "h2"]))


def test_without_a_site_it_says_what_to_do(tmp_path):
    with pytest.raises(BuildError, match="make book"):
        write_pdf(Book(tmp_path))
