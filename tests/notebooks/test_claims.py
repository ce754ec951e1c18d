"""What the text claims in numbers, a cell of the same section computes, asserts or sets.

A quantity in prose ("300 Hz"; "a fifth" is none) must stand, to its own precision, in the code or
in the outputs of its section, or among the book's constants; or its paragraph has a citation. That
is no proof that the sentence is right; but a number that was mistyped, or that its cell outgrew, is
found.
"""

import re

import nbformat
import pytest

from common.build.book import Book
from common.stft import STFTConfig
from tests.notebooks.rules import prose

pytestmark = pytest.mark.slow

BOOK = Book()
CHAPTERS = [page for page in BOOK.notebooks if page.count("/") > 1]
CONFIG, RATE = STFTConfig(), 22050
# Said in every chapter without a cell: the book's transform, its rate, and what anyone can check.
CONSTANTS = {CONFIG.window_length, CONFIG.hop, RATE, 44100, 0.0, 1.0}
NUMBER = r"[-−]?\d+(?:[\u202f\u00a0 ]\d{3})*(?:\.\d+)?"
UNIT = r"(?:dB|%|Hz|kHz|ms|s|samples|seconds|frames|songs|taps|bins|times)\b"
QUANTITY = re.compile(rf"(?<![\w.,/-])\$?(?P<number>{NUMBER})\$?\s(?P<unit>{UNIT}|%)")


def value(text):
    return float(re.sub(r"[\u202f\u00a0 ]", "", text).replace("−", "-"))


def said(markdown):
    """The quantities of a text that has no citation for them: (text, value, decimals)."""
    for paragraph in re.split(r"\n\s*\n", prose(markdown.replace("$", ""))):
        if "{cite" in paragraph or paragraph.startswith("**You need"):
            continue
        for found in QUANTITY.finditer(paragraph):
            decimals = len(found["number"].partition(".")[2])
            yield found[0], value(found["number"]), decimals


def shown(cell):
    """The numbers in a code cell and in what it printed."""
    texts = [cell.source]
    for output in cell.outputs:
        texts += [output.get("text", ""), re.sub("<[^>]*>", " ", page(output))]
    return {abs(value(n)) for text in texts for n in re.findall(rf"(?<![\w.]){NUMBER}", text)}


def page(output):
    html = output.get("data", {}).get("text/html", "")
    return "" if "<svg" in html or "<audio" in html else html


def sections(cells):
    """Cells from one heading of the second level to the next."""
    section = []
    for cell in cells:
        parts = re.split(r"^(?=## )", cell.source, flags=re.M) if is_text(cell) else [cell]
        for number, part in enumerate(parts):
            if number and section:
                yield section
                section = []
            section.append(part)
    yield section


def is_text(cell):
    return cell.cell_type == "markdown"


def unfounded(cells):
    everywhere = set().union(*(shown(cell) for cell in cells if not is_text(cell)))
    for section in sections(cells):
        numbers = CONSTANTS.union(*(shown(part) for part in section if not isinstance(part, str)))
        if isinstance(section[0], str) and section[0].startswith("## Recap"):
            numbers |= everywhere
        for part in section:
            for text, number, decimals in said(part) if isinstance(part, str) else ():
                near = 0.5 * 10.0**-decimals + 1e-9
                scales = (1, 1000, 100) if re.search("kHz|ms|%", text) else (1,)
                if not any(abs(abs(number) - n * s) <= near or abs(abs(number) * s - n) <= near * s
                           for n in numbers for s in scales):
                    yield text


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_numbers_in_the_text_are_computed_in_their_section(chapter):
    cells = nbformat.read(BOOK.executed(chapter), as_version=4).cells
    missing = list(unfounded(cells))
    assert not missing, f"no cell of their section has these: {missing}"


def test_a_number_that_no_cell_has_is_found():
    text = nbformat.v4.new_markdown_cell("## A\n\nThe cutoff is 300 Hz, and 12.5 dB are lost.")
    code = nbformat.v4.new_code_cell("cut(300)", outputs=[
        nbformat.v4.new_output("stream", text="loss 12.46 dB\n")])
    assert list(unfounded([text, code])) == []
    text.source = text.source.replace("300", "400").replace("12.5", "12.6")
    assert list(unfounded([text, code])) == ["400 Hz", "12.6 dB"]
