"""The peers, in a folder of their own: never the book's dependencies."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.blocks.conftest import seeded as seeded

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).with_name("peers.txt")


def installed():
    """Their folder; filled once, and again when their list changes."""
    folder = ROOT / "_build/peers"
    stamp = folder / "peers.txt"
    if not stamp.exists() or stamp.read_text() != PEERS.read_text():
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps",
                        "--only-binary=:all:", "--upgrade", "--target", folder,
                        "--requirement", PEERS], check=True)  # fmt: skip
        stamp.write_text(PEERS.read_text())
    return folder


@pytest.fixture(scope="session")
def ask():
    """Put questions to probe.py."""
    peers = installed()

    def put(**questions):
        done = subprocess.run(
            [sys.executable, "-m", "tests.peers.probe"], input=json.dumps(questions), cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(peers)])},
            capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return put
