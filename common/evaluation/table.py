"""A table of scores that cannot be made without its baselines and ideal masks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from common.evaluation.baselines import BASELINES, CEILING, MIXTURE, ORACLES, STATIC
from common.evaluation.render import html_table, text_table
from common.evaluation.share import Share, share

BASELINE, METHOD, ORACLE = "baseline", "method", "oracle"
# How the literature sums each metric up over songs.
SUMMARIES = {
    "si_sdr": np.mean,
    "usdr": np.mean,
    "sdr": np.median,
    "isr": np.median,
    "sir": np.median,
    "sar": np.median,
}


@dataclass(frozen=True)
class Row:
    """The scores of one method.

    Attributes
    ----------
    key : str
        Short name, as in ``table["irm"]``.
    label : str
        Name for people.
    group : str
        ``"baseline"``, ``"method"`` or ``"oracle"`` (it was told the answer).
    scores : dict of str to tuple of float
        dB for each song: ``"si_sdr"`` and what else was asked for.
    """

    key: str
    label: str
    group: str
    scores: dict[str, tuple[float, ...]]


@dataclass(frozen=True)
class ScoreTable:
    """Scores of methods on songs; made by :func:`score_songs`.

    Attributes
    ----------
    target : str
        Name of the source.
    songs : tuple of str
        Names of the songs.
    rows : tuple of Row
        Baselines, methods, ideal masks: ordered by meaning, not by score.

    Raises
    ------
    ValueError
        If there are no songs, a baseline or ideal mask is missing, a key or
        song comes twice, or a row has not one score a song.
    """

    target: str
    songs: tuple[str, ...]
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        _check_table(self)

    def __getitem__(self, key: str) -> Row:
        for row in self.rows:
            if row.key == key:
                return row
        raise KeyError(f"expected one of {[row.key for row in self.rows]}, got {key!r}")

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics that every row has."""
        return tuple(self.rows[0].scores)

    def scores(self, key: str, metric: str = "si_sdr") -> np.ndarray:
        """Scores of a row in dB, (song,), with NaN where the target is silent."""
        return np.array(self[key].scores[metric])

    def mean(self, key: str, metric: str = "si_sdr") -> float:
        """Mean over the songs that have a score, in dB."""
        return _over_songs(np.mean, self.scores(key, metric))

    def median(self, key: str, metric: str = "si_sdr") -> float:
        """Median over the songs that have a score, in dB."""
        return _over_songs(np.median, self.scores(key, metric))

    def improvement(self, key: str) -> float:
        """Mean SI-SDR minus that of the mixture, in dB."""
        return self.mean(key) - self.mean(MIXTURE)

    def undefined(self, key: str, metric: str = "si_sdr") -> int:
        """Number of songs without a score, because the target is silent."""
        return int(np.isnan(self.scores(key, metric)).sum())

    def silent(self, key: str) -> int:
        """Number of songs on which the estimate is silent, or has nothing of the target."""
        return int(np.isneginf(self.scores(key)).sum())

    def share(self, key: str, **options: Any) -> Share:
        """Share of the way from static mask to ceiling; see :func:`share`."""
        return share(self.scores(key), self.scores(STATIC), self.scores(CEILING), **options)

    def joined(self, other: ScoreTable) -> ScoreTable:
        """This table with the methods of another after its own.

        Raises
        ------
        ValueError
            If the other is of other songs or another target, lacks a metric of this one, or its
            baselines or ideal masks have other scores.
        """
        if (self.target, self.songs) != (other.target, other.songs):
            raise ValueError(
                f"other: expected scores of {self.target} on {len(self.songs)} songs, the same "
                f"ones, got {other.target} on {len(other.songs)}"
            )
        for row in self.rows:
            if row.group != METHOD:
                _check_equal(row, other[row.key])
        new = [
            Row(row.key, row.label, row.group, {name: row.scores[name] for name in self.metrics})
            for row in other.rows
            if row.group == METHOD
        ]
        groups = [BASELINE, METHOD, ORACLE]
        rows = sorted([*self.rows, *new], key=lambda row: groups.index(row.group))
        return ScoreTable(self.target, self.songs, tuple(rows))

    def to_rows(self) -> list[dict[str, Any]]:
        """One flat dict a row, numbers in dB, ready for a data frame."""
        return [self._summary(row) for row in self.rows]

    def _summary(self, row: Row) -> dict[str, Any]:
        part = self.share(row.key)
        summary = {
            "key": row.key,
            "label": row.label,
            "group": row.group,
            "songs": len(self.songs) - self.undefined(row.key),
            "undefined": self.undefined(row.key),
            "silent": self.silent(row.key),
            "si_sdr_mean": self.mean(row.key),
            "si_sdr_median": self.median(row.key),
            "si_sdr_improvement": self.improvement(row.key),
            "share": part.value,
            "share_low": part.low,
            "share_high": part.high,
        }
        for metric in self.metrics[1:]:
            over = SUMMARIES[metric]
            summary[f"{metric}_{over.__name__}"] = _over_songs(over, self.scores(row.key, metric))
        if "sdr" in self.metrics:
            summary["bss_undefined"] = self.undefined(row.key, "sdr")
        return summary

    def to_json(self, *, digits: int = 3) -> str:
        """The scores of every song as JSON text, rounded, to be committed.

        Means and shares are not stored: :meth:`from_json` computes them anew.
        """
        rows = [
            {
                "key": row.key,
                "label": row.label,
                "group": row.group,
                "scores": {
                    metric: [_to_json_number(value, digits) for value in values]
                    for metric, values in row.scores.items()
                },
            }
            for row in self.rows
        ]
        table = {"target": self.target, "unit": "dB", "songs": list(self.songs), "rows": rows}
        return json.dumps(table, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> ScoreTable:
        """Read what :meth:`to_json` wrote."""
        table = json.loads(text)
        rows = [
            Row(
                row["key"],
                row["label"],
                row["group"],
                {
                    metric: tuple(float("nan" if value is None else value) for value in values)
                    for metric, values in row["scores"].items()
                },
            )
            for row in table["rows"]
        ]
        return cls(table["target"], tuple(table["songs"]), tuple(rows))

    def __str__(self) -> str:
        return text_table(self.target, self.to_rows())

    def _repr_html_(self) -> str:
        return html_table(self.target, self.to_rows())


def _over_songs(over: Any, scores: np.ndarray) -> float:
    """Sum up the songs that have a score; where +inf meets -inf, -inf wins."""
    scores = scores[~np.isnan(scores)]
    if not scores.size:
        return float("nan")
    with np.errstate(invalid="ignore"):
        value = float(over(scores))
    return -np.inf if np.isnan(value) else value


def _to_json_number(value: float, digits: int) -> float | str | None:
    """JSON has no NaN and no infinity: null, "inf" and "-inf"."""
    if np.isnan(value):
        return None
    return round(value, digits) if np.isfinite(value) else str(float(value))


def _check_equal(row: Row, other: Row) -> None:
    """Raise ValueError unless a row has the scores of another, to a hundredth of a dB.

    Beyond 100 dB only rounding is left: as in the SAR of the mixture, which has no artifacts.
    """
    for metric, values in row.scores.items():
        there = other.scores.get(metric, [np.nan])
        ends = (np.clip(one, -100, 100) for one in (values, there))
        if not np.allclose(*ends, atol=0.01, equal_nan=True):
            raise ValueError(
                f"other: expected the same {metric} of {row.label!r} in both tables, got "
                f"{values} and {there}; measure both again"
            )


def _check_table(table: ScoreTable) -> None:
    keys = [row.key for row in table.rows]
    missing = [key for key in (*BASELINES, *ORACLES) if key not in keys]
    if missing:
        raise ValueError(f"rows: expected every baseline and ideal mask, got none of {missing}")
    for name, values in (("rows", keys), ("songs", list(table.songs))):
        if len(set(values)) < len(values):
            raise ValueError(f"{name}: expected each name once, got {values}")
    if not table.songs:
        raise ValueError("songs: expected at least one song, got none")
    for row in table.rows:
        if tuple(row.scores) != table.metrics or table.metrics[:1] != ("si_sdr",):
            raise ValueError(
                f"row {row.key!r}: expected scores of {table.metrics or ('si_sdr',)}, "
                f"got {tuple(row.scores)}"
            )
        for metric, values in row.scores.items():
            if len(values) != len(table.songs):
                raise ValueError(
                    f"row {row.key!r}, {metric}: expected {len(table.songs)} scores, one a song, "
                    f"got {len(values)}"
                )
