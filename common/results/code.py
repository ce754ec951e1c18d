"""What a result depends on: the code of common that was loaded when it was made."""

from __future__ import annotations

import ast
import hashlib
import io
import sys
import tokenize
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# They show, store, start and refuse; they compute nothing of a result.
LEFT_OUT = ("common.build", "common.checks", "common.results", "common.viz")


def code_hashes() -> dict[str, str]:
    """A hash for each module of common that this process has loaded, by its path."""
    paths = [
        Path(module.__file__)
        for name, module in sys.modules.items()
        if f"{name}.".startswith("common.")
        and not f"{name}.".startswith(tuple(f"{left}." for left in LEFT_OUT))
        and getattr(module, "__file__", None)
    ]
    return {
        path.relative_to(ROOT).as_posix(): code_hash(path.read_text()) for path in sorted(paths)
    }


def changed_code(hashes: Mapping[str, str]) -> list[str]:
    """The paths among `hashes` whose code is no longer the same, or no longer there."""
    return [
        path
        for path, expected in hashes.items()
        if not (ROOT / path).exists() or code_hash((ROOT / path).read_text()) != expected
    ]


def code_hash(text: str) -> str:
    """Hash Python source without its comments, docstrings and blank lines."""
    lines = text.splitlines()
    for first, last in _docstrings(text):
        lines[first - 1 : last] = [""] * (last - first + 1)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        row, column = token.start
        if token.type == tokenize.COMMENT and lines[row - 1]:
            lines[row - 1] = lines[row - 1][:column]
    code = "\n".join(line.rstrip() for line in lines if line.strip())
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def _docstrings(text: str):
    """First and last line of every docstring."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            yield node.body[0].lineno, node.body[0].end_lineno
