"""What a program can check of the way the chapters are written. Each rule yields complaints."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from common.build.bootstrap import KERNEL, TAGS

CODE_LINES, QUOTED_LINES, CODE_CELLS_IN_A_ROW, WORDS = 25, 40, 3, 150
FORBIDDEN_TAGS = {"raises-exception", "nbval-raises-exception", "nbval-skip", "skip-execution"}
FORBIDDEN_CODE = r"NBVAL_\w+|%%capture|^\s*[%!]+\s*(?:pip|conda)\b|PYTEST_VALIDATE_IGNORE_OUTPUT"
FORBIDDEN_WORDS = r"\b(simply|obviously)\b"
ALT_WANTED = {"viz.show", "viz.compare"}
DEVICE = 'device = torch.device("cuda" if torch.cuda.is_available() else "cpu")'
EXERCISE = r"^`{3,}\{exercise(?:-start)?\}[^\n]*$"
SOLUTION = r"^`{3,}\{solution(?:-start)?\}\s+(?P<label>[\w:.-]+)"


def of_type(notebook, kind: str) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def tags(cell) -> set[str]:
    return set(cell.metadata.get("tags", []))


def clean(notebook) -> Iterator[str]:
    """Committed without outputs, with stable ids and one kernel name."""
    for cell in of_type(notebook, "code"):
        if cell.outputs or cell.execution_count is not None:
            yield f"cell {cell.id} holds outputs: run `make strip`"
    ids = [cell.get("id") for cell in notebook.cells]
    if None in ids or len(set(ids)) < len(ids):
        yield "cell ids are missing or not unique"
    if "widgets" in notebook.metadata:
        yield "the metadata hold widget state: run `make strip`"
    if notebook.metadata.get("kernelspec") != KERNEL:
        yield "the kernel is not python3: run `make bootstrap`"


def set_up(notebook, bootstrap: str) -> Iterator[str]:
    """The bootstrap cell first, unchanged, and nothing else that installs or hides failures."""
    codes = of_type(notebook, "code")
    if not codes or codes[0].source != bootstrap or tags(codes[0]) != set(TAGS):
        yield "the first code cell is not the bootstrap cell: run `make bootstrap`"
    for cell in codes:
        if found := re.search(FORBIDDEN_CODE, cell.source, re.MULTILINE):
            yield f"cell {cell.id} has {found[0].strip()!r}"
        if found := tags(cell) & FORBIDDEN_TAGS:
            yield f"cell {cell.id} has the tag {found.pop()!r}"


def length(notebook) -> Iterator[str]:
    """Short cells, and text between them."""
    row = 0
    for cell in notebook.cells:
        row = row + 1 if cell.cell_type == "code" else 0
        if row == CODE_CELLS_IN_A_ROW + 1:
            yield f"cell {cell.id} is the {row}th code cell in a row without text"
        if cell.cell_type == "code":
            lines = len(cell.source.splitlines())
            most = QUOTED_LINES if cell.source.startswith("# -> common.") else CODE_LINES
            if lines > most:
                yield f"cell {cell.id} has {lines} lines; at most {most}"
        elif (words := max(map(len, map(str.split, sections(cell.source))))) > WORDS:
            yield f"cell {cell.id} has {words} words on end; about 120, at most {WORDS}"


def prose(markdown: str) -> str:
    """The text that a reader reads as sentences: without code, tables, formulas and comments."""
    for pattern in (r"^(`{3,})[^\n]*$.*?^\1`*$", r"\$\$.*?\$\$", r"<!--.*?-->"):
        markdown = re.sub(pattern, "", markdown, flags=re.MULTILINE | re.DOTALL)
    markdown = re.sub(r"^\s*\|.*$", "", markdown, flags=re.MULTILINE)
    return re.sub(r"\$[^$\n]+\$", "", markdown)


def sections(markdown: str) -> list[str]:
    return re.split(r"^#+ .*$", prose(markdown), flags=re.MULTILINE)


def words(notebook) -> Iterator[str]:
    for cell in of_type(notebook, "markdown"):
        if found := re.search(FORBIDDEN_WORDS, cell.source, re.IGNORECASE):
            yield f"cell {cell.id} says {found[0]!r}"


def alt_texts(notebook) -> Iterator[str]:
    """Every picture is described in words where it is drawn."""
    for cell in of_type(notebook, "code"):
        for node in ast.walk(ast.parse(code_of(cell))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ALT_WANTED:
                values = [key.value for key in node.keywords if key.arg == "alt"]
                if not values or (isinstance(values[0], ast.Constant) and not values[0].value):
                    yield f"cell {cell.id}: {ast.unparse(node.func)} without alt text"


def devices(notebook) -> Iterator[str]:
    """A notebook that uses torch sets `device` once, in the book's words.

    Whether everything then lies there, nbval finds: it runs it on a second device. A
    rule for each `torch.zeros` would also forbid tiny examples on the CPU, which are right.
    """
    lines = [line for cell in of_type(notebook, "code") for line in code_of(cell).splitlines()]
    if any(re.match(r"(import|from) torch\b", line) for line in lines) and DEVICE not in lines:
        yield f"it imports torch and does not say {DEVICE}"
    if lines.count(DEVICE) > 1:
        yield "the device is set twice"
    for line in lines:
        if line != DEVICE and re.search(r"""^\s*device = |\.cuda\(|["']cuda\b""", line):
            yield f"{line.strip()!r}: a device besides {DEVICE}"


def code_of(cell) -> str:
    """The Python of a cell, its shell and magic lines blanked."""
    return re.sub(r"^[ \t]*[%!].*$", "", cell.source, flags=re.MULTILINE)


def chapter(notebook) -> Iterator[str]:
    """Title, promise, needs and time; recap, exercises with solutions, where next."""
    texts = [cell.source for cell in of_type(notebook, "markdown")]
    first_code = next((n for n, c in enumerate(notebook.cells) if c.cell_type == "code"), 0)
    opening = "\n".join(cell.source for cell in notebook.cells[:first_code])
    headings = re.findall(r"^#{1,3} +(.+?)\s*$", "\n".join(map(prose, texts)), re.MULTILINE)
    if not opening.startswith("# "):
        yield "the first cell has no title"
    for pattern, what in [
        (r"\bby the end\b", "a promise ('By the end …')"),
        (r"\b(need|know)\b", "what the reader needs first"),
        (r"\bminutes?\b", "how many minutes it takes"),
    ]:
        if not re.search(pattern, opening, re.IGNORECASE):
            yield f"the opening does not say {what}"
    places = [
        next((n for n, text in enumerate(headings) if re.match(wanted, text, re.IGNORECASE)), None)
        for wanted in ("recap", "exercises", "where next")
    ]
    if None in places or places != sorted(places):
        yield "there must be the headings Recap, Exercises and Where next, in this order"
    yield from exercises("\n".join(texts))


def exercises(text: str) -> Iterator[str]:
    """At least three, each with a label and a folded solution."""
    parts = re.split(EXERCISE, text, flags=re.MULTILINE)[1:]
    labels = [re.match(r"\s*:label:\s*([\w:.-]+)", part) for part in parts]
    if len(labels) < 3:
        yield f"there are {len(labels)} exercises; at least 3: one to predict, change and break"
    solved = {}
    for found in re.finditer(SOLUTION, text, re.MULTILINE):
        solved[found["label"]] = text[found.end():].lstrip().startswith(":class: dropdown")
    for label in labels:
        if label is None:
            yield "an exercise has no :label:"
        elif label[1] not in solved:
            yield f"exercise {label[1]} has no solution"
        elif not solved[label[1]]:
            yield f"the solution of {label[1]} is not folded (:class: dropdown)"
