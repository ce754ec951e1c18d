"""A figure as the page shows it: vector, in the colour of the page's text, with alt text."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import re
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from PIL import Image

from common.viz.style import INK

RASTER_DPI = 120
WEBP_QUALITY = 70


class Picture:
    """What ``show`` returns: a figure as an inline SVG.

    Its text takes the page's colour, so that one picture reads well in the light and in the dark
    theme.
    """

    def __init__(self, figure: Figure, alt: str) -> None:
        self.figure, self.alt = figure, alt

    def __repr__(self) -> str:
        return f"<Picture: {self.alt}>"

    def _repr_html_(self) -> str:
        return to_svg(self.figure, self.alt)


def show(axes: Any, *, alt: str) -> Picture:
    """Return the figure of some axes as a picture of the page.

    Parameters
    ----------
    axes : Axes, array of Axes, or Figure
    alt : str
        What a reader who cannot see the picture needs to be told: a sentence, not a title.

    Raises
    ------
    ValueError
        If the alt text is missing or too short to say anything.
    """
    if len(alt.split()) < 4:
        raise ValueError(f"alt: expected a sentence that says what the picture shows, got {alt!r}")
    if isinstance(axes, Figure):
        return Picture(axes, alt)
    first = axes.flat[0] if hasattr(axes, "flat") else axes
    return Picture(first.figure, alt)


def to_svg(figure: Figure, alt: str) -> str:
    """Return `figure` as an inline SVG element that takes the colour of the text around it."""
    out = io.StringIO()
    salt = hashlib.sha256(alt.encode()).hexdigest()  # equal ids in two pictures would clash
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": salt}):
        figure.savefig(
            out,
            format="svg",
            dpi=RASTER_DPI,
            transparent=True,
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"data:image/png;base64,([^\"]+)", _as_webp, svg)
    svg = svg.replace(INK, "currentColor")
    width = figure.get_figwidth() * 96
    head = (
        f'<svg role="img" aria-label="{html.escape(alt, quote=True)}" '
        f'style="width:100%;max-width:{width:.0f}px;height:auto"'
    )
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
    return re.sub(r"\n\s*", "\n", svg.replace("<svg", head, 1))


def _as_webp(match: re.Match) -> str:
    """The smaller of two: a few colours do better without loss, many with."""
    image = Image.open(io.BytesIO(base64.b64decode(match.group(1))))
    return "data:image/webp;base64," + min(
        (_webp(image, lossless=True), _webp(image, quality=WEBP_QUALITY)), key=len
    )


def _webp(image: Image.Image, **options) -> str:
    out = io.BytesIO()
    image.save(out, "WEBP", method=6, **options)
    return base64.b64encode(out.getvalue()).decode()
