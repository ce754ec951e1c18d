"""Sphinx extension: pages that ask no other server for anything and complain of nothing.

Formulas are set by the MathJax that a wheel brings; of the package's 50 MB the pages need one
script and its fonts. Thebe, which would start a kernel elsewhere, is taken out.
"""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

SCRIPT = "tex-chtml.js"
FONTS = "output/chtml/fonts/woff-v2"


def copy_mathjax(app, error: Exception | None) -> None:
    """On `build-finished`: put script and fonts beside the pages."""
    if error is not None or app.builder.format != "html":
        return
    source = files("sphinx-mathjax-offline") / "static/mathjax"
    target = Path(app.outdir) / "_static/mathjax"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(source / SCRIPT, target / SCRIPT)
    shutil.copytree(source / FONTS, target / FONTS, dirs_exist_ok=True)


def drop_thebe(app, page: str, template: str, context: dict, doctree) -> None:
    """On `html-page-context`: theme and Jupyter Book both load it, and its names then clash."""
    context["script_files"] = [
        script for script in context.get("script_files", ())
        if "thebe" not in f"{script} {getattr(script, 'attributes', {}).get('body', '')}".lower()
    ]


def mend_roles(app, page: str, template: str, context: dict, doctree) -> None:
    """On `html-page-context`: docutils calls citations a list and gives it no list items."""
    wrong, right = '<div role="list" class="citation-list">', '<div class="citation-list">'
    context["body"] = context.get("body", "").replace(wrong, right)


def setup(app) -> dict:
    app.connect("build-finished", copy_mathjax)
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("html-page-context", mend_roles)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
