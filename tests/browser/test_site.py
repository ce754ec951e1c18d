"""Every page of the built book in Chromium: from a folder and from a server, wide and narrow."""

import functools
import http.server
import threading

import pytest
from axe_playwright_python.sync_playwright import Axe

from common.build.book import Book

BOOK = Book()
PAGES = [*BOOK.pages, "search", "genindex"]
STOCK = "[class*='jupyter-widgets'], [class*='widget-slider'], [class*='lm-Widget']"


@pytest.fixture(scope="module")
def server():
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    handler = functools.partial(Quiet, directory=str(BOOK.html))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def address(page, where, server):
    file = BOOK.html / f"{page}.html"
    assert file.exists(), f"{file} is missing: run `make book`"
    return file.as_uri() if where == "folder" else f"{server}/{file.relative_to(BOOK.html)}"


def opened(chromium, page, where, server, **options):
    """Open a page to its end; return it with what it asked others for and what it complained of."""
    tab = chromium.new_page(**options)
    foreign, complaints = [], []
    home = ("data:", "blob:", "file:" if where == "folder" else server)
    tab.on("request", lambda r: None if r.url.startswith(home) else foreign.append(r.url))
    tab.on("console", lambda m: complaints.append(f"{m.type}: {m.text}")
           if m.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(address(page, where, server), wait_until="load")
    for view in tab.locator(".hear-the-mask").all():
        view.scroll_into_view_if_needed()
    tab.wait_for_timeout(300)
    return tab, foreign, complaints


@pytest.mark.parametrize("where", ["folder", "server"])
@pytest.mark.parametrize("page", PAGES)
def test_page_keeps_to_itself_and_does_not_complain(chromium, server, page, where):
    tab, foreign, complaints = opened(chromium, page, where, server)
    views = tab.locator(".widget")
    states = [view.get_attribute("data-widget") for view in views.all()]
    stock = tab.locator(STOCK).count()
    unset = tab.evaluate("document.querySelectorAll('.math').length > 0 && "
                         "document.querySelectorAll('.math mjx-container').length === 0")
    tab.close()
    assert foreign == []
    assert complaints == []
    assert set(states) <= {"ready"}
    assert stock == 0
    assert not unset, "MathJax set no formula"


# Plays an instrument, and returns what leaves it while it plays and after it was stopped.
LISTEN = """async (host) => {
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  for (let k = 0; k < 100 && !host.instrument?.player?.tracks.size; k++) await wait(100);
  const { player } = host.instrument, heard = new Float32Array(2048);
  const silent = host.instrument.view?.model.get("kind") === "painted";
  player.seek(0.5);
  await player.play();
  const tap = player.context.createAnalyser();
  player.master.connect(tap);
  const loudest = async (ms) => {
    let peak = 0;
    for (let k = 0; k < ms / 50; k++) {
      await wait(50);
      tap.getFloatTimeDomainData(heard);
      peak = Math.max(peak, ...heard.map(Math.abs));
    }
    return peak;
  };
  const playing = await loudest(800);
  player.pause();
  await wait(200);
  return { silent, playing, stopped: await loudest(200) };
}"""


SILENT = {"book/choices"}  # a table, and nothing to hear


@pytest.mark.parametrize("page", BOOK.notebooks)
def test_every_instrument_sounds_and_stops(chromium, server, page):
    tab, _, complaints = opened(chromium, page, "folder", server)
    hosts = tab.locator(".hear-the-mask")
    assert (hosts.count() == 0) == (page in SILENT)
    for host in hosts.all():
        tab.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
        host.scroll_into_view_if_needed()
        heard = host.evaluate(LISTEN)
        assert (heard["playing"] > 1e-3) != heard["silent"], heard
        assert heard["stopped"] == 0
    assert complaints == []
    tab.close()


@pytest.mark.parametrize("page", BOOK.pages)
def test_page_fits_a_phone_and_can_be_read_by_all(chromium, server, page):
    tab, _, _ = opened(chromium, page, "folder", server)
    grave = []
    only = {"resultTypes": ["violations"]}  # to describe what is well takes as long as to find it
    for scheme, rules in {"light": only, "dark": {**only, "runOnly": ["color-contrast"]}}.items():
        tab.emulate_media(color_scheme=scheme)
        tab.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
        found = Axe().run(tab, context="article", options=rules).response["violations"]
        grave += [f"{scheme}: {v['id']}: {v['help']} ({node['target']})" for v in found
                  for node in v["nodes"] if v["impact"] in ("serious", "critical")]  # fmt: skip
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.wait_for_timeout(300)
    wide = tab.evaluate("document.scrollingElement.scrollWidth")
    tab.close()
    assert grave == []
    assert wide <= 390


def test_search_finds_a_word(chromium, server):
    tab, foreign, complaints = opened(chromium, "search", "server", server)
    tab.goto(f"{server}/search.html?q=oracle", wait_until="load")
    tab.wait_for_selector("#search-results li a[href*='masks/oracles']")
    assert (foreign, complaints) == ([], [])
    tab.close()
