"""Gradients cut to a length: one step on odd examples must not undo a thousand others."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterable

from torch import Tensor
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from common.checks import check_positive


class Clip:
    """Make gradients shorter that are longer than a limit.

    Parameters
    ----------
    norm : float, optional
        The limit.
    percentile : float, optional
        In place of it: the limit is this percentile of all lengths so far, the new one among them.
        It needs no knowledge of the network, and follows the gradients as they shrink.

    Raises
    ------
    ValueError
        If both are given, or one is out of range.

    Notes
    -----
    Pascanu, Mikolov and Bengio (2013), "On the difficulty of training recurrent neural networks",
    algorithm 1; Seetharaman, Wichern, Pardo and Le Roux (2020), "AutoClip: adaptive gradient
    clipping for source separation networks", who take the 10th percentile.
    """

    def __init__(self, norm: float | None = None, percentile: float | None = None) -> None:
        if norm is not None and percentile is not None:
            raise ValueError(
                f"clip_norm and clip_percentile: expected one of them, got {norm} and "
                f"{percentile}; leave out the other"
            )
        if norm is not None:
            check_positive(norm, "clip_norm")
        if percentile is not None and not 0 <= percentile <= 100:
            raise ValueError(f"clip_percentile: expected 0 to 100, got {percentile}")
        self.norm, self.percentile = norm, percentile
        self.norms: list[float] = []

    def __call__(self, parameters: Iterable[Tensor]) -> float:
        """Clip the gradients of the parameters; returns their length before that.

        If it is not finite, nothing is clipped and nothing remembered.
        """
        parameters = [parameter for parameter in parameters if parameter.grad is not None]
        length = get_total_norm([parameter.grad for parameter in parameters])
        norm = length.item()
        if math.isfinite(norm):
            limit = self._limit(norm)
            if limit is not None:
                clip_grads_with_norm_(parameters, limit, length)
        return norm

    def _limit(self, norm: float) -> float | None:
        if self.percentile is None:
            return self.norm
        insort(self.norms, norm)  # in order, so that the limit needs no search
        place = self.percentile / 100 * (len(self.norms) - 1)
        below, above = self.norms[math.floor(place)], self.norms[math.ceil(place)]
        return below + (place % 1) * (above - below)
