"""Run under Colab's versions: construct, set, sync and display every instrument, and say so."""

import json

from pretend import pretend

asked = pretend()  # anywidget asks google.colab.output to allow its widgets

import numpy as np  # noqa: E402

from common import viz  # noqa: E402

rate = 22050
tone = (0.3 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype(np.float32)
noise = (0.1 * np.random.default_rng(0).standard_normal(rate)).astype(np.float32)
bank = viz.AudioBank({"vocals": tone, "rest": noise}, rate=rate)
masks = np.random.default_rng(1).random((3, 513, 88)).astype(np.float32)
instruments = {
    "MaskListener": (viz.MaskListener(bank, target="vocals"), "threshold", 3.0),
    "StemPlayer": (viz.StemPlayer({"a": tone, "b": noise}, rate=rate), "mode", "mix"),
    "StftExplorer": (viz.StftExplorer(tone, rate=rate), "window_length", 512),
    "Scrubber": (viz.Scrubber(tone, masks, rate=rate), "step", 1),
}
said = {}
for name, (instrument, trait, value) in instruments.items():
    changes = []
    instrument.observe(lambda change, seen=changes: seen.append(change["new"]), names=trait)
    instrument.set_state({trait: value})            # what a message from the page does
    data, metadata = instrument._repr_mimebundle_()
    said[name] = {
        "seen": changes == [value],
        "sent": instrument.get_state()[trait] == value,
        "view": "application/vnd.jupyter.widget-view+json" in data,
        "picture": data["image/png"][:8],
        "colab": metadata.get("application/vnd.jupyter.widget-view+json", {}).get("colab"),
    }
print(json.dumps({"asked": bool(asked), "instruments": said}))
