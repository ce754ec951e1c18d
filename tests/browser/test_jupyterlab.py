"""The same widget in JupyterLab, with a kernel: what the reader moves Python sees, and back."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
SET_UP = """
import json, pathlib, sys
sys.path.insert(0, {root!r})
from common import viz
from common.data import load_clip

song = load_clip("harbour-lights").excerpt(start=1.0, duration=2.0)
listener = viz.MaskListener(song.stems, target="vocals", rate=song.rate, kind="binary")
heard = pathlib.Path("heard.json")
listener.observe(lambda change: heard.write_text(json.dumps(change["new"])), names="threshold")
listener.observe(lambda change: pathlib.Path("scores.json").write_text(json.dumps(change["new"])),
                 names="scores")
listener
"""
MOVE = "listener.kind = 'ratio'; listener.exponent = 4.0"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab on a notebook of two cells; yields its folder and the notebook's address."""
    folder = tmp_path_factory.mktemp("lab")
    cells = [nbformat.v4.new_code_cell(text) for text in (SET_UP.format(root=str(ROOT)), MOVE)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "listener.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = {**os.environ, "HOME": str(folder), "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime")}  # fmt: skip
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--allow-root",
               "--IdentityProvider.token=", "--ServerApp.port_retries=0",
               "--LabApp.news_url=",
               "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]  # fmt: skip
    log = (folder / "log.txt").open("w")
    server = subprocess.Popen(command, cwd=folder, env=home, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(lambda: urllib.request.urlopen(f"{address}/api/status").status == 200, 60)
        yield folder, f"{address}/lab/tree/listener.ipynb"
    finally:
        server.terminate()
        server.wait(20)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(ready, seconds, rest=lambda: time.sleep(0.2)):
    """Return what `ready` returns once it is true; OSErrors count as not yet."""
    end = time.monotonic() + seconds
    while True:
        try:
            if found := ready():
                return found
        except OSError:
            pass
        if time.monotonic() > end:
            raise TimeoutError(f"not ready after {seconds} s")
        rest()


def read(path):
    return json.loads(path.read_text()) if path.exists() and path.stat().st_size else None


def run(page, number):
    page.locator(".jp-CodeCell").nth(number).locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")


def test_a_control_moved_in_the_page_is_seen_by_python_and_back(lab, chromium):
    folder, address = lab
    page = chromium.new_page(viewport={"width": 1400, "height": 1200})
    page.goto(address, wait_until="domcontentloaded")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)

    def until(ready):
        return _wait(ready, 60, rest=lambda: page.wait_for_timeout(200))

    run(page, 0)
    slider = page.get_by_role("slider", name="Threshold")
    slider.wait_for(timeout=60_000)
    assert until(lambda: read(folder / "scores.json"))["estimate"] > 0

    slider.focus()
    page.keyboard.press("ArrowRight")
    assert until(lambda: read(folder / "heard.json")) == pytest.approx(0.5)

    before = read(folder / "scores.json")["estimate"]
    run(page, 1)
    exponent = page.get_by_role("slider", name="Exponent")
    exponent.wait_for(timeout=60_000)
    assert "4" in exponent.get_attribute("aria-valuetext")
    until(lambda: read(folder / "scores.json")["estimate"] != before)
    page.close()
