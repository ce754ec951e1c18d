"""Each block has one definition: what its chapter builds is what common holds, line by line.

A cell that begins with ``# -> common.blocks.BatchNorm`` quotes it. Left out of the comparison is
what common adds for its callers: docstrings, annotations, `check_…()` statements, `extra_repr`.
"""

import ast
import builtins
import dis
import inspect
import re
import textwrap
from difflib import unified_diff
from importlib import import_module

import nbformat
import pytest

from common.build.book import Book
from common.build.quotes import QUOTE, quotes
from tests.notebooks import rules

BOOK = Book()
TAUGHT = ("common.blocks", "common.architectures", "common.losses")


def code_cells(page):
    """The code of a notebook, cell by cell."""
    return map(rules.code_of, rules.of_type(nbformat.read(BOOK.notebook(page), 4), "code"))


QUOTES = [pytest.param(*quote, id=f"{quote.page}: {quote.name}") for quote in quotes(BOOK)]


class Bare(ast.NodeTransformer):
    """Takes out of a definition what common adds for its callers."""

    def visit_FunctionDef(self, node):
        node.returns = None
        return None if node.name == "extra_repr" else self.generic_visit(node)

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else None

    def visit_Expr(self, node):
        value = node.value
        called = ast.unparse(value.func) if isinstance(value, ast.Call) else ""
        check = called.split(".")[-1].startswith("check_")
        text = isinstance(value, ast.Constant) and isinstance(value.value, str)
        return None if check or text else node


def bare(source):
    """The definition in Python's own spelling, without what `Bare` takes out."""
    tree = Bare().visit(ast.parse(textwrap.dedent(source)))
    return ast.unparse(ast.fix_missing_locations(tree)).splitlines()


def difference(quoted, original):
    """What differs between two definitions, as a diff; empty where they are the same."""
    sides = bare(quoted), bare(original)
    return "\n".join(unified_diff(*sides, "the chapter", "common", n=99, lineterm=""))


@pytest.mark.parametrize(("page", "number", "module", "name"), QUOTES)
def test_a_quoted_definition_is_common_s(page, number, module, name):
    quoted = list(code_cells(page))[number]
    found = difference(quoted, inspect.getsource(getattr(import_module(module), name)))
    assert not found, f"{page} does not quote {module}.{name}:\n{found}"


def public():
    return [f"{module}.{name}" for module in TAUGHT for name in import_module(module).__all__]


@pytest.mark.parametrize("name", public())
def test_every_public_name_is_quoted_in_exactly_one_chapter(name):
    pages = [quote.values[0] for quote in QUOTES if ".".join(quote.values[2:]) == name]
    assert len(pages) == 1, f"{name} is quoted in {pages or 'no chapter'}"


def global_names(code, stored):
    """The names that a code object and those inside it load from, or store in, the notebook."""
    wanted = ("STORE_NAME",) if stored else ("LOAD_NAME", "LOAD_GLOBAL")
    yield from (step.argval for step in dis.get_instructions(code) if step.opname in wanted)
    for inner in code.co_consts:
        if inspect.iscode(inner) and not stored:
            yield from global_names(inner, stored)


def unknown_names(cells):
    """What the last cell uses and neither Python nor a cell before it defines."""
    known = {*dir(builtins), "__name__", "__class__"}
    for cell in cells:
        known.update(global_names(compile(cell, "cell", "exec"), stored=True))
    code = compile(cells[-1], "cell", "exec")
    attributes = {name for inner in code.co_consts if inspect.iscode(inner)
                  for name in global_names(inner, stored=True)}  # fmt: skip
    return set(global_names(code, stored=False)) - known - attributes


@pytest.mark.parametrize(("page", "number", "module", "name"), QUOTES)
def test_a_quoted_definition_uses_only_what_its_notebook_has(page, number, module, name):
    assert not unknown_names(list(code_cells(page))[: number + 1])


DEFINITION = '''
class Gain(nn.Module):
    """Multiply."""

    def __init__(self, gain: float = 1.0, *, name: str = "g") -> None:
        """Make it."""
        check_positive(gain, "gain")
        super().__init__()
        self.gain: float = gain

    def forward(self, x: Tensor) -> Tensor:
        checks.check_axes(x, "x", "batch freq")  # a comment
        if self.gain == 1:
            return x
        return self.gain * x

    def extra_repr(self) -> str:
        return f"{self.gain}"
'''
SAME = {
    "itself": ("", ""),
    "without docstrings": ('    """Multiply."""\n', ""),
    "with another docstring": ("Multiply.", "A gain."),
    "without checks": ('        check_positive(gain, "gain")\n', ""),
    "without annotations": ("gain: float = 1.0", "gain=1.0"),
    "without annotated assignment": ("self.gain: float", "self.gain"),
    "without return annotation": (") -> Tensor:", "):"),
    "without comments": ("  # a comment", ""),
    "in other quotes": ('"g"', "'g'"),
    "on more lines": ("self.gain * x", "(self.gain\n                * x)"),
    "without extra_repr": ('    def extra_repr(self) -> str:\n        return f"{self.gain}"\n', ""),
}
OTHER = {
    "name": ("class Gain", "class Level"),
    "base": ("nn.Module", "Module"),
    "default": ("= 1.0", "= 2.0"),
    "keyword-only": ("*, name", "name"),
    "argument": ("name: str", "label: str"),
    "operation": ("self.gain * x", "self.gain + x"),
    "order": ("self.gain * x", "x * self.gain"),
    "attribute": ("self.gain: float", "self.level: float"),
    "condition": ("== 1:", "== 0:"),
    "missing statement": ("super().__init__()\n", "\n"),
    "more": ("super().__init__()\n", "super().__init__()\n        self.more = 1\n"),
    "check with a use": ("check_positive(gain", "self.gain = check_positive(gain"),
    "method": ("def extra_repr", "def extra"),
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_what_common_adds_makes_no_difference(change):
    assert change[0] in DEFINITION
    assert difference(DEFINITION.replace(*change), DEFINITION) == ""


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_another_definition_is_found_and_shown(change):
    changed = DEFINITION.replace(*change)
    assert changed != DEFINITION
    shown = difference(changed, DEFINITION)
    assert shown.startswith("--- the chapter\n+++ common\n")
    assert re.search(r"^[-+][^-+]", shown, re.MULTILINE)


def test_a_name_that_the_notebook_lacks_is_found():
    imports = "from torch import nn, Tensor\nimport checks\nfrom checks import check_positive"
    assert unknown_names([imports, DEFINITION]) == set()
    assert unknown_names([DEFINITION]) == {"nn", "Tensor", "checks", "check_positive"}
    assert unknown_names([imports, "def f(x, y=1):\n    return [z + y + w for z in x]"]) == {"w"}
    assert unknown_names(["w = 1", "def f(x):\n    f(x - w)"]) == set()


def test_a_quote_is_recognised_by_its_first_line():
    found = QUOTE.match("# -> common.blocks.BatchNorm\nclass BatchNorm: ...")
    assert found.groups() == ("common.blocks", "BatchNorm")
    assert not QUOTE.match("x = 1\n# -> common.blocks.BatchNorm\n")
