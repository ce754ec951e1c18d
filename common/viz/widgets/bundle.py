"""One ES module out of several files, so that a widget carries all its code.

The files use two forms of import, each on a line of its own, and every name but one file's:

    import { stft, istft } from "./lib/dsp.js";
    import css from "./mask_listener.css";
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

IMPORT = re.compile(r'^import (?P<names>\{[^}]*\}|\w+) from "(?P<file>\./[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=const|let|function|async|class)", re.MULTILINE)


@cache
def bundle(entry: Path) -> str:
    """Return the module in `entry` with all that it imports, each file once, in order of need.

    Parameters
    ----------
    entry : pathlib.Path
        An ES module; its ``export default`` stays.

    Raises
    ------
    ValueError
        If an import has a form that is not understood.
    """
    parts: dict[Path, str] = {}
    _collect(entry.resolve(), parts)
    return "\n".join(parts.values())


def _collect(path: Path, parts: dict[Path, str]) -> None:
    if path in parts:
        return
    text = path.read_text(encoding="utf-8")
    for match in IMPORT.finditer(text):
        file = (path.parent / match["file"]).resolve()
        if file.suffix == ".css":
            style = json.dumps(file.read_text(encoding="utf-8"))
            parts[file] = f"const {match['names']} = {style};\n"
        else:
            _collect(file, parts)
    code = IMPORT.sub("", text)
    if found := re.search(r"^import .*", code, re.MULTILINE):
        raise ValueError(
            f"{path.name}: expected imports as in common.viz.widgets.bundle, got {found[0]!r}"
        )
    parts[path] = EXPORT.sub("", code)
