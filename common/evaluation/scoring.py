"""Score methods on songs, beside the baselines and ideal masks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from common.evaluation.baselines import (
    BASELINES,
    ORACLES,
    SongLike,
    baseline_estimates,
    check_static,
)
from common.evaluation.bss_eval import METRICS, bss_eval
from common.evaluation.metrics import si_sdr, usdr
from common.evaluation.table import BASELINE, METHOD, ORACLE, Row, ScoreTable
from common.stft import STFTConfig

Method = Callable[[SongLike], np.ndarray]


def score_songs(
    songs: Iterable[SongLike],
    methods: Mapping[str, Method] | None = None,
    *,
    target: str = "vocals",
    static: np.ndarray,
    config: STFTConfig = STFTConfig(),
    metrics: Sequence[str] = (),
) -> ScoreTable:
    """Score methods on songs, in a table with all baselines and ideal masks.

    Songs are read once, one at a time, so `songs` may be lazy, or wrapped in a
    progress bar.

    Parameters
    ----------
    songs : iterable of songs
        Songs to score on, with distinct names.
    methods : mapping of str to callable, optional
        ``method(song)`` returns its estimate of the target, (channel, sample),
        from ``song.mixture``. The rows keep this order.
    target : str
        Name of the source.
    static : array, (freq, 1)
        From :func:`fit_static_mask` on training songs, for the same target.
    config : STFTConfig
        The transform of the static and the ideal masks.
    metrics : sequence of str
        Columns beside SI-SDR: ``"usdr"``, or ``"bss_eval"`` for the medians
        over frames of SDR, ISR, SIR and SAR, with the rest of the mixture as
        the other source. BSSEval takes some 0.7 s a row on a mono song of 12 s,
        SI-SDR a few milliseconds.

    Returns
    -------
    ScoreTable
        Whole-song scores. Songs on which the target is silent have NaN in all
        columns, and the table counts them.

    Raises
    ------
    ValueError
        If there are no songs, a name or metric is not as described, or an
        estimate does not fit its song.
    """
    methods = dict(methods or {})
    _check_request(methods, metrics)
    check_static(static, config)
    labels = {**BASELINES, **{name: name for name in methods}, **ORACLES}
    groups = dict.fromkeys(BASELINES, BASELINE) | dict.fromkeys(ORACLES, ORACLE)
    scores: dict[str, list[dict[str, float]]] = {key: [] for key in labels}
    names: list[str] = []

    for song in songs:
        names.append(song.name)
        reference, mixture = song.source(target), song.mixture
        for key, estimate in _estimates(song, methods, target, static, config):
            scores[key].append(_score(estimate, reference, mixture, song.rate, metrics))

    rows = [
        Row(key, label, groups.get(key, METHOD), _columns(scores[key]))
        for key, label in labels.items()
    ]
    return ScoreTable(target, tuple(names), tuple(rows))


def _estimates(
    song: SongLike,
    methods: dict[str, Method],
    target: str,
    static: np.ndarray,
    config: STFTConfig,
) -> Iterator[tuple[str, np.ndarray]]:
    yield from baseline_estimates(song, target, static=static, config=config)
    for name, method in methods.items():
        estimate = np.asarray(method(song))
        if estimate.shape != song.mixture.shape:
            raise ValueError(
                f"method {name!r} on song {song.name!r}: expected an estimate of the mixture's "
                f"shape (channel, sample) = {song.mixture.shape}, got {estimate.shape}"
            )
        if not np.isfinite(estimate).all():
            raise ValueError(
                f"method {name!r} on song {song.name!r}: expected finite samples, got NaN or "
                f"infinity; look for a division by zero or a logarithm of zero"
            )
        yield name, estimate


def _score(
    estimate: np.ndarray,
    reference: np.ndarray,
    mixture: np.ndarray,
    rate: int,
    metrics: Sequence[str],
) -> dict[str, float]:
    scores = {"si_sdr": si_sdr(estimate, reference)}
    if "usdr" in metrics:
        # Its formula has a number for a silent reference too, but no meaning.
        heard = not np.isnan(scores["si_sdr"])
        scores["usdr"] = usdr(estimate, reference) if heard else float("nan")
    if "bss_eval" in metrics:
        references = {"target": reference, "rest": mixture - reference}
        medians = bss_eval({"target": estimate}, references, rate)["target"]
        scores |= {metric: getattr(medians, metric) for metric in METRICS}
    return scores


def _columns(songs: list[dict[str, float]]) -> dict[str, tuple[float, ...]]:
    """One tuple a metric, in the songs' order, from one dict a song."""
    return {metric: tuple(song[metric] for song in songs) for metric in songs[0]} if songs else {}


def _check_request(methods: dict[str, Method], metrics: Sequence[str]) -> None:
    taken = {*BASELINES, *ORACLES} & {*methods}
    if taken:
        raise ValueError(
            f"methods: expected names of your own, got {sorted(taken)}, which every table has"
        )
    unknown = {*metrics} - {"usdr", "bss_eval"}
    if isinstance(metrics, str) or unknown:
        raise ValueError(f"metrics: expected a tuple of 'usdr', 'bss_eval', got {metrics!r}")
