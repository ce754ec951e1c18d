"""Who may import what: the contracts of pyproject.toml, and the rules that they cannot state."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import grimp
import nbformat
import networkx
import pytest

ROOT = Path(__file__).resolve().parents[1]
MENDED = {"nussl", "scaper", "musdb", "museval"}
SOURCES = sorted(
    path
    for folder in ("common", "tests", "book")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".ipynb") and ".ipynb_checkpoints" not in path.parts
)


def code_of(path: Path) -> str:
    """The Python text of a file or a notebook, its shell and magic lines blanked."""
    if path.suffix == ".py":
        return path.read_text(encoding="utf-8")
    cells = nbformat.read(path, as_version=4).cells
    lines = "\n".join(c.source for c in cells if c.cell_type == "code").splitlines()
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in lines)


def imported(code: str) -> Iterator[str]:
    """Every module that the code imports, at any depth, by its full name."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module":
            yield from (a.value for a in node.args if isinstance(a, ast.Constant))


def forbidden_imports(path: str, code: str) -> set[str]:
    """The imports of a file that go past common.compat, or pull viz into common."""
    names = set(imported(code))
    found = set()
    if not path.startswith(("common/compat/", "tests/compat/")):
        found |= {name for name in names if name.split(".")[0] in MENDED}
    if path.startswith("common/") and not path.startswith("common/viz/"):
        found |= {name for name in names if f"{name}.".startswith("common.viz.")}
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_goes_past_compat_or_pulls_in_viz(path):
    assert not forbidden_imports(path.relative_to(ROOT).as_posix(), code_of(path))


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("common/masks.py", "import nussl"),
        ("common/data/songs.py", "def f():\n    from musdb import DB"),
        ("book/masks/masks.ipynb", "import museval.metrics as m"),
        ("tests/test_masks.py", "importlib.import_module('scaper')"),
        ("common/evaluation/table.py", "from common import viz"),
        ("common/evaluation/table.py", "from common.viz.style import COLOURS"),
    ],
)
def test_forbidden_import_is_found(path, code):
    assert forbidden_imports(path, code)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("common/masks.py", "from common.compat import nussl, museval"),
        ("common/compat/loading.py", "import nussl"),
        ("book/masks/masks.ipynb", "from common import viz"),
        ("common/viz/show.py", "from common.viz.style import COLOURS"),
    ],
)
def test_allowed_import_is_let_through(path, code):
    assert not forbidden_imports(path, code)


def test_import_contracts_of_pyproject_hold():
    command = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"
    run = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_picture_of_the_imports_is_what_common_does():
    under_all = ["checks", "seed"]
    modules = grimp.build_graph("common", cache_dir=None)
    imports = networkx.DiGraph()
    for module in modules.modules - {"common"}:
        user = module.split(".")[1]
        for other in modules.find_modules_directly_imported_by(module):
            if (used := other.split(".")[1]) != user:
                imports.add_edge(user, used)
    imports.remove_nodes_from(under_all)
    text = (ROOT / ".github/CONTRIBUTING.md").read_text(encoding="utf-8")
    drawn = {
        pair
        for users, used in re.findall(r"^ {4}([\w &]+) --> ([\w &]+)$", text, re.MULTILINE)
        for pair in product(users.split(" & "), used.split(" & "))
    }
    assert drawn == set(networkx.transitive_reduction(imports).edges)


def test_importing_common_is_light():
    code = "import sys, common; print(sorted({'numpy', 'torch', 'scipy'} & sys.modules.keys()))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
