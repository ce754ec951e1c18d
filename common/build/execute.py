"""Run the notebooks whose inputs changed, each in its own kernel, a few at a time."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import nbformat

from common.build import inputs, kernel
from common.build.book import Book, BuildError, write_atomically

CELL_TIMEOUT = 600  # seconds
KERNEL_OPTIONS = ["--log-level=CRITICAL", "-f", "{connection_file}"]
NOT_PASSED = {"MUSDB_PATH", "MPLBACKEND"}
THREADS = "OMP MKL OPENBLAS NUMBA".split()


def tell(text: str) -> None:
    print(text, flush=True)


def execute(book: Book, *, jobs: int = 2, say=tell) -> list[str]:
    """Bring every executed copy up to date, and no others; return the pages that ran.

    Raises BuildError with the traceback when a cell fails. What ran well before is kept.
    """
    waiting: dict[str, str] = {}
    memo: dict = {}
    book.delete_orphans()
    for page in book.notebooks:
        notebook = read_notebook(book.notebook(page))
        if reason := inputs.why_stale(book, page, notebook, memo):
            waiting[page] = reason
        else:
            refresh_text(book, page, notebook)
    say(f"{len(book.notebooks)} notebooks, {len(waiting)} to run")
    with ProcessPoolExecutor(min(jobs, len(waiting)) or 1, get_context("spawn")) as pool:
        runs = {pool.submit(run, book, page): page for page in waiting}
        for page, reason in waiting.items():
            say(f"  {page}: {reason}")
        for done, future in enumerate(as_completed(runs), start=1):
            try:
                seconds = future.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            say(f"  [{done}/{len(waiting)}] {runs[future]} ran in {seconds:.1f} s")
    return list(waiting)


def run(book: Book, page: str) -> float:
    """Execute one notebook, write its executed copy and its record; return the seconds."""
    for _ in range(2):
        notebook = read_notebook(book.notebook(page))
        code = inputs.code_hash(notebook)
        environment = inputs.environment_hash(inputs.pins_file(book))
        started = time.time()
        with tempfile.TemporaryDirectory(prefix="hear-the-mask-") as scratch:
            notes = Path(scratch) / "notes"
            _execute_cells(book, page, notebook, notes, Path(scratch))
            seconds = time.time() - started
            write_atomically(book.executed(page), nbformat.writes(notebook) + "\n")
            lines = notes.read_text(encoding="utf-8").splitlines()
            read, changed = inputs.what_was_read(book, lines, since=started)
        if not changed:
            seconds = round(seconds, 1)
            inputs.write_record(
                book, page, code=code, environment=environment, seconds=seconds, **read
            )
            return seconds
    raise BuildError(
        f"{page}: {', '.join(changed)} changed while the notebook ran, twice. "
        "A notebook must not write what it reads."
    )


def _execute_cells(book: Book, page: str, notebook, notes: Path, scratch: Path) -> None:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata.pop("widgets", None)
    started: list[int] = []
    client = NotebookClient(
        notebook,
        kernel_manager_class=traced_kernel_manager(),
        timeout=CELL_TIMEOUT,
        record_timing=False,
        coalesce_streams=True,  # a slow loop prints into one box, not several
        on_cell_start=lambda cell, cell_index: started.append(cell_index),
        resources={"metadata": {"path": str(book.notebook(page).parent)}},
    )
    try:
        client.execute(env=kernel_environment(book, notes, scratch))
    except (CellExecutionError, DeadKernelError) as error:
        number = sum(cell.cell_type == "code" for cell in notebook.cells[: started[-1] + 1])
        plain = re.sub(r"\x1b\[[\d;]*m", "", str(error))
        raise BuildError(f"{page}: code cell {number} failed\n\n{plain}") from None


def traced_kernel_manager():
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpec

    class TracedKernelManager(AsyncKernelManager):
        """Starts `common.build.kernel` whatever kernel the notebook names."""

        kernel_spec = KernelSpec(
            argv=[sys.executable, kernel.__file__, *KERNEL_OPTIONS],
            display_name="Python 3",
            language="python",
        )

    return TracedKernelManager


def kernel_environment(book: Book, notes: Path, scratch: Path) -> dict[str, str]:
    """The same for every run: no trace of the caller's own IPython, and the book's own songs."""
    return {
        **{name: value for name, value in os.environ.items() if name not in NOT_PASSED},
        **{f"{library}_NUM_THREADS": "1" for library in THREADS},
        "PYTHONHASHSEED": "0",
        "IPYTHONDIR": str(scratch / "ipython"),
        kernel.SETTING: json.dumps({"notes": str(notes), **inputs.watch_list(book)}),
    }


def read_notebook(path: Path):
    return nbformat.read(path, as_version=4)


def refresh_text(book: Book, page: str, source) -> None:
    """Carry changed prose over into the executed copy, whose outputs still hold."""
    executed = read_notebook(book.executed(page))
    before = nbformat.writes(executed)
    outputs = iter([cell for cell in executed.cells if cell.cell_type == "code"])
    for cell in source.cells:
        if cell.cell_type == "code":
            ran = next(outputs)
            cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
    if "widgets" in executed.metadata:
        source.metadata["widgets"] = executed.metadata["widgets"]
    source.metadata["language_info"] = executed.metadata["language_info"]
    if nbformat.writes(source) != before:
        write_atomically(book.executed(page), nbformat.writes(source) + "\n")
        inputs.keep_outputs(book, page)
