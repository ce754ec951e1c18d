"""An environment with Asteroid and open-unmix, made once, again when its versions change."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERSIONS = Path(__file__).parent / "peers.txt"
TORCHAUDIO = ("", "transforms", "functional", "compliance", "compliance.kaldi")


@pytest.fixture(scope="session")
def in_peers():
    """Run a module of the tests where the peers can be imported; returns what it printed."""
    folder = ROOT / "_build/peers"
    stamp = folder / "versions.txt"
    if not stamp.exists() or stamp.read_text() != VERSIONS.read_text():
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade",
                        "--only-binary=:all:", "--target", folder, "--requirement", VERSIONS],
                       check=True)  # fmt: skip
        for name in TORCHAUDIO:  # its wheels want CUDA's torch; the peers want only its names
            place = folder / "torchaudio" / name.replace(".", "/")
            place.mkdir(parents=True, exist_ok=True)
            (place / "__init__.py").write_text("")
        stamp.write_text(VERSIONS.read_text())

    def run(module: str) -> str:
        done = subprocess.run([sys.executable, "-m", module], cwd=ROOT, text=True,
                              capture_output=True, check=False,
                              env={**os.environ, "PYTHONPATH": f"{ROOT}:{folder}"})  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
