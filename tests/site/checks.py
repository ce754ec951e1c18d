"""What is looked for in a built page. Each check yields complaints."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import soundfile
from bs4 import BeautifulSoup

from tests.site.widget_sounds import widget_sounds

PAGE_BYTES = 2_000_000
SECONDS = 6.0
PADDING = 0.15  # seconds that lossy coding may add
FULL_SCALE, SILENCE = 0.999, 1e-4
LOADS = {"img": "src", "script": "src", "audio": "src", "source": "src", "link": "href"}
TROUBLE = ("Traceback (most recent call last)", "WARNING:", "ERROR:", "nan dB", "<Figure size")


@lru_cache(maxsize=64)
def parse(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def content(page: Path):
    """The part of a page that the book's text makes; the rest is the theme's."""
    soup = parse(page)
    return soup.find("article") or soup


@lru_cache(maxsize=64)
def anchors(page: Path) -> frozenset[str]:
    return frozenset(tag.get("id") or tag.get("name") for tag in parse(page)(_is_anchor))


def _is_anchor(tag) -> bool:
    return tag.has_attr("id") or (tag.name == "a" and tag.has_attr("name"))


def references(page: Path) -> Iterator[tuple[str, str]]:
    """Every address on the page: what it loads, as (tag, address), and where it leads ('a')."""
    for tag in parse(page)(["a", *LOADS]):
        address = tag.get("href" if tag.name == "a" else LOADS[tag.name])
        if address and not address.startswith(("data:", "mailto:", "javascript:")):
            yield tag.name, address


def broken_links(page: Path, root: Path) -> Iterator[str]:
    """Internal addresses that lead nowhere, from a server or from a folder."""
    for _, address in references(page):
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        if parts.path.startswith("/"):
            yield f"{address} works on a server's root only"
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if not target.is_relative_to(root) or not target.is_file():
            yield f"{address} leads to no file"
        elif target.suffix == ".html" and parts.fragment:
            if unquote(parts.fragment) not in anchors(target):
                yield f"{address}: the page has no such anchor"


def loaded_from_elsewhere(page: Path) -> set[str]:
    return {
        address for tag, address in references(page)
        if tag != "a" and urlsplit(address).netloc and not _is_only_a_statement(page, address)
    }


def _is_only_a_statement(page: Path, address: str) -> bool:
    """Whether no browser fetches it: <link rel="canonical"> and its like."""
    tag = parse(page).find("link", href=address)
    return tag is not None and not {"stylesheet", "preload", "icon"} & set(tag.get("rel", []))


def trouble(page: Path) -> Iterator[str]:
    """Signs that a cell or Sphinx failed quietly."""
    text = content(page).get_text(" ")
    yield from (f"the page says {sign!r}" for sign in TROUBLE if sign in text)
    for tag in content(page)(class_=["system-message", "problematic"]):
        yield f"Sphinx's own complaint: {tag.get_text(' ')[:80]}"


def undescribed(page: Path) -> Iterator[str]:
    """Pictures and players that say nothing to who cannot see them."""
    for image in parse(page)("img"):
        if not image.get("alt", "").strip():
            yield f"img without alt: {str(image)[:80]}"
    for drawing in content(page)("svg"):
        named = drawing.get("aria-label", "").strip() or drawing.find("title")
        if drawing.get("aria-hidden") != "true" and not (drawing.get("role") == "img" and named):
            yield f"svg without role or aria-label: {str(drawing)[:80]}"
    for player in content(page)("audio"):
        if not player.get("aria-label", "").strip():
            yield "audio without aria-label"


def weight(page: Path) -> int:
    """Bytes of the page and of what it alone loads.

    The theme's and MathJax's files and the search index belong to all pages.
    """
    files = set()
    for tag, address in references(page):
        parts = urlsplit(address)
        target = (page.parent / unquote(parts.path)).resolve()
        own = tag != "a" and not parts.netloc and "_static" not in target.parts
        own = own and target.name != "searchindex.js"
        if own and target.suffix not in (".html", ".inv", "") and target.is_file():
            files.add(target)
    return page.stat().st_size + sum(file.stat().st_size for file in files)


def bad_sounds(page: Path) -> Iterator[str]:
    """Embedded sounds that do not decode, are too long, clipped or silent."""
    for player in content(page)("audio"):
        name = player.get("aria-label", "?")
        source = player.get("src") or (player.find("source") or {}).get("src", "")
        found = re.match(r"data:audio/[\w.+-]+;base64,(.+)", source, re.DOTALL)
        if not found:
            yield f"{name}: no sound in the page"
            continue
        try:
            sound, rate = soundfile.read(
                io.BytesIO(base64.b64decode(found[1])), dtype="float32", always_2d=True)
        except (RuntimeError, ValueError) as error:
            yield f"{name}: does not decode ({error})"
            continue
        yield from (f"{name}: {what}" for what in sound_faults(sound, rate))
    for name, sound, rate in widget_sounds(parse(page)):
        yield from (f"{name}: {what}" for what in sound_faults(sound, rate))


def sound_faults(sound: np.ndarray, rate: int) -> Iterator[str]:
    """The faults of one sound, (sample, channel)."""
    if len(sound) / rate > SECONDS + PADDING:
        yield f"lasts {len(sound) / rate:.2f} s; at most {SECONDS:g}"
    full = np.abs(sound) >= FULL_SCALE
    if (full[2:] & full[1:-1] & full[:-2]).any():
        yield "is clipped"
    if not len(sound) or np.sqrt(np.mean(sound**2)) < SILENCE:
        yield "is silent"
