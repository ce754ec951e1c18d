"""The reference has every public name of its modules, and leads from each to its chapter."""

import re
from importlib import import_module

import pytest

from common.build.book import Book
from common.build.quotes import quotes
from tests.site import checks

pytestmark = pytest.mark.slow

BOOK = Book()
MODULES = {
    module: page
    for page in BOOK.pages if page.startswith("book/api/")
    for module in re.findall(r"automodule:: (\S+)", (BOOK.root / f"{page}.md").read_text("utf-8"))
}  # fmt: skip
NAMES = [
    f"{module}.{name}"
    for module in MODULES
    for name in getattr(import_module(module), "__all__", [])
]
BUILT = {f"{quote.module}.{quote.name}": quote.page for quote in quotes(BOOK)}


def entry(name):
    """The entry of a name in the built reference."""
    page = MODULES[name.rpartition(".")[0]]
    return checks.parse(BOOK.html / f"{page}.html").find("dt", id=name)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.rpartition(".")[2].isupper()])
def test_a_public_name_has_an_entry_that_says_what_it_is(name):
    found = entry(name)
    assert found is not None, f"{name} is missing: has it a docstring?"
    assert found.find_next_sibling("dd").p


@pytest.mark.parametrize("name", [name for name in BUILT if name.rpartition(".")[0] in MODULES])
def test_an_entry_leads_to_the_chapter_that_builds_it(name):
    links = entry(name).find_next_sibling("dd")("a", class_="reference internal")
    assert f"../{BUILT[name].removeprefix('book/')}.html" in [link["href"] for link in links]
