"""Try every entry of the table of names: does it exist, does it take these axes?

``python -m tests.peers.names`` reads the table of the chapter *mask-inference* and prints JSON: for
each entry "row, column" null if it holds, or what is wrong.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from math import prod

import nbformat
import torch

from common.build.book import Book

PAGE, CELL = "book/blocks/mask-inference", "names"
COLUMNS = ("Here", "nussl", "Asteroid", "torch")
# Different primes, so that no axis passes for another; frequencies enough for a few mel bands.
B, S, C, F, T, H, FEATURES = 2, 3, 5, 37, 11, 13, 7
SIZES = {"batch": B, "source": S, "channel": C, "freq": F, "frame": T, "hidden": H,
         "feature": FEATURES, "2 freq": 2 * F, "1": 1}  # fmt: skip
MELS, RATE = 3, 8000.0

# How each is made, and the shape that it returns for inputs of the stated axes; None: as its first.
MADE = {
    "mask application, Here": (lambda x: x(), None),
    "mask application, nussl": (lambda x: x(), None),
    "mask application, Asteroid": (lambda x: x, (B, S, F, T)),
    "mask application, torch": (lambda x: x, None),
    "log magnitude, Here": (lambda x: x(), None),
    "log magnitude, nussl": (lambda x: x(), None),
    "batch norm, Here": (lambda x: x(F), None),
    "batch norm, nussl": (lambda x: x(F), None),
    "batch norm, Asteroid": (lambda x: x(F), None),
    "batch norm, torch": (lambda x: x(F), None),
    "instance norm, Here": (lambda x: x(F), None),
    "instance norm, nussl": (lambda x: x(F), None),
    "instance norm, Asteroid": (lambda x: x(F), None),
    "instance norm, torch": (lambda x: x(F), None),
    "scale and shift, Here": (lambda x: x(F), None),
    "scale and shift, nussl": (lambda x: x(), None),
    "mel projection, Here": (lambda x: x(F, MELS, RATE), (B, C, MELS, T)),
    "mel projection, nussl": (lambda x: x(RATE, F, MELS), (B, T, MELS, C)),
    "mel projection, Asteroid": (lambda x: x(2 * (F - 1), RATE, MELS), (B, MELS, T)),
    "recurrent stack, Here": (lambda x: x(FEATURES, H), (B, T, 2 * H)),
    "recurrent stack, nussl": (lambda x: x(FEATURES, H, 1, True, 0.0), (B, T, 2 * H)),
    "recurrent stack, Asteroid": (lambda x: x("lstm", FEATURES, H, bidirectional=True),
                                  (B, T, 2 * H)),
    "recurrent stack, torch": (lambda x: lambda y: x(FEATURES, H)(y)[0], (T, B, H)),
    "mask head, Here": (lambda x: x(H, F, S, C), (B, S, C, F, T)),
    "mask head, nussl": (lambda x: x(F, H, S, ["sigmoid"], C), (B, T, F, C, S)),
    "mask head, torch": (lambda x: x(H, prod((F, C, S))), (B, T, F * C * S)),
    "whole network, Here": (lambda x: x(F, S, C, hidden=H), (B, S, C, F, T)),
    "whole network, nussl": (lambda x: of_nussl(x), (B, T, F, C, S)),
    "whole network, Asteroid": (lambda x: x(F, S, hid_size=H), (B, S, F, T)),
}  # fmt: skip


def of_nussl(model):
    from common.compat import nussl

    config = nussl.ml.networks.builders.build_recurrent_mask_inference(
        F, H, 1, True, 0.0, S, ["sigmoid"], num_audio_channels=C
    )
    config["modules"]["recurrent_stack"]["args"]["num_features"] = F * C  # see the chapter
    network = model(config)
    return lambda x: network({"mix_magnitude": x})["estimates"]


def table() -> tuple[dict[str, str], dict[str, list[str]]]:
    """The entries of the table, by "row, column", and the modules of each column."""
    cells = nbformat.read(Book().notebook(PAGE), as_version=4).cells
    (text,) = (cell.source for cell in cells if cell.id == CELL)
    rows = [[part.strip() for part in line.strip("|").split("|")]
            for line in text.splitlines() if line.startswith("|")]  # fmt: skip
    assert tuple(rows[0][1:]) == COLUMNS, f"the columns are {rows[0]}"
    entries = {f"{row[0]}, {column}": entry for row in rows[2:]
               for column, entry in zip(COLUMNS, row[1:], strict=True)}  # fmt: skip
    modules = {
        column: re.findall(r"`([\w.]+)`", re.search(rf"{column}: ((?:`[\w.]+`[, ]*)+)", text)[1])
        for column in COLUMNS
    }
    return entries, modules


def found(name: str, modules: list[str]):
    """What the name stands for in the first of the modules that has it."""
    for module in modules:
        if module.startswith("nussl"):
            from common.compat import nussl  # noqa: F401  (mended first)
        place = importlib.import_module(module)
        if hasattr(place, name):
            return getattr(place, name)
    raise AssertionError(f"{name} is in none of {', '.join(modules)}")


def try_entry(key: str, entry: str, modules: list[str]) -> None:
    """Raise if an entry of the table does not hold."""
    if entry == "none":
        assert key not in MADE, "the table says none"
        return
    name = re.match(r"`(\w+)`", entry)[1]
    stated = re.findall(r"\((.+?)\)", entry)
    shapes = [[SIZES[axis] for axis in axes.split(", ")] for axes in stated]
    make, expected = MADE[key]
    run = make(found(name, modules))
    if isinstance(run, torch.nn.Module):
        run.eval()
    got = run(*(torch.rand(shape) for shape in shapes)).shape
    expected = expected or tuple(shapes[0])
    assert got == expected, f"takes {shapes} to {tuple(got)}, not to {expected}"


def main() -> None:
    entries, modules = table()
    wrong = {}
    for key, entry in entries.items():
        try:
            try_entry(key, entry, modules[key.rpartition(", ")[2]])
            wrong[key] = None
        except Exception as error:  # every kind: the test tells which entry
            wrong[key] = f"{type(error).__name__}: {error}"
    json.dump(wrong, sys.stdout)


if __name__ == "__main__":
    main()
