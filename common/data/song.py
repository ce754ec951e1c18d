"""One song in memory: its stems, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from common.checks import check_positive

STEMS = ("drums", "bass", "other", "vocals")


@dataclass(frozen=True, eq=False)
class Song:
    """A song as separate recordings.

    Parameters
    ----------
    name : str
    rate : int
        Samples a second.
    stems : mapping of str to numpy.ndarray
        ``drums``, ``bass``, ``other``, ``vocals``, each ``(channel, sample)`` float32.
    licence, attribution : str
        To stand wherever the song is played.
    info : mapping, optional
        What else is known: style, key, tempo, lyrics.
    """

    name: str
    rate: int
    stems: Mapping[str, np.ndarray]
    licence: str
    attribution: str
    info: Mapping[str, object] = field(default_factory=dict)

    @cached_property
    def mixture(self) -> np.ndarray:
        """The sum of all stems, ``(channel, sample)``."""
        return sum(self.stems.values())

    @cached_property
    def accompaniment(self) -> np.ndarray:
        """The sum of all stems but the vocals, ``(channel, sample)``."""
        return sum(stem for name, stem in self.stems.items() if name != "vocals")

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.mixture.shape[-1] / self.rate

    def source(self, name: str) -> np.ndarray:
        """A stem, the ``"mixture"`` or the ``"accompaniment"``, ``(channel, sample)``.

        Raises
        ------
        ValueError
            If the song has no such source.
        """
        if name in self.stems:
            return self.stems[name]
        if name in ("mixture", "accompaniment"):
            return getattr(self, name)
        raise ValueError(
            f"{self.name} has no source {name!r}; choose one of {', '.join(self.stems)}, "
            f"mixture, accompaniment"
        )

    def excerpt(self, start: float, duration: float) -> Song:
        """The same song from `start` for `duration`, both in seconds.

        Raises
        ------
        ValueError
            If the excerpt leaves the song.
        """
        check_positive(duration, "duration")
        first, count = round(start * self.rate), round(duration * self.rate)
        if start < 0 or first + count > self.mixture.shape[-1]:
            raise ValueError(
                f"{self.name} lasts {self.duration:.2f} s; {start:g} s to {start + duration:g} s "
                f"leaves it: choose an earlier start or a shorter duration"
            )
        cut = {name: stem[:, first : first + count] for name, stem in self.stems.items()}
        return replace(self, stems=cut)
