"""The part of a notebook's widget state that its page needs.

A run leaves every model that was ever made, and with each the full text of its module. A page keeps
the models that a view reaches, and each text once.
"""

from __future__ import annotations

import hashlib
import re

MIME = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
REFERENCE = re.compile(r"IPY_MODEL_(\w+)")


def views(notebook) -> list[str]:
    """Ids of the models that the notebook's outputs show."""
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    return [out["data"][VIEW]["model_id"] for out in outputs if VIEW in out.get("data", {})]


def slim(notebook) -> None:
    """Prune the notebook's widget state, in place; without a view, drop it."""
    state = notebook.metadata.get("widgets", {}).get(MIME, {}).get("state", {})
    kept, waiting = {}, views(notebook)
    while waiting:
        if (key := waiting.pop()) in state and key not in kept:
            kept[key] = state[key]
            waiting += REFERENCE.findall(str(references(state[key]["state"])))
    notebook.metadata.pop("widgets", None)
    if not kept:
        return
    texts = {}
    for model in kept.values():
        if "_esm" in model["state"]:
            text = model["state"]["_esm"]
            name = hashlib.sha256(text.encode()).hexdigest()[:16]
            texts[name] = text
            model["state"] = {**model["state"], "_esm": name}
    notebook.metadata["widgets"] = {
        MIME: {"version_major": 2, "version_minor": 0, "state": kept, "texts": texts}
    }


def references(state: dict) -> list:
    """Values that may name other models: neither code nor layout."""
    return [value for key, value in state.items() if key not in ("_esm", "_css", "layout")]
