"""What all instruments share: their code in one module, a picture where there is no page."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from ipywidgets import widget_serialization
from matplotlib.figure import Figure

from common.viz.widgets.bank import AudioBank
from common.viz.widgets.bundle import bundle

HERE = Path(__file__).parent


class Instrument(anywidget.AnyWidget):
    """A widget that computes in the page, on the sounds of an `AudioBank`.

    A subclass names its module in ``code``, as in ``class StemPlayer(Instrument,
    code="stem_player.js")``, has its controls as synchronised traits, and draws its still picture
    in `picture`.
    """

    bank = traitlets.Instance(AudioBank).tag(sync=True, **widget_serialization)
    label = traitlets.Unicode().tag(sync=True)

    def __init_subclass__(cls, code: str = "", **options: Any) -> None:
        if code:
            cls._esm = bundle(HERE / code)
        super().__init_subclass__(**options)

    def picture(self) -> Figure:
        """Return the instrument as a still figure, for print and for viewers without scripts."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.label})"

    def _repr_mimebundle_(self, **options: Any):
        made = super()._repr_mimebundle_(**options)
        if made is None:
            return None
        data, metadata = made if isinstance(made, tuple) else (made, {})
        out = io.BytesIO()
        self.picture().savefig(out, format="png", dpi=100, facecolor="white")
        data = {
            **data,
            "text/plain": repr(self),
            "image/png": base64.b64encode(out.getvalue()).decode(),
        }
        return data, metadata
