"""A picture that changes while a cell runs."""

from __future__ import annotations

from IPython.display import HTML, display

from common.viz.picture import Picture

NOTHING = HTML("")


class Live:
    """A place under a cell for the newest of several pictures, empty again when the cell is done.

    So that equal runs leave equal pages, the last picture is the cell's own result::

        with Live() as live:
            for step in range(1000):
                live.update(show(ax, alt="The loss so far, over the steps."))
        show(ax, alt="The loss over all steps.")
    """

    def __enter__(self) -> Live:
        self._place = display(NOTHING, display_id=True)  # None where there is no notebook
        return self

    def update(self, picture: Picture) -> None:
        """Show a picture in place of the one before."""
        if self._place:
            self._place.update(picture)

    def __exit__(self, *_: object) -> None:
        if self._place:
            self._place.update(NOTHING)
