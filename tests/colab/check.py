"""Run the whole book as Colab would: ``python -m tests.colab.check``, or ``make colab-check``.

An environment with Colab's versions, a mirror of this repository under its public address with the
release's tag on the last commit, and a folder for Colab's own: there each notebook of that commit
runs from its first cell on, in a kernel that takes itself for Colab's. What has passed is not run
again while `common` (but `common.build`), the notebook and the versions are the same.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from common.build.book import ROOT, Book, write_atomically
from common.build.bootstrap import bootstrap_cell
from common.build.colab import WANTED
from common.build.execute import CELL_TIMEOUT, NOT_PASSED, THREADS

HERE = Path(__file__).parent
VERSIONS = [HERE / "colab.txt", HERE / "instruments.txt"]
START = "import os\nbefore = os.times()"
STOP = "spent = [b - a for a, b in zip(before, os.times())]\nprint(spent[4], sum(spent[:4]))"


class CheckError(Exception):
    """The book does not run with Colab's versions; the message says where and why."""


@dataclass(frozen=True)
class Colab:
    """A Python with Colab's versions, the folder that notebooks start in, and where they fetch."""

    python: Path
    content: Path
    environment: dict[str, str]


def command(*words, **options) -> str:
    """Run a command; return what it prints, or raise CheckError with what it complains of."""
    words = [str(word) for word in words]
    done = subprocess.run(words, capture_output=True, text=True, **options)
    if done.returncode:
        raise CheckError(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout


def git(*words, folder: Path = ROOT) -> str:
    return command("git", "-C", folder, *words).strip()


def make_environment(python: str, folder: Path) -> None:
    """Install Colab's versions in `folder`, unless they are there."""
    stamp, wanted = folder / "versions.txt", "".join(path.read_text() for path in VERSIONS)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Installing Colab's versions in {folder.relative_to(ROOT)}", flush=True)
    command(python, "-m", "venv", "--clear", folder)
    command(folder / "bin/python", "-m", "pip", "install", "--quiet", "--only-binary=:all:",
            "--requirement", VERSIONS[0])  # fmt: skip
    write_atomically(stamp, wanted)


def start_colab(environment: Path, folder: Path, songs: Path) -> Colab:
    """A fresh machine in `folder`: a copy of the environment, an empty /content, the mirror."""
    shutil.copytree(environment, folder / "python", symlinks=True, copy_function=os.link)
    mirror, content = folder / "mirror.git", folder / "content"
    content.mkdir()
    repository = Book().config["repository"]
    command("git", "clone", "--quiet", "--bare", ROOT, mirror)
    git("tag", "--force", repository["branch"], "HEAD", folder=mirror)
    number = int(os.environ.get("GIT_CONFIG_COUNT", 0))
    return Colab(folder / "python/bin/python", content, {
        **{name: value for name, value in os.environ.items()
           if name not in {*NOT_PASSED, "PYTHONPATH", "VIRTUAL_ENV"}},
        **{f"{library}_NUM_THREADS": "1" for library in THREADS},
        "GIT_CONFIG_COUNT": str(number + 1),
        f"GIT_CONFIG_KEY_{number}": f"url.{mirror.as_uri()}.insteadOf",
        f"GIT_CONFIG_VALUE_{number}": repository["url"],
        "HEAR_THE_MASK_DATA": str(songs),
        "IPYTHONDIR": str(folder / "ipython"),
    })  # fmt: skip


def run(colab: Colab, notebook) -> None:
    """Run all cells in a kernel of their own; the outputs are left in the notebook."""

    class ColabsKernel(AsyncKernelManager):
        kernel_spec = KernelSpec(argv=[
            str(colab.python), "-Xfrozen_modules=off", str(HERE / "kernel.py"),
            "-f", "{connection_file}",
        ])  # fmt: skip

    started = []
    client = NotebookClient(
        notebook, kernel_manager_class=ColabsKernel, timeout=CELL_TIMEOUT,
        on_cell_start=lambda cell, cell_index: started.append(cell_index),
        resources={"metadata": {"path": str(colab.content)}},
    )  # fmt: skip
    try:
        client.execute(env=colab.environment)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        number = sum(cell.cell_type == "code" for cell in notebook.cells[: started[-1] + 1])
        raise CheckError(
            f"code cell {number} failed\n" + re.sub(r"\x1b\[[\d;]*m", "", str(error))
        ) from None


def complaints(notebook) -> str:
    """What the cells wrote to stderr: warnings, and the bars of long loops."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output["text"] for output in outputs if output.get("name") == "stderr")


def versions(python: Path) -> dict[str, str]:
    packages = json.loads(command(python, "-m", "pip", "list", "--format=json"))
    return {package["name"]: package["version"] for package in packages}


def bootstrap(colab: Colab) -> None:
    """Run the first cell alone; say what it costs, and refuse that it changes what Colab has."""
    before = versions(colab.python)
    cells = [new_code_cell(code) for code in (START, bootstrap_cell(Book()), STOP)]
    notebook = new_notebook(cells=cells)
    run(colab, notebook)
    wall, processor = notebook.cells[-1].outputs[-1]["text"].split()
    print("".join(output.get("text", "") for output in cells[1].outputs), end="")
    print(f"The first cell took {float(wall):.1f} s, {float(processor):.1f} s of a processor.")
    after = versions(colab.python)
    if changed := [name for name in before if before[name] != after.get(name)]:
        raise CheckError(f"The first cell changed what Colab has: {', '.join(changed)}")
    command(colab.python, "-m", "pip", "check")


def inputs(page: str, python: str) -> list[str]:
    """What decides whether a page that passed must run again; `bootstrap` runs every time."""
    common = git("ls-tree", "HEAD", "common/").splitlines()
    return [
        python,
        git("rev-parse", f"HEAD:{page}.ipynb"),
        *(line for line in common if not line.endswith("common/build")),
        *(path.read_text(encoding="utf-8") for path in [*VERSIONS, WANTED]),
    ]


def passed(record: Path, wanted: list[str]) -> dict | None:
    """The record of a run with these inputs that went well."""
    try:
        found = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if found["inputs"] == wanted else None


def run_page(colab: Colab, page: str, wanted: list[str], record: Path) -> dict:
    notebook = nbformat.reads(git("show", f"HEAD:{page}.ipynb"), as_version=4)
    start = time.monotonic()
    run(colab, notebook)
    seconds = round(time.monotonic() - start, 1)
    found = {"inputs": wanted, "seconds": seconds, "stderr": complaints(notebook)}
    write_atomically(record, json.dumps(found, indent=1) + "\n")
    return found


def check(python: str, pages: list[str], jobs: int) -> dict[str, str]:
    """Run the pages with this Python, print the table; return what failed, and why."""
    version = command(python, "-c", "import sys; print(*sys.version_info[:3], sep='.')").strip()
    folder = ROOT / "_build/colab" / version
    make_environment(python, folder / "environment")
    wanted = {page: inputs(page, version) for page in pages}
    records = {page: folder / f"{page}.json" for page in pages}
    done = {page: found for page in pages if (found := passed(records[page], wanted[page]))}
    failed: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="fresh-", dir=folder) as fresh:
        colab = start_colab(folder / "environment", Path(fresh), folder / "songs")
        bootstrap(colab)
        print(f"Python {version}: {len(done)} of {len(pages)} have passed before", flush=True)
        with ThreadPoolExecutor(jobs) as pool:
            runs = {
                pool.submit(run_page, colab, page, wanted[page], records[page]): page
                for page in pages if page not in done
            }  # fmt: skip
            try:
                for number, future in enumerate(as_completed(runs), start=1):
                    page = runs[future]
                    try:
                        done[page] = future.result()
                        said = f"{done[page]['seconds']:.1f} s"
                    except CheckError as error:
                        failed[page] = str(error)
                        said = "FAILED"
                    print(f"  [{number}/{len(runs)}] {page}: {said}", flush=True)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    print(f"\nSeconds with Colab's versions, Python {version}:")
    for page in pages:
        print(f"{done[page]['seconds']:8.1f}  {page}" if page in done else f"  FAILED  {page}")
    for page in done:
        if text := done[page]["stderr"].strip():
            print(f"\n{page} says:\n{text}")
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.colab.check", description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="with which Python")
    parser.add_argument("--jobs", type=int, choices=(1, 2), default=2, help="notebooks at a time")
    parser.add_argument("pages", nargs="*", default=Book().notebooks, help="such as book/index")
    options = parser.parse_args()
    if git("status", "--porcelain"):
        print("The last commit is checked, without what is not committed.", flush=True)
    try:
        failed = check(options.python, options.pages, options.jobs)
    except CheckError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. What passed is kept.", file=sys.stderr)
        return 130
    for page, why in failed.items():
        print(f"\n{page}: {why}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
