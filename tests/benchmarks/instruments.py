"""How fast the instruments of the built book answer, and how heavy its pages are.

Drags the threshold of the landing page's MaskListener (6 s of sound) while it plays, at full
speed and with the processor slowed to a fourth: milliseconds from a moved control to the new
sound, beside the inverse STFT that it needs in any case. Then each page's weight beside the most
that one may weigh, with the time from navigation to ready. Needs the built book.
"""

from __future__ import annotations

import os
import shutil
import time

import numpy as np
from playwright.sync_api import sync_playwright

from common.build.book import Book
from tests.benchmarks import Row
from tests.browser.conftest import ARGUMENTS
from tests.site.checks import PAGE_BYTES, weight

INSTRUMENT = "document.querySelector('.hear-the-mask').instrument"
BOOK = Book()


def drag(page, slowed: int) -> dict[str, np.ndarray]:
    """Milliseconds of each stage, for each of 60 moves."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    page.evaluate(f"{INSTRUMENT}.player.play()")
    box = page.get_by_label("Threshold", exact=True).bounding_box()
    across = np.linspace(10, box["width"] - 10, 60)
    page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.evaluate(f"{INSTRUMENT}.view.timings.length = 0")
    for x in across:
        page.mouse.move(box["x"] + x, box["y"] + box["height"] / 2)
        page.wait_for_timeout(30 * slowed)
    page.mouse.up()
    timings = page.evaluate(f"{INSTRUMENT}.view.timings")
    page.evaluate(f"{INSTRUMENT}.player.pause()")
    return {name: np.array([one[name] for one in timings]) for name in timings[0]}


def ready(browser, page: str) -> float:
    """Seconds from navigation until every instrument of the page is shown."""
    tab = browser.new_page()
    start = time.perf_counter()
    tab.goto((BOOK.html / f"{page}.html").as_uri(), wait_until="commit")
    if tab.locator("html").evaluate("() => true") and "host.js" in tab.content():
        tab.wait_for_selector("html[data-widgets=done]", state="attached")
    else:
        tab.wait_for_load_state("load")
    seconds = time.perf_counter() - start
    tab.close()
    return seconds


def answers(browser) -> list[Row]:
    """How long a moved control takes."""
    page = browser.new_page(viewport={"width": 1200, "height": 1600})
    page.goto((BOOK.html / f"{BOOK.pages[0]}.html").as_uri())
    page.wait_for_selector("html[data-widgets=done]", state="attached")
    page.wait_for_function(f"{INSTRUMENT}?.view")
    rows = []
    for slowed in (1, 4):
        times = drag(page, slowed)
        inverse = times[next(k for k in times if "inverse" in k or k == "istft")]
        total = times["total"]
        rows.append(Row.of_pairs(
            f"moved control to new sound, processor at 1/{slowed} (inverse STFT)",
            f"{np.median(total):.1f} ms", f"{np.median(inverse):.1f} ms",
            np.stack([total, inverse], axis=1)))  # fmt: skip
    page.close()
    return rows


def measure() -> list[Row]:
    """How long a moved control takes; how long and how heavy each page is."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=ARGUMENTS)
        rows = answers(browser)
        for name in BOOK.pages:
            heavy = weight(BOOK.html / f"{name}.html")
            rows.append(Row(f"{name}, ready in {ready(browser, name):.2f} s (the most allowed)",
                            f"{heavy / 1e6:.2f} MB", f"{PAGE_BYTES / 1e6:.2f} MB",
                            heavy / PAGE_BYTES))  # fmt: skip
        browser.close()
    return rows
