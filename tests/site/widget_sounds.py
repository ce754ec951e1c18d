"""The sounds in the widget state of a built page, for the checks of the site."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import numpy as np
from bs4 import BeautifulSoup

from common.build.widget_state import MIME, REFERENCE
from common.viz.widgets.bank import decode


def widget_sounds(soup: BeautifulSoup) -> Iterator[tuple[str, np.ndarray, int]]:
    """Every sound of every AudioBank on a page, as (name, (sample, channel), rate).

    Where a StemPlayer plays the bank, each sound comes at the gain that it is played with.
    """
    for script in soup("script", type=MIME):
        models = json.loads(script.string)["state"]
        gains = {}
        for model in models.values():
            if bank := REFERENCE.search(str(model["state"].get("bank", ""))):
                gains.setdefault(bank[1], model["state"].get("applied") or {})
        for key, model in models.items():
            if "entries" not in model["state"]:
                continue
            (buffer,) = (b for b in model["buffers"] if b["path"] == ["data"])
            data, rate = base64.b64decode(buffer["data"]), model["state"]["rate"]
            for entry in model["state"]["entries"]:
                gain = gains.get(key, {}).get(entry["name"], 0.0)
                yield entry["name"], decode(data, entry).T * 10 ** (gain / 20), rate
