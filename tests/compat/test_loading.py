"""common.compat costs nothing until a package is asked for, and says what went wrong then."""

from __future__ import annotations

import subprocess
import sys

import pytest

import common.compat

HEAVY = (
    "IPython",
    "librosa",
    "matplotlib",
    "numpy",
    "scipy",
    "torch",
    "nussl",
    "scaper",
    "musdb",
    "sox",
)


def imported_by(code: str) -> set[str]:
    report = f"import sys\n{code}\nprint(*[m for m in {HEAVY!r} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_compat_imports_nothing_else():
    assert imported_by("import common.compat") == set()


def test_musdb_does_not_bring_torch_or_nussl():
    assert imported_by("from common.compat import musdb") == {"musdb", "numpy"}


def test_scaper_does_not_bring_pysox_which_warns_where_sox_is_missing():
    assert "sox" not in imported_by("from common.compat import scaper")


def test_nussl_is_loaded_without_a_warning_and_without_matplotlib():
    code = "import warnings\nwarnings.simplefilter('error', UserWarning)\n"
    loaded = imported_by(code + "from common.compat import nussl")
    assert {"nussl", "torch"} <= loaded
    assert loaded.isdisjoint({"matplotlib", "IPython", "sox"})


def test_the_packages_are_listed_and_the_same_each_time():
    assert {"nussl", "scaper", "musdb", "museval"} <= set(dir(common.compat))
    assert common.compat.musdb is common.compat.musdb
    assert common.compat.nussl.musdb is common.compat.musdb


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'asteroid'"):
        common.compat.asteroid  # noqa: B018
