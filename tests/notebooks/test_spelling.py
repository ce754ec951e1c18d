"""The book's prose, word by word: in a dictionary, or in words.txt; British, as the rest of it.

words.txt holds what the dictionary lacks: terms of the field, names, and British spellings.
"""

import gc
import re
import warnings
from functools import cache
from importlib.resources import files
from pathlib import Path

import nbformat
import pytest
from spylls.hunspell import Dictionary

from common.build.book import ROOT, Book
from tests.notebooks import rules

BOOK = Book()
# The dictionary is American, and would let these pass.
AMERICAN = re.compile(
    r"(?!optimi|size|prize|seize|capsize)\w+iz(e[sdr]?|ers?|ing|ation\w*)"
    r"|(color|center|neighbor|behavior|favor|flavor|fiber|gray|analyz|modeled|labeled)\w*",
    re.IGNORECASE,
)
NOT_PROSE = (
    r"^(`{3,})(?!\{)[^\n]*$.*?^\1`*$",  # code, but not directives
    r"^(`{3,}|:{3,})",  # of directives; what stands in them is prose
    r"<!--.*?-->",
    r"\$\$.*?\$\$",
    r"\$[^$\n]+\$",
    r"`[^`]*`",
    r"\]\([^)]*\)",  # where a link leads
    r"^\[[^\]]+\]: [^\n]*",
    r"^(:[\w-]+:|\.\. )[^\n]*",  # a directive's options; reST
    r"\{solution[\w-]*\} \S+",
    r"\{[\w:-]+\}",
    r"https?://\S+",
    r"<[^>]+>",
)
PLACES = {page: BOOK.notebook(page) for page in BOOK.notebooks}
PLACES |= {
    path.relative_to(ROOT).with_suffix("").as_posix(): path
    for path in [*ROOT.glob("*.md"), *ROOT.glob(".github/*.md"), *ROOT.glob("book/**/*.md"),
                 *ROOT.glob("common/**/*.md")]
}  # fmt: skip


def words_in(markdown: str) -> set[str]:
    """The words of a text as a reader sees it, without names that have capitals inside."""
    for pattern in NOT_PROSE:
        markdown = re.sub(pattern, " ", markdown, flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", markdown)
    return {word.replace("’", "'") for word in found if len(word) > 1 and word[1:].islower()}


@cache
def words_of(path: Path) -> set[str]:
    if path.suffix == ".md":
        return words_in(path.read_text(encoding="utf-8"))
    cells = rules.of_type(nbformat.read(path, 4), "markdown")
    return set().union(*(words_in(cell.source) for cell in cells))


@cache
def dictionary() -> Dictionary:
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        found = Dictionary.from_files(str(files("spylls") / "hunspell/data/en/en_US"))
        gc.collect()  # the files that spylls leaves open
    return found


OWN = (Path(__file__).parent / "words.txt").read_text(encoding="utf-8").split()


def misspelt(words: set[str]) -> list[str]:
    def right(word):
        base = word.lower().removesuffix("'s")
        known = dictionary().lookup(word) or dictionary().lookup(base)
        return base in OWN or (known and not AMERICAN.fullmatch(base))

    return sorted(word for word in words if not right(word))


@pytest.mark.parametrize("name", PLACES)
def test_every_word_is_spelt_right(name):
    found = misspelt(words_of(PLACES[name]))
    assert not found, f"{name}: {', '.join(found)}; if right, put it into words.txt"


def test_the_own_words_are_sorted_and_needed():
    assert sorted(set(OWN)) == OWN
    used = {word.lower().removesuffix("'s") for path in PLACES.values() for word in words_of(path)}
    assert not set(OWN) - used


def test_a_misspelt_and_an_american_word_are_found():
    text = "A spectrogarm of the *coloured* color, normalized: `colr`, [x](centr.md), $centr$."
    assert misspelt(words_in(text)) == ["color", "normalized", "spectrogarm"]
    assert misspelt(words_in("```{exercise}\n:label: abcde\nA centr.\n```")) == ["centr"]
    assert misspelt(words_in("```python\ncolr = centr\n```\nThe size of the mixture's mask")) == []
