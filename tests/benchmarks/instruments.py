"""How fast the instruments of the built book answer: ``python -m tests.benchmarks.instruments``.

Drags the threshold of the landing page's MaskListener (6 s of sound) while it plays, at full
speed and with the processor slowed to a fourth; prints milliseconds from a moved control to the
new sound, beside the inverse STFT that it needs in any case. Then the time from navigation to
ready, and the weight, of each page.
"""

from __future__ import annotations

import os
import shutil
import time

import numpy as np
from playwright.sync_api import sync_playwright

from common.build.book import Book
from tests.browser.conftest import ARGUMENTS
from tests.site.checks import weight

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


def main() -> None:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1200, "height": 1600})
        page.goto((BOOK.html / f"{BOOK.pages[0]}.html").as_uri())
        page.wait_for_selector("html[data-widgets=done]", state="attached")
        page.wait_for_function(f"{INSTRUMENT}?.view")
        for slowed in (1, 4):
            times = drag(page, slowed)
            total = times["total"]
            inverse = np.median(times[next(k for k in times if "inverse" in k or k == "istft")])
            print(f"processor at 1/{slowed}: {total.size} moves, median {np.median(total):.1f} ms, "
                  f"95 % within {np.percentile(total, 95):.1f} ms, "
                  f"{np.median(total) / inverse:.1f} times its inverse STFT")
        page.close()
        for name in BOOK.pages:
            print(f"{name:24} ready in {ready(browser, name):5.2f} s, "
                  f"{weight(BOOK.html / f'{name}.html') / 1e6:.2f} MB")
        browser.close()


if __name__ == "__main__":
    main()
