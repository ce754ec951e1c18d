"""Learned filters, Conv-TasNet and dual path give and learn what Asteroid's do, to 1e-5."""

import json
import os
import subprocess
import sys

import pytest

from tests.peers.conftest import ROOT, installed
from tests.peers.parity import WITHIN

COMPARED = [
    "learned encoder, two channels",
    "learned decoder, three sources of two channels",
    "global norm",
    "global norm of rows",
    "Conv-TasNet, sigmoid",
    "Conv-TasNet, softmax",
    "Conv-TasNet, relu",
    "dual-path block",
]


@pytest.fixture(scope="module")
def apart():
    """How far apart outputs and gradients are, by what asteroid_probe.py compares."""
    path = os.pathsep.join([str(ROOT), str(installed())])
    done = subprocess.run([sys.executable, "-m", "tests.peers.asteroid_probe"], cwd=ROOT,
                          env={**os.environ, "PYTHONPATH": path},
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", COMPARED)
def test_it_gives_and_learns_what_asteroid_s_does(name, apart):
    assert apart[name] < WITHIN


def test_all_that_is_compared_is_held_to_it(apart):
    assert list(apart) == COMPARED
