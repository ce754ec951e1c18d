"""The first page leads everywhere; the map leads to the chapter that builds each thing, and says
truly what a network is made of.
"""

import ast
import inspect
import re
from importlib import import_module

import nbformat
import pytest
import yaml

from common.build.book import Book
from common.build.quotes import quotes
from tests.notebooks import rules

BOOK = Book()
BUILT = {quote.name: f"{quote.page}.ipynb" for quote in quotes(BOOK)}
NETWORKS = import_module("common.architectures").__all__
BLOCKS = import_module("common.blocks").__all__
MAP = (BOOK.root / "book/map.md").read_text(encoding="utf-8")
LINKS = dict(re.findall(r"^\[(\w+)\]: (\S+)$", MAP, re.MULTILINE))
ROWS = dict(re.findall(r"^- \*\*\[(\w+)\]\*\*: (.*)$", MAP, re.MULTILINE))


FIRST = nbformat.read(BOOK.notebook(BOOK.pages[0]), 4)
FIRST = "\n".join(cell.source for cell in rules.of_type(FIRST, "markdown"))


def test_the_first_page_leads_to_every_other():
    found = {f"book/{page}" for page in re.findall(r"\]\((\S+)\.(?:ipynb|md)\)", FIRST)}
    own = {page for page in BOOK.pages[1:] if not page.startswith("book/api/")} | {"book/api/index"}
    assert not own - found


def test_the_first_page_introduces_every_part():
    contents = yaml.safe_load((BOOK.root / "_toc.yml").read_text(encoding="utf-8"))
    for part in contents["parts"][:-1]:  # the last is the appendix
        assert re.search(rf"^### {part['caption']}\n\n(?!-)\S", FIRST, re.MULTILINE)


def links_in(text):
    return set(re.findall(r"\[(\w+)\](?![:(\[])", text))


@pytest.mark.parametrize("name", [*BLOCKS, *NETWORKS])
def test_a_name_leads_to_the_chapter_that_builds_it(name):
    assert f"book/{LINKS[name]}" == BUILT[name]


def test_every_block_and_every_network_has_its_place():
    by_purpose = MAP.partition("## Every block")[2].partition("\n## ")[0]
    assert links_in(by_purpose) == set(BLOCKS)
    assert list(ROWS) == sorted(NETWORKS, key=[*BUILT].index)
    assert set(LINKS) == {"STFT", *BLOCKS, *NETWORKS}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_made_of_the_blocks_that_its_row_names(name):
    network = getattr(import_module("common.architectures"), name)
    tree = ast.parse(inspect.getsource(inspect.getmodule(network)))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & set(BLOCKS)
    assert links_in(ROWS[name]) == used
