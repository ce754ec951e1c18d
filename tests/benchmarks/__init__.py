"""The book's code beside its peers': ``python -m tests.benchmarks`` measures all of it.

Each module of this folder compares one thing with one peer. It has ``measure()``, which returns
rows, and prints more where it is run by itself. No benchmark passes or fails.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Row:
    """A comparison.

    Attributes
    ----------
    what : str
        What was measured, and of which peer.
    here, there : str
        Both measurements with their units.
    ratio : float
        The book's cost over the peer's: below 1 the book's is less.
    low, high : float
        Quartiles of the ratio over the pairs that were measured, or what else `spread` says.
    """

    what: str
    here: str
    there: str
    ratio: float
    low: float = np.nan
    high: float = np.nan

    @classmethod
    def of_pairs(cls, what: str, here: str, there: str, pairs: np.ndarray) -> Row:
        """A row of costs that were measured in pairs, (pair, 2): the book's, the peer's."""
        low, middle, high = np.percentile(pairs[:, 0] / pairs[:, 1], [25, 50, 75])
        return cls(what, here, there, float(middle), float(low), float(high))

    def __str__(self) -> str:
        spread = "" if np.isnan(self.low) else f" ({self.low:.3f} to {self.high:.3f})"
        return f"{self.what:66} {self.here:>18} {self.there:>18}   {self.ratio:.3f}{spread}"


HEADER = f"{'':66} {'here':>18} {'peer':>18}   ratio"
