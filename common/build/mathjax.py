"""Sphinx extension: set formulas with the MathJax that a wheel brings, and ask no other server.

Of the package's 50 MB the pages need one script and its fonts.
"""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

SCRIPT = "tex-chtml.js"
FONTS = "output/chtml/fonts/woff-v2"


def copy(app, error: Exception | None) -> None:
    """On `build-finished`: put script and fonts beside the pages."""
    if error is not None or app.builder.format != "html":
        return
    source = files("sphinx-mathjax-offline") / "static/mathjax"
    target = Path(app.outdir) / "_static/mathjax"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(source / SCRIPT, target / SCRIPT)
    shutil.copytree(source / FONTS, target / FONTS, dirs_exist_ok=True)


def setup(app) -> dict:
    app.connect("build-finished", copy)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
