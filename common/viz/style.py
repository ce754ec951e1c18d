"""Colours and proportions of every picture, and the figure that they are drawn on."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart by readers with any common kind of colour vision, each of
# them legible on a white and on a near-black page.
SOURCE_COLORS: Mapping[str, str] = {
    "mixture": "#808080",
    "vocals": "#d55e00",
    "accompaniment": "#3a8fd6",
    "drums": "#009e73",
    "bass": "#8f7ee6",
    "other": "#cc79a7",
}
OTHER_COLORS = ("#d55e00", "#3a8fd6", "#009e73", "#cc79a7", "#b8860b", "#808080")

INK = "#0a0b0c"  # stands for the colour of the page's text; a Picture puts that in its place

MAGNITUDE_MAP = "magma"
MASK_MAP = "cividis"
SIGNED_MAP = "RdBu_r"

RC = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.prop_cycle": mpl.cycler(color=OTHER_COLORS),
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.4,
    "font.size": 9,
    "image.origin": "lower",
    "image.aspect": "auto",
    "svg.fonttype": "path",
}


def source_color(name: str) -> str:
    """Return the colour of a source; a name that is no source gets the first of the others."""
    return SOURCE_COLORS.get(name, OTHER_COLORS[0])


def axes(rows: int = 1, columns: int = 1, *, width: float = 7.2, height: float = 2.4, **options):
    """Return axes in the book's style, like ``plt.subplots`` but for one figure and this page.

    Parameters
    ----------
    rows, columns : int
    width, height : float
        Inches; the height is that of one row.
    **options
        Passed to ``Figure.subplots``, for example ``sharex=True``.

    Returns
    -------
    Axes, or an array of Axes where there are several
        Show their figure with ``viz.show(ax, alt=...)``.
    """
    with mpl.rc_context(RC):
        figure = Figure(figsize=(width, rows * height), layout="constrained")
        FigureCanvasAgg(figure)
        return figure.subplots(rows, columns, **options)


def style():
    """Return a context in which matplotlib draws in the book's style."""
    return mpl.rc_context(RC)
