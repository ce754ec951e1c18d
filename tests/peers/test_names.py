"""The table of names in *mask-inference* says the truth: of each name, where it is and its axes."""

import re

import nbformat
import pytest

from common.build.book import Book
from tests.peers.sizes import shape

NOTEBOOK = Book().root / "book/blocks/mask-inference.ipynb"
# The axes that come out, where they are not those of the first input.
GIVES = {
    ("mask application", "Asteroid"): "batch, source, freq, frame",
    ("mel projection", "Here"): "batch, channel, mel, frame",
    ("mel projection", "nussl"): "batch, frame, mel, channel",
    ("mel projection", "Asteroid"): "batch, mel, frame",
    ("recurrent stack", "Here"): "batch, frame, 2 hidden",
    ("recurrent stack", "nussl"): "batch, frame, 2 hidden",
    ("recurrent stack", "Asteroid"): "batch, frame, hidden",
    ("recurrent stack", "torch"): "frame, batch, hidden",
    ("mask head", "Here"): "batch, source, channel, freq, frame",
    ("mask head", "nussl"): "batch, frame, freq, channel, source",
    ("mask head", "torch"): "batch, frame, freq",
    ("whole network", "Here"): "batch, source, channel, freq, frame",
    ("whole network", "nussl"): "batch, frame, freq, channel, source",
    ("whole network", "Asteroid"): "batch, source, freq, frame",
}
# What would be called so, if the library had one.
WOULD_BE_CALLED = {
    "log magnitude": "decibel|todb|_db|log_?mag",
    "scale and shift": "scale_?and|shift_?and|scale_?shift",
    "mel projection": "mel_?(scale|proj|spec|bank)",
    "mask head": "embed|mask_?head",
    "whole network": "separat|mask_?(er|inf|net)",
}


FACTS = [
    "FeatsGlobLN: an instance norm of each bin, with gain and offset",
    "LSTMMasker: masks, no estimates",
    "LSTMMasker: no levels, a norm over the whole example",
    "LSTMMasker: an LSTM, whatever rnn_type says",
    "apply_real_mask: multiplies what broadcasts",
    "mixture_consistency: shares by power, as here",
    "OpenUnmix: the book's axes, one source",
    "OpenUnmix: learns a shift and a scale of each bin",
    "OpenUnmix: computes what the book's does",
    "LSTM: batch first, if it is made so",
]


def read(markdown):
    """The cells of the table, {(row, column): text}, and the modules of each column."""
    table = [[text.strip() for text in line.strip("|").split("|")]
             for line in markdown.splitlines() if line.startswith("|")]  # fmt: skip
    heads = table[0][1:] if table else []
    cells = {(row, head): text for row, *texts in table[2:]
             for head, text in zip(heads, texts, strict=True)}  # fmt: skip
    lists = {head: re.search(rf"\b{head}: ((?:`[\w.]+`(?:, )?)+)", markdown) for head in heads}
    return cells, {head: re.findall(r"`([\w.]+)`", found[1]) for head, found in lists.items()}


def table():
    if not NOTEBOOK.exists():
        return {}, {}
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    return read("\n".join(cell.source for cell in cells if cell.id == "names"))


CELLS, MODULES = table()
NAMED = {place: text for place, text in CELLS.items() if text != "none"}
ABSENT = [place for place, text in CELLS.items() if text == "none"]


def parsed(text):
    """The name in a cell, and the axes of each input."""
    name, axes = re.fullmatch(r"`(\w+)` (.+)", text).groups()
    return name, re.findall(r"\(([\w, ]+)\)", axes)


def question(place):
    name, takes = parsed(NAMED[place])
    gives = GIVES.get(place, takes[0])
    return [*place, name, MODULES[place[1]], list(map(shape, takes)),
            *(axes.split(", ").index("batch") for axes in (takes[0], gives))]  # fmt: skip


@pytest.fixture(scope="module")
def answers(ask):
    answers = ask(calls=list(map(question, NAMED)), modules=MODULES)
    return answers | {"calls": dict(zip(NAMED, answers["calls"], strict=True))}


def test_the_table_is_whole():
    assert len({row for row, _ in CELLS}) == 9
    assert list(MODULES) == ["Here", "nussl", "Asteroid", "torch"]
    assert {row for row, _ in ABSENT} <= WOULD_BE_CALLED.keys()
    assert GIVES.keys() <= NAMED.keys()


@pytest.mark.parametrize("place", NAMED, ids=" ".join)
def test_a_name_takes_its_axes_and_keeps_the_batch_apart(place, answers):
    given, apart = answers["calls"][place]
    assert given == shape(GIVES.get(place, parsed(NAMED[place])[1][0]))
    assert apart


@pytest.mark.parametrize("place", ABSENT, ids=" ".join)
def test_none_means_that_there_is_none(place, answers):
    row, column = place
    found = [name for name in answers["names"][column]
             if re.search(WOULD_BE_CALLED[row], name, re.IGNORECASE)]  # fmt: skip
    assert found == []


@pytest.mark.parametrize("fact", FACTS)
def test_what_the_chapters_say_of_the_peers(fact, answers):
    assert answers["facts"][fact]


def test_every_fact_is_asked_for(answers):
    assert list(answers["facts"]) == FACTS


def test_the_form_of_the_table():
    cells, modules = read(
        "Words.\n\n| | Here | torch |\n|---|---|---|\n| mel | `Mel` (batch, 2 freq) | none |\n\n"
        "Here: `common.blocks`, `common.more`. torch: `torch`. More words.")  # fmt: skip
    assert cells == {("mel", "Here"): "`Mel` (batch, 2 freq)", ("mel", "torch"): "none"}
    assert modules == {"Here": ["common.blocks", "common.more"], "torch": ["torch"]}
    assert parsed("`f` (batch, 2 freq) and (1, freq)") == ("f", ["batch, 2 freq", "1, freq"])
    assert shape("batch, 2 freq") == [2, 254]
