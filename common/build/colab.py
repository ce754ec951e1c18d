"""Make Colab ready for the book: its notebooks' first cell calls `prepare` there, and only there.

What Colab lacks of `colab.txt` is installed, what it has is left alone, and the result is tried.
Apart from the standard library this needs `packaging`, which matplotlib brings.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
WANTED = Path(__file__).with_name("colab.txt")
# Loaded into the kernel already, or compiled against each other: a new version breaks the session.
KEEP = (
    "numpy scipy torch pandas matplotlib librosa numba ipython ipykernel ipywidgets "
    "scikit-learn soundfile tqdm protobuf anywidget"
).split()
# What must import for the chapters to run; the last ones through common.compat.
TRIED = "numpy scipy torch librosa soundfile av anywidget".split()
MENDED = "nussl scaper musdb museval".split()


class ColabError(RuntimeError):
    """Colab cannot run the book; the message says why and what to do."""


def prepare() -> None:
    """Install what is missing, see that it imports, and say which versions the book runs on."""
    if wanted := missing():
        print(f"Installing {', '.join(wanted)} …", flush=True)
        install(list(wanted.values()))
        try_imports()
    versions = ", ".join(f"{name} {installed(name)}" for name in [*TRIED, *MENDED])
    print(f"Hear the Mask runs here on Python {sys.version.split()[0]}, {versions}.")


def installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def missing() -> dict[str, str]:
    """What `colab.txt` asks for and is not here, or in no version that fits: name and line."""
    found = {}
    for line in WANTED.read_text(encoding="utf-8").splitlines():
        if line.startswith("./"):
            if not installed(name := Path(line).name):
                found[name] = line
        elif line and not line.startswith("#"):
            wanted = Requirement(line)
            here = installed(wanted.name)
            fits = here and (wanted.name in KEEP or wanted.specifier.contains(here))
            if not fits:
                found[wanted.name] = line
    return found


def install(wanted: list[str]) -> None:
    """Install wheels and nothing else, with the packages of `KEEP` held at their versions."""
    with tempfile.TemporaryDirectory() as scratch:
        keep = Path(scratch) / "keep.txt"
        keep.write_text("".join(f"{name}=={installed(name)}\n" for name in KEEP if installed(name)))
        wanted = [
            str(make_wheel(ROOT / line, Path(scratch))) if line.startswith("./") else line
            for line in wanted
        ]
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
               "--no-input", "--only-binary=:all:", "--no-compile", f"--constraint={keep}"]
        call([*pip, *wanted], "pip could not install what the book needs.")
    importlib.invalidate_caches()


def make_wheel(project: Path, folder: Path) -> Path:
    """Pack a project of one package in pure Python as a wheel, without fetching a build tool."""
    about = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version = about["name"], about["version"]
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {need}\n" for need in about["dependencies"])
    files = {
        **{f"{name}/{path.name}": path.read_text(encoding="utf-8")
           for path in sorted((project / name).glob("*.py"))},
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: hear-the-mask\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        for path, text in files.items():
            file.writestr(path, text)
    return wheel


def try_imports() -> None:
    """Import in a process of its own what the chapters import: what cannot run says so now."""
    code = f"import {', '.join(TRIED)}\nfrom common.compat import {', '.join(MENDED)}"
    call([sys.executable, "-c", code], "What the book needs is installed and does not import.")


def call(command: list[str], trouble: str) -> None:
    """Run a command from the book's folder; show all that it said if it fails."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise ColabError(
            f"{trouble} Run this cell again. If that does not help, choose Runtime > Disconnect "
            f"and delete runtime, and start over.\n{done.stdout}{done.stderr}"
        )
