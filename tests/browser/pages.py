"""A page with instruments on it, as the built book has them: state, views, host, theme colours."""

import base64
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from axe_playwright_python.sync_playwright import Axe
from ipywidgets.embed import dependency_state

from common.build.widget_state import MIME, VIEW, slim

HOST = Path(__file__).parents[2] / "common/build/page/host.js"
COLORS = """
:root { --pst-color-text-base: #222832; --pst-color-border: #d1d5da; --pst-color-primary: #0a7d91;
  --pst-color-primary-text: #fff; --pst-color-surface: #f3f4f5; color-scheme: light dark; }
body { margin: 1rem auto; max-width: 50rem; padding: 0 1rem; background: #fff; color: #222832; }
@media (prefers-color-scheme: dark) {
  :root { --pst-color-text-base: #ced6dd; --pst-color-border: #48566b; --pst-color-primary: #3fb1c5;
    --pst-color-primary-text: #14181e; --pst-color-surface: #29313d; }
  body { background: #14181e; color: #ced6dd; } }
"""


def page_of(*widgets, without_bank: bool = False) -> str:
    """Return an HTML page that shows the widgets."""
    outputs = [{"data": {VIEW: {"model_id": widget.model_id}}} for widget in widgets]
    notebook = SimpleNamespace(
        cells=[{"outputs": outputs}],
        metadata={"widgets": {MIME: {"state": dependency_state(widgets, drop_defaults=False)}}},
    )
    slim(notebook)
    held = notebook.metadata["widgets"][MIME]
    if without_bank:
        shown = {widget.model_id for widget in widgets}
        held["state"] = {key: model for key, model in held["state"].items() if key in shown}
    text = json.dumps(held).replace("</", "<\\/").replace("<!--", "<\\!--")
    views = "".join(
        f'<script type="{VIEW}">{json.dumps({"model_id": widget.model_id})}</script>'
        for widget in widgets
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Instruments</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{COLORS}</style></head>'
        f'<body><main><h1>Instruments</h1>{views}</main><script type="{MIME}">{text}</script>'
        f"<script>{HOST.read_text(encoding='utf-8')}</script></body></html>"
    )


def instrument_page(page, *widgets, **options):
    """Open a page with the widgets, and wait until they are shown, or have said why not."""
    page.set_content(page_of(*widgets, **options))
    page.wait_for_selector("html[data-widgets=done]", state="attached")
    return page


def numbers(page, expression) -> np.ndarray:
    """The Float32Array, or the list of them, that an expression has in the page, in full."""
    coded = page.evaluate(
        f"""() => {{
            const given = {expression}, all = Array.isArray(given) ? given : [given];
            return all.map((x) => {{
                const bytes = new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
                let text = "";
                for (let k = 0; k < bytes.length; k += 4096) {{
                    text += String.fromCharCode(...bytes.subarray(k, k + 4096));
                }}
                return btoa(text);
            }});
        }}"""
    )
    return np.stack([np.frombuffer(base64.b64decode(x), "<f4") for x in coded])


def relative_error(got, wanted) -> float:
    """How far an array is from another, as a share of its size."""
    return np.linalg.norm(got - wanted) / max(np.linalg.norm(wanted), 1e-12)


def listen_in(page, player: str) -> None:
    """Make `rms()` in the page the level of what a player plays just now."""
    page.evaluate(
        f"""() => {{
            const player = {player}, analyser = player.context.createAnalyser();
            player.master.connect(analyser);
            window.rms = () => {{
                const x = new Float32Array(analyser.fftSize);
                analyser.getFloatTimeDomainData(x);
                return Math.hypot(...x) / Math.sqrt(x.length);
            }};
        }}"""
    )


def serious_violations(page) -> list:
    """What axe-core finds serious or critical on the page."""
    found = Axe().run(page).response["violations"]
    return [v for v in found if v["impact"] in ("serious", "critical")]
