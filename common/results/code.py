"""What a result depends on: the functions of this project that ran when it was made."""

from __future__ import annotations

import ast
import hashlib
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
WATCHED = ("common", "tests/benchmarks")
# They show, store, start and refuse; they compute nothing of a result.
LEFT_OUT = tuple(
    f"common/{name}"
    for name in ("build/", "checks.py", "results/", "train.py", "training/config.py", "viz/")
)

Code = dict[str, dict[str, Any]]


@contextmanager
def code_that_runs() -> Iterator[Code]:
    """Note what runs inside ``with``, in this process; what it gives is complete after it.

    Gives a dict: for each module of `WATCHED` by its path, the ``functions`` that ran, by name, and
    their ``hash``.
    """
    ran: set[CodeType] = set()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            ran.add(frame.f_code)

    found: Code = {}
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
        for path, functions in sorted(_by_module(ran).items()):
            names = sorted(functions)
            found[path] = {"functions": names, "hash": code_hash(_read(path), names)}


def changed_code(code: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The paths whose functions that ran are no longer the same, or no longer there."""
    return [
        path
        for path, of in code.items()
        if not (ROOT / path).exists() or code_hash(_read(path), of["functions"]) != of["hash"]
    ]


def code_hash(text: str, functions: list[str]) -> str:
    """Hash some functions of a module, and what stands outside of functions, as Python reads it.

    Comments, docstrings, imports and the other functions do not count. A function that is not
    there counts as empty.
    """
    tree = ast.parse(text)
    parts = {"": []}
    for node in tree.body:
        _sort_in(node, "", parts)
    content = [parts[""], *(parts.get(name) for name in functions)]
    return hashlib.sha256(repr(content).encode()).hexdigest()[:16]


def _sort_in(node: ast.stmt, inside: str, parts: dict[str, Any]) -> None:
    """Put a statement among `parts`: a function under its name, all else under ""."""
    if isinstance(node, ast.FunctionDef):
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        parts[inside + node.name] = ast.unparse(node)
    elif isinstance(node, ast.ClassDef):
        parts[""].append([node.name, *map(ast.unparse, node.bases + node.decorator_list)])
        for inner in node.body:
            _sort_in(inner, f"{inside}{node.name}.", parts)
    elif not _computes_nothing(node):
        parts[""].append(ast.unparse(node))


def _computes_nothing(node: ast.stmt) -> bool:
    """Whether a statement is an import, a docstring or ``__all__``."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]) == "__all__"
    return isinstance(node, ast.Import | ast.ImportFrom)


def _by_module(ran: set[CodeType]) -> dict[str, set[str]]:
    """Names of the functions that ran, for each module of `WATCHED` by its path."""
    names = defaultdict(set)
    for code in ran:
        path = Path(code.co_filename)
        if any(path.is_relative_to(ROOT / folder) for folder in WATCHED):
            name = code.co_qualname.split(".<locals>")[0]  # of functions in functions, the outer
            path = path.relative_to(ROOT).as_posix()
            if not path.startswith(LEFT_OUT) and not name.startswith("<"):
                names[path].add(name)
    return names


def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
