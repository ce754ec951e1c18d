"""The book as one PDF: all pages in order, instruments as still pictures, links within the file."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import nbformat
from bs4 import BeautifulSoup

from common.build.book import Book, BuildError
from common.build.widget_state import VIEW

# What paper cannot do, and what would repeat on every page.
LEFT_OUT = "script, audio, details, .headerlink, .tag_bootstrap, .above-input, .copybtn, iframe"
SHEETS = ("styles/theme.css", "styles/pydata-sphinx-theme.css", "pygments.css",
          "styles/sphinx-book-theme.css", "exercise.css", "book.css")  # fmt: skip
STYLE = """
@page { size: A4; margin: 18mm 16mm 20mm; }
html { font-size: 10.5pt; }
body { display: block; }
main { max-width: none; padding: 0; }
article { break-before: page; }
article:first-of-type { break-before: auto; }
h1, h2, h3, h4 { break-after: avoid; }
figure, img, svg, .MathJax, div.cell_output > * { break-inside: avoid; }
img, svg { max-width: 100%; height: auto; }
div.highlight pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 7.8pt; }
a { overflow-wrap: anywhere; }
"""
FOOTER = """<div style="font-size: 7pt; width: 100%; text-align: center; color: #555;">
<span class="pageNumber"></span></div>"""


def stills(book: Book, page: str) -> dict[str, str]:
    """The picture of each instrument of a page, PNG in base64, by the id of its model."""
    if page not in book.notebooks:
        return {}
    cells = nbformat.read(book.executed(page), as_version=4).cells
    shown = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    return {data[VIEW]["model_id"]: data["image/png"] for data in shown if VIEW in data}


def one_page(book: Book, page: str) -> BeautifulSoup:
    """The article of a built page, for paper."""
    path = book.html / f"{page}.html"
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    article = soup.find("article")
    pictures = stills(book, page)
    for view in article("script", type=VIEW):
        still = pictures[json.loads(view.string)["model_id"]]
        view.replace_with(soup.new_tag(
            "img", src=f"data:image/png;base64,{still}", alt="an instrument, before it is played"))
    for tag in article.select(LEFT_OUT):
        tag.decompose()
    for tag in article.select(".dropdown"):
        tag["class"] = [name for name in tag["class"] if name != "dropdown"]
    for tag in article(id=True):
        tag["id"] = anchor(page, tag["id"])
    article["id"] = anchor(page)
    for link in article("a", href=True):
        link["href"] = address(book, path, link["href"])
    return article


def anchor(page: str, name: str = "") -> str:
    return f"{page}--{name}"


def address(book: Book, path: Path, href: str) -> str:
    """Where a link of a built page leads on paper: into the one file, where it has the page."""
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        return href
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
    page = target.relative_to(book.html.resolve()).with_suffix("").as_posix()
    return "#" + quote(anchor(page, unquote(parts.fragment))) if page in book.pages else "#"


def one_file(book: Book) -> str:
    """The whole book as one page of HTML; it belongs into the site's folder, beside `_static`."""
    pages = [one_page(book, page) for page in book.pages]
    return "\n".join([
        f'<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        f"<title>{book.config['title']}</title>",
        *(f'<link rel="stylesheet" href="_static/{sheet}">' for sheet in SHEETS),
        f"<style>{STYLE}</style>",
        '<script>window.MathJax = {options: {processHtmlClass: "math|output_area"}}</script>',
        '<script defer src="_static/mathjax/tex-chtml.js"></script></head><body><main>',
        *map(str, pages),
        "</main></body></html>",
    ])  # fmt: skip


def write_pdf(book: Book) -> Path:
    """Print the built site into one file, and return where it lies.

    Raises
    ------
    BuildError
        If there is no site, or no Chromium.
    """
    from playwright.sync_api import sync_playwright

    if not book.html.exists():
        raise BuildError("There is no site yet: run `make book` first.")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        raise BuildError("Chromium prints the book: apt-get install chromium, or set CHROMIUM.")
    target = book.html.with_name("hear-the-mask.pdf")
    draft = target.with_suffix(".part")
    with tempfile.NamedTemporaryFile("w", dir=book.html, suffix=".html", encoding="utf-8") as file:
        file.write(one_file(book))
        file.flush()
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            tab = browser.new_page()
            tab.set_default_timeout(600_000)
            tab.goto(Path(file.name).as_uri(), wait_until="load")
            tab.evaluate("MathJax.startup.promise")
            tab.pdf(path=draft, scale=0.8, prefer_css_page_size=True, print_background=True,
                    outline=True, tagged=True, display_header_footer=True,
                    header_template="<span></span>", footer_template=FOOTER)  # fmt: skip
            browser.close()
    os.replace(draft, target)
    return target
