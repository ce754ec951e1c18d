"""The Python side of the instruments under Colab's versions, in an environment of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
VERSIONS = HERE / "instruments.txt"
VIEW = ("MaskListener", "StemPlayer", "StftExplorer", "Scrubber")


@pytest.fixture(scope="module")
def colab():
    """The Python of an environment with Colab's versions; made once, again when they change."""
    folder = ROOT / "_build/colab/instruments"
    python, stamp = folder / "bin/python", folder / "versions.txt"
    if not stamp.exists() or stamp.read_text() != VERSIONS.read_text():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--only-binary=:all:",
                        "--requirement", VERSIONS], check=True)
        stamp.write_text(VERSIONS.read_text())
    return python


@pytest.fixture(scope="module")
def said(colab):
    done = subprocess.run([colab, HERE / "colab_instruments.py"], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", VIEW)
def test_instrument_is_made_synchronised_and_displayed(said, name):
    instrument = said["instruments"][name]
    assert instrument["seen"]
    assert instrument["sent"]
    assert instrument["view"]
    assert instrument["picture"] == "iVBORw0K"


@pytest.mark.parametrize("name", VIEW)
def test_colab_is_told_of_its_widget_manager(said, name):
    assert said["asked"]
    url = said["instruments"][name]["colab"]["custom_widget_manager"]["url"]
    assert url == "https://widgets.example/manager.js"
