"""Ranges for readers, pins for `make` and CI, a short list for Colab: they agree."""

import re
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from common.build.book import ROOT
from tests.test_imports import imported

STAND_IN = "./common/compat/soxbindings"
TOOLS = ROOT / "common" / "build"


def lines(path):
    text = re.sub(r"(^|\s)#.*", "", path.read_text(encoding="utf-8"))
    return [line.strip() for line in text.splitlines() if line.strip()]


def requirements(path):
    found = [Requirement(line) for line in lines(path) if line != STAND_IN]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


READERS = requirements(ROOT / "requirements.txt")
MAKERS = requirements(TOOLS / "requirements.txt")
PINS = [Requirement(line) for line in lines(TOOLS / "pins.txt")]


@pytest.mark.parametrize("name", sorted({*READERS, *MAKERS}))
def test_every_requirement_is_pinned_within_its_range(name):
    pins = [pin for pin in PINS if canonicalize_name(pin.name) == name]
    assert pins, f"{name} has no pin: run `make pins`"
    for pin in pins:
        [exact] = pin.specifier
        for wanted in (READERS.get(name), MAKERS.get(name)):
            assert wanted is None or wanted.specifier.contains(exact.version)


@pytest.mark.parametrize("pin", PINS, ids=lambda pin: pin.name)
def test_what_is_installed_is_what_is_pinned(pin):
    if pin.marker is not None and not pin.marker.evaluate():
        return
    try:
        installed = metadata.version(pin.name)
    except metadata.PackageNotFoundError:
        return  # what only torch's builds for GPUs ask for
    assert pin.specifier.contains(installed), f"{installed} is installed: run `make` again"


def test_reader_gets_ranges_with_an_upper_end():
    for name, requirement in READERS.items():
        kinds = {part.operator for part in requirement.specifier}
        assert kinds & {"<", "=="} or name in ("av", "ipykernel"), name


def test_stand_in_for_soxbindings_is_asked_for_by_its_place():
    assert STAND_IN in lines(ROOT / "requirements.txt")
    assert STAND_IN in lines(TOOLS / "colab.txt")


def test_colab_installs_a_part_of_what_a_reader_needs_and_never_the_site_tools():
    colab = requirements(TOOLS / "colab.txt")
    assert {name: str(colab[name]) for name in colab} == {
        name: str(READERS[name]) for name in colab
    }
    assert not {"jupyter-book", "numpy", "scipy", "torch", "ipywidgets"} & set(colab)


@pytest.mark.parametrize("name", sorted({*READERS, *MAKERS, "soxbindings"}))
def test_contributing_says_why_each_package_is_there(name):
    text = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert f"`{name}`" in text


def test_what_common_imports_gets_installed():
    files = [path for path in (ROOT / "common").rglob("*.py") if STAND_IN[2:] not in str(path)]
    names = {name for path in files for name in imported(path.read_text(encoding="utf-8"))}
    others = {name.split(".")[0] for name in names} - sys.stdlib_module_names - {"common"}
    brought = {canonicalize_name(pin.name) for pin in PINS} | {"soxbindings"}
    makers = metadata.packages_distributions()
    for name in others:
        assert brought & set(map(canonicalize_name, makers.get(name, []))), name


def test_make_compiles_librosa_before_anything_runs_side_by_side():
    [line] = re.findall(r"^COMPILE := import (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    folder = Path(find_spec("librosa").origin).parent
    compiled = {
        ".".join(path.relative_to(folder.parent).with_suffix("").parts)
        for path in folder.rglob("*.py")
        if "guvectorize(" in path.read_text(encoding="utf-8")
    }
    assert set(line.split(", ")) == compiled
