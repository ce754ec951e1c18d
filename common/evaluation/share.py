"""How far from a fixed gain to the best mask: the book's score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from common.seed import rng


@dataclass(frozen=True)
class Share:
    """A share of the ceiling with its bootstrap interval.

    Attributes
    ----------
    value : float
        0 is the static mask, 1 the ceiling; below 0 and above 1 are possible.
    low, high : float
        Ends of the interval over songs; NaN for fewer than two songs.
    songs : int
        Songs counted.
    dropped : int
        Songs left out because one of the three scores was NaN.
    level : float
        Probability that the interval aims at, 0.95 for 95 %.
    """

    value: float
    low: float
    high: float
    songs: int
    dropped: int = 0
    level: float = 0.95

    def __str__(self) -> str:
        if np.isnan(self.value):
            return "undefined"
        if np.isnan(self.low):
            return f"{self.value:.2f} (one song, no interval)"
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def share(
    model: ArrayLike,
    static: ArrayLike,
    ceiling: ArrayLike,
    *,
    level: float = 0.95,
    resamples: int = 10_000,
    generator: np.random.Generator | None = None,
) -> Share:
    """Share of the way from the static mask to the ceiling, over songs.

    ``(mean(model) - mean(static)) / (mean(ceiling) - mean(static))``: a ratio
    of means, so that a song on which static mask and ceiling nearly meet
    cannot swamp the rest, as it would in a mean of ratios.

    The interval is a percentile bootstrap: songs are drawn with replacement,
    each with its three scores together, because a hard song is hard for all
    three. It holds for other songs from where these came from, not for other
    music. With 20 songs it is a little narrow: of 3000 simulated test sets, the
    95 % interval held the truth in 93 %.

    Parameters
    ----------
    model, static, ceiling : array, (song,)
        SI-SDR per song in dB, same songs in the same order. Songs with a NaN
        in any of them are left out and counted. -inf (a silent estimate) is
        kept, and makes the share -inf.
    level : float
        Probability of the interval, between 0 and 1.
    resamples : int
        Draws of the bootstrap.
    generator : numpy.random.Generator, optional
        Source of the draws. Without it the draws are fixed, and the same for
        every method on the same number of songs.

    Returns
    -------
    Share
        Undefined (NaN) without songs, or if the ceiling's mean is not above
        the static mask's.

    Raises
    ------
    ValueError
        If the three are not vectors of one length, or `level` or `resamples`
        are out of range.

    References
    ----------
    Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 13.

    Examples
    --------
    >>> found = share(model=[6.0, 3.0], static=[2.0, 1.0], ceiling=[10.0, 9.0])
    >>> found.value, found.songs
    (0.375, 2)
    """
    scores = _check_scores(model, static, ceiling)  # (3, song)
    if not 0 < level < 1:
        raise ValueError(f"level: expected a probability between 0 and 1, got {level}")
    if resamples < 1:
        raise ValueError(f"resamples: expected at least 1, got {resamples}")
    kept = scores[:, ~np.isnan(scores).any(axis=0)]
    songs, dropped = kept.shape[1], scores.shape[1] - kept.shape[1]
    value = float(_ratio(kept.mean(axis=1))) if songs else np.nan
    if songs < 2 or np.isnan(value):
        return Share(value, np.nan, np.nan, songs, dropped, level)

    generator = rng("share", songs) if generator is None else generator
    draws = generator.integers(songs, size=(resamples, songs))
    ratios = _ratio(kept[:, draws].mean(axis=-1))  # (resample,)
    # An actual draw, not a value between two: interpolating -inf gives NaN.
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.nanquantile(ratios, tails, method="closest_observation")
    return Share(value, float(low), float(high), songs, dropped, level)


def _ratio(means: np.ndarray) -> np.ndarray:
    model, static, ceiling = means
    way = np.where(ceiling > static, ceiling - static, np.nan)
    return (model - static) / way


def _check_scores(model: ArrayLike, static: ArrayLike, ceiling: ArrayLike) -> np.ndarray:
    arrays = [np.asarray(scores, dtype=np.float64) for scores in (model, static, ceiling)]
    shapes = [array.shape for array in arrays]
    if arrays[0].ndim != 1 or len(set(shapes)) > 1:
        raise ValueError(
            "model, static, ceiling: expected one score a song in each, (song,), "
            f"got shapes {shapes[0]}, {shapes[1]} and {shapes[2]}"
        )
    return np.stack(arrays)
