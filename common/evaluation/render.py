"""Score tables as text and as HTML; the same cells in both."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from common.evaluation.share import Share

GROUPS = {
    "baseline": "Baselines",
    "method": "Methods",
    "oracle": "Ideal masks, told the answer",
}
COLUMNS = {
    "si_sdr_mean": "SI-SDR mean / dB",
    "si_sdr_median": "SI-SDR median / dB",
    "si_sdr_improvement": "SI-SDR improvement / dB",
    "share": "share [95 %]",
    "usdr_mean": "uSDR mean / dB",
    "sdr_median": "SDR median / dB",
    "isr_median": "ISR median / dB",
    "sir_median": "SIR median / dB",
    "sar_median": "SAR median / dB",
}
NOTE = (
    "Share: 0 is the static mask, 1 the clipped phase-sensitive mask; "
    "in brackets the 95 % bootstrap interval over songs."
)


def text_table(target: str, rows: list[dict[str, Any]]) -> str:
    """Return the table as text in fixed-width columns."""
    columns = _columns(rows)
    header = ["", *columns.values()]
    lines = [[row["label"], *(_cell(row, column) for column in columns)] for row in rows]
    widths = [max(len(line[i]) for line in [header, *lines]) for i in range(len(header))]

    def line(cells: list[str]) -> str:
        first, *rest = [
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return "  ".join([first, *rest]).rstrip()

    text, group = [_title(target, rows), line(header)], None
    for row, cells in zip(rows, lines, strict=True):
        if row["group"] != group:
            group = row["group"]
            text.append("-" * len(line(header)))
        text.append(line(cells))
    return "\n".join([*text, *_notes(rows)])


def html_table(target: str, rows: list[dict[str, Any]]) -> str:
    """Return the table as HTML: a caption, headers with scopes, a body a group."""
    columns = _columns(rows)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns.values())
    bodies = []
    for group, title in GROUPS.items():
        lines = [_html_row(row, columns) for row in rows if row["group"] == group]
        if lines:
            span = f'<tr><th scope="rowgroup" colspan="{len(columns) + 1}">{title}</th></tr>'
            bodies.append(f"<tbody>\n{span}\n" + "\n".join(lines) + "\n</tbody>")
    notes = "".join(f"<p>{escape(note)}</p>\n" for note in _notes(rows))
    return (
        f'<div class="score-table">\n<table>\n<caption>{escape(_title(target, rows))}</caption>\n'
        f'<thead><tr><th scope="col">method</th>{head}</tr></thead>\n'
        + "\n".join(bodies)
        + f"\n</table>\n{notes}</div>"
    )


def _html_row(row: dict[str, Any], columns: dict[str, str]) -> str:
    # A true minus is read out as one; a hyphen is often skipped.
    cells = [_cell(row, column).replace("-", "\u2212") for column in columns]
    numbers = "".join(f'<td style="text-align: right">{escape(cell)}</td>' for cell in cells)
    return f'<tr><th scope="row">{escape(row["label"])}</th>{numbers}</tr>'


def _columns(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {column: name for column, name in COLUMNS.items() if column in rows[0]}


def _title(target: str, rows: list[dict[str, Any]]) -> str:
    counted, undefined = rows[0]["songs"], rows[0]["undefined"]
    title = f"{target}: {counted} song{'s' * (counted != 1)} scored"
    return f"{title}, {undefined} undefined" if undefined else title


def _notes(rows: list[dict[str, Any]]) -> list[str]:
    notes = [NOTE]
    if rows[0]["undefined"]:
        notes.append("Undefined: the target is silent in the song, which is left out.")
    silent = [f"{row['label']} ({row['silent']})" for row in rows if row["silent"]]
    if silent:
        notes.append("Songs with a silent estimate, scored -inf: " + ", ".join(silent) + ".")
    unscored = [f"{row['label']} ({n})" for row in rows if (n := row.get("bss_undefined"))]
    if unscored:
        notes.append("Songs without a frame that BSSEval can score: " + ", ".join(unscored) + ".")
    return notes


def _cell(row: dict[str, Any], column: str) -> str:
    if column == "share":
        part = Share(row["share"], row["share_low"], row["share_high"], row["songs"])
        exact = not part.low < part.high and not np.isnan(part.value)  # or one song: no interval
        return f"{part.value:.2f}" if exact else str(part)
    value = row[column]
    return "undefined" if np.isnan(value) else f"{round(value, 1) + 0:.1f}"  # no -0.0
