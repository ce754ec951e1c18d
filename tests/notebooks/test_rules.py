"""The chapters keep the rules, and the rules find what breaks them."""

import copy

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from common.build.book import Book
from common.build.bootstrap import KERNEL, TAGS, bootstrap_cell
from tests.notebooks import rules

BOOK = Book()
CHAPTERS = [page for page in BOOK.notebooks if page.count("/") > 1]
EXERCISE = (
    "```{{exercise}}\n:label: {0}\n\nTry.\n```\n\n"
    "```{{solution}} {0}\n:class: dropdown\n\nSo.\n```"
)


def read(page):
    return nbformat.read(BOOK.notebook(page), as_version=4)


def test_every_notebook_is_in_the_contents():
    there = (BOOK.root / "book").rglob("*.ipynb")
    found = {path.relative_to(BOOK.root).with_suffix("").as_posix() for path in there}
    assert {page for page in found if ".ipynb_checkpoints" not in page} == set(BOOK.notebooks)


@pytest.mark.parametrize("page", BOOK.notebooks)
def test_notebook_keeps_the_rules(page):
    notebook = read(page)
    complaints = [
        *rules.clean(notebook),
        *rules.set_up(notebook, bootstrap_cell(BOOK)),
        *rules.length(notebook),
        *rules.words(notebook),
        *rules.alt_texts(notebook),
        *rules.devices(notebook),
        *(rules.chapter(notebook) if page in CHAPTERS else ()),
    ]
    assert not complaints, "\n".join([page, *complaints])


@pytest.fixture
def good():
    """A chapter that keeps every rule."""
    cells = [
        new_markdown_cell("# Masks\n\nBy the end you hear one. You need Python and 20 minutes."),
        new_code_cell(bootstrap_cell(BOOK), metadata={"tags": TAGS}),
        new_code_cell("viz.show(ax, alt='A mask.')"),
        new_markdown_cell("## Recap\n\nA mask is a gain.\n\n## Exercises"),
        *(new_markdown_cell(EXERCISE.format(f"try-{n}")) for n in range(3)),
        new_markdown_cell("## Where next\n\nOn."),
    ]
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL})


def complaints(notebook):
    return [
        *rules.clean(notebook), *rules.set_up(notebook, bootstrap_cell(BOOK)),
        *rules.length(notebook), *rules.words(notebook), *rules.alt_texts(notebook),
        *rules.devices(notebook), *rules.chapter(notebook),
    ]


def test_good_chapter_passes(good):
    assert complaints(good) == []


def replace(old, new):
    def change(notebook):
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)
    return change


def append(kind, source, **more):
    make = {"code": new_code_cell, "markdown": new_markdown_cell}[kind]
    return lambda notebook: notebook.cells.append(make(source, **more))


BREAKS = [
    (append("code", "1", execution_count=1), "holds outputs"),
    (lambda n: n.cells[0].pop("id"), "ids are missing"),
    (lambda n: n.cells[0].update(id=n.cells[1].id), "not unique"),
    (lambda n: n.metadata.update(widgets={}), "widget state"),
    (lambda n: n.metadata.kernelspec.update(name="mine"), "not python3"),
    (replace("import subprocess", "import  subprocess"), "not the bootstrap cell"),
    (lambda n: n.cells[1].metadata.update(tags=[]), "not the bootstrap cell"),
    (append("code", "%pip install torch"), "has '%pip'"),
    (append("code", "!pip install torch"), "has '!pip'"),
    (append("code", "%%capture\n1"), "%%capture"),
    (append("code", "# NBVAL_SKIP\n1"), "NBVAL_SKIP"),
    (append("code", "1", metadata={"tags": ["raises-exception"]}), "raises-exception"),
    (append("code", "\n" * 25 + "1"), "26 lines; at most 25"),
    (append("code", "# -> common.stft.stft" + "\n1" * 40), "41 lines; at most 40"),
    (lambda n: n.cells.extend(new_code_cell("1") for _ in range(4)), "4th code cell in a row"),
    (append("markdown", "word " * 151), "151 words"),
    (append("markdown", "Simply multiply."), "says 'Simply'"),
    (append("code", "viz.show(ax)"), "viz.show without alt"),
    (append("code", "viz.compare(a, alt='')"), "viz.compare without alt"),
    (append("code", "import torch"), "imports torch and does not say device ="),
    (append("code", "from torch import nn"), "imports torch and does not say device ="),
    (append("code", f"{rules.DEVICE}\n{rules.DEVICE}"), "the device is set twice"),
    (append("code", "device = 'cpu'"), "\"device = 'cpu'\": a device besides"),
    (append("code", "if x:\n    y = y.cuda()"), "'y = y.cuda()': a device besides"),
    (append("code", "x = torch.ones(3, device='cuda:0')"), "'cuda:0')\": a device besides"),
    (replace("# Masks", "Masks"), "no title"),
    (replace("By the end", "Soon"), "a promise"),
    (replace("You need Python and", "It takes"), "what the reader needs"),
    (replace("20 minutes", "a while"), "how many minutes"),
    (replace("## Recap", "## Summary"), "headings Recap"),
    (replace("## Where next", "Where next"), "headings Recap"),
    (lambda n: n.cells.pop(4), "2 exercises"),
    (replace(":label: try-1\n", ""), "no :label:"),
    (replace("{solution} try-1", "{note} try-1"), "try-1 has no solution"),
    (replace("try-2\n:class: dropdown", "try-2"), "try-2 is not folded"),
]


@pytest.mark.parametrize(("change", "complaint"), BREAKS, ids=[text for _, text in BREAKS])
def test_broken_rule_is_found(good, change, complaint):
    bad = copy.deepcopy(good)
    change(bad)
    assert any(complaint in found for found in complaints(bad)), complaints(bad)


def test_a_device_set_once_is_good(good):
    append("code", f"import torch\n\n{rules.DEVICE}\nx = torch.ones(3, device=device)")(good)
    assert complaints(good) == []


def test_words_of_tables_formulas_and_code_do_not_count():
    table = "| a | b |\n" * 200
    formula = f"$$\n{'x + ' * 200}\n$$\n\n$$y = 2$$\n\n$z = 1$"
    code = f"```python\n{'y ' * 200}\n```"
    text = f"Two words\n\n{table}\n{formula}\n\n{code}\n"
    assert rules.prose(text).split() == ["Two", "words"]
