"""The examples in the docstrings of common print what they say."""

import doctest
from importlib import import_module

import pytest

from common.build.book import ROOT

FILES = [
    path.relative_to(ROOT).with_suffix("")
    for path in sorted((ROOT / "common").rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]
MODULES = [".".join(path.parts).removesuffix(".__init__") for path in FILES]
EXAMPLES = [
    pytest.param(test, id=test.name)
    for module in MODULES
    for test in doctest.DocTestFinder(exclude_empty=True).find(import_module(module))
    if test.examples
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_true(example):
    said = []
    doctest.DocTestRunner(verbose=False).run(example, out=said.append)
    assert not said, "".join(said)


def test_an_untrue_example_is_found():
    example = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "untrue", None, 0)
    assert doctest.DocTestRunner(verbose=False).run(example, out=lambda text: None).failed == 1
