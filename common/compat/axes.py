"""The one place where the book's order of axes meets nussl's."""

from __future__ import annotations

from typing import Any


def nussl_axes(x: Any) -> Any:
    """The batch stays, the other axes turn round: from the book's order to nussl's, and back.

    Parameters
    ----------
    x : array or tensor
        The book's (batch, channel, freq, frame) becomes nussl's (batch, frame, freq, channel); with
        several sources (batch, source, channel, freq, frame) becomes
        (batch, frame, freq, channel, source). Done twice, it changes nothing.

    Returns
    -------
    array or tensor
        A view of `x`.

    Raises
    ------
    ValueError
        If `x` has neither four nor five axes.
    """
    if x.ndim not in (4, 5):
        raise ValueError(
            f"expected (batch, channel, freq, frame), or the same with sources, in the book's "
            f"order or in nussl's; got shape {tuple(x.shape)}"
        )
    order = (0, *range(x.ndim - 1, 0, -1))
    return x.permute(order) if hasattr(x, "permute") else x.transpose(order)
