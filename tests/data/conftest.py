"""A small set of songs that the tests share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from common.data import Settings, make_songs

ROOT = Path(__file__).parents[2]
SMALL = Settings(duration=6.0, train=3, valid=1, test=2, stereo=1, unseen=1)
# The same, for the command.
SMALL_OPTIONS = "--duration 6 --train 3 --valid 1 --test 2 --stereo 1 --unseen 1 --quiet".split()


@pytest.fixture(scope="session")
def small_set(tmp_path_factory) -> Path:
    """Eight songs of 6 s; to look at, not to change."""
    return make_songs(tmp_path_factory.mktemp("songs"), SMALL, progress=False)


@pytest.fixture
def own_set(small_set, tmp_path) -> Path:
    """A copy of the small set, to break."""
    return Path(shutil.copytree(small_set, tmp_path / "set"))


def command(*arguments: str, **options) -> subprocess.CompletedProcess:
    """Run ``python -m common.data`` in a process of its own."""
    return python("-m", "common.data", *arguments, **options)


def python(*arguments: str, preexec_fn=None, **environment: str) -> subprocess.CompletedProcess:
    """Run Python in a process of its own, from the repository's root."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=preexec_fn,
    )
