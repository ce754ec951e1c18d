"""A network as boxes and arrows: what the reader owns in one colour, what is new in another."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch

from common.checks import check_choice
from common.viz.style import INK, SOURCE_COLORS, axes, style

OWNED, NEW = SOURCE_COLORS["accompaniment"], SOURCE_COLORS["vocals"]
WIDTH, HEIGHT = 0.84, 0.6  # of a box, in columns and rows
MOST_COLUMN = 1.9  # inches


def diagram(
    rows: Sequence[Sequence[str | None]],
    arrows: Sequence[str],
    *,
    new: Collection[str] = (),
    shapes: Mapping[str, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what happens in a network's ``forward``, a row for each line of it.

    Parameters
    ----------
    rows : sequence of sequences of str or None
        A grid, from the top down. ``"recurrent: RecurrentStack"`` is a block and its name in the
        network, ``"add: +"`` or ``"squash: tanh"`` an operation (no capital letter), ``"mixture"``
        a tensor, None an empty cell.
    arrows : sequence of str
        Chains of names: ``"mixture > encode > recurrent"``. Within a column, an arrow that passes
        others by goes around them on the left.
    new : collection of str
        Names of the blocks that are built here; the reader owns the others.
    shapes : mapping of str to str, optional
        What is written at the right of the grid, in the row of a name: what comes out of it.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If a name stands in the grid twice, or not at all.

    Examples
    --------
    >>> rows = [["x"], ["embed: Embedding"], ["mask"]]
    >>> ax = diagram(rows, ["x > embed > mask"], new=["embed"])
    """
    places, labels = _read(rows)
    for name in [*new, *(shapes or {}), *(name for chain in arrows for name in _names(chain))]:
        check_choice(name, "name", tuple(places))
    columns = max(map(len, rows))
    if ax is None:
        across = columns + (1.4 if shapes else 0)
        ax = axes(width=min(7.2, MOST_COLUMN * across), height=0.52 * len(rows) + 0.3)
    with style():
        for name, place in places.items():
            _box(ax, place, name, labels.get(name), name in new)
        for chain in arrows:
            for start, end in pairwise(_names(chain)):
                _arrow(ax, places[start], places[end], labels.get(start), labels.get(end))
        for name, shape in (shapes or {}).items():
            ax.text(columns - 0.45, places[name][1], shape, fontsize=8, va="center",
                    family="monospace")  # fmt: skip
        ax.set(xlim=(-0.75, columns - 0.5 + (1.1 if shapes else 0)), ylim=(len(rows) - 0.4, -0.5))
        ax.set_axis_off()
        if new:
            kinds = {"you own it": _face(OWNED, False), "new in this chapter": _face(NEW, True)}
            ax.legend([Patch(**look) for look in kinds.values()], kinds, loc="upper center",
                      bbox_to_anchor=(0.5, 0.0), ncols=2)  # fmt: skip
    return ax


def _read(
    rows: Sequence[Sequence[str | None]],
) -> tuple[dict[str, tuple[int, int]], dict[str, str]]:
    """Where each name stands, (column, row), and what it is called."""
    places, labels = {}, {}
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            if cell is None:
                continue
            name, _, label = cell.partition(": ")
            if name in places:
                raise ValueError(f"rows: expected each name once, got {name!r} twice; number them")
            places[name] = (x, y)
            if label:
                labels[name] = label
    return places, labels


def _names(chain: str) -> list[str]:
    return [name.strip() for name in chain.split(">")]


def _face(color: str, new: bool) -> dict:
    return {"facecolor": (color, 0.45 if new else 0.2), "edgecolor": color,
            "linewidth": 2.2 if new else 1.0}  # fmt: skip


def _is_block(label: str | None) -> bool:
    return label is not None and label != label.lower()


def _width(label: str | None) -> float:
    return WIDTH if _is_block(label) else 0.6 * WIDTH


def _box(ax: Axes, place: tuple[int, int], name: str, label: str | None, new: bool) -> None:
    x, y = place
    if label is None:
        ax.text(x, y, name, ha="center", va="center", style="italic")
        return
    block = _is_block(label)
    look = _face(NEW if new else OWNED, new) if block or new else {
        "facecolor": "none", "edgecolor": INK, "linewidth": 0.8}  # fmt: skip
    width = _width(label)
    ax.add_patch(FancyBboxPatch((x - width / 2, y - HEIGHT / 2), width, HEIGHT,
                                boxstyle="round,pad=0,rounding_size=0.08", **look))  # fmt: skip
    if block:
        ax.text(x, y - 0.11, label, ha="center", va="center", weight="bold" if new else "normal")
        ax.text(x, y + 0.16, name, ha="center", va="center", fontsize=7, style="italic")
    else:
        ax.text(x, y, label, ha="center", va="center")


def _arrow(
    ax: Axes, start: tuple[int, int], end: tuple[int, int], tail: str | None, head: str | None
) -> None:
    """Straight between neighbours and across columns; around the left within a column."""
    (x, y), (u, v) = start, end
    way = "arc3"
    if x == u and abs(v - y) > 1:
        arm = 10 + 3 * abs(v - y)  # points; a longer way goes around a shorter one
        way = f"arc,angleA=180,angleB=180,armA={arm},armB={arm},rad=6"
        start, end = (x - _width(tail) / 2, y), (u - _width(head) / 2, v)
    elif y == v:
        side = 1 if u > x else -1
        start, end = (x + side * _width(tail) / 2, y), (u - side * _width(head) / 2, v)
    else:
        side = HEIGHT / 2 if v > y else -HEIGHT / 2
        start, end = (x, y + side), (u, v - side)
    ax.add_patch(FancyArrowPatch(
        start, end, arrowstyle="-|>", connectionstyle=way, mutation_scale=9, color=INK,
        linewidth=1.0, shrinkA=1, shrinkB=1))  # fmt: skip
