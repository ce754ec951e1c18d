"""BSSEval v4 through museval, with silence handled and frames counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from common.evaluation.metrics import check_signal

METRICS = ("sdr", "isr", "sir", "sar")


@dataclass(frozen=True)
class BSSScores:
    """BSSEval v4 of one source: medians over frames, in dB, higher is better.

    Attributes
    ----------
    sdr, isr, sir, sar : float
        Source to distortion, image to spatial distortion, source to
        interference, source to artefacts. NaN if no frame could be scored.
    frames : dict of str to array, (frame,)
        The same four frame by frame; NaN in frames that were left out.
    """

    sdr: float
    isr: float
    sir: float
    sar: float
    frames: dict[str, np.ndarray] = field(repr=False, compare=False)

    @property
    def dropped(self) -> int:
        """Number of frames left out because a source was silent in them."""
        return int(np.isnan(self.frames["sdr"]).sum())


def bss_eval(
    estimates: Mapping[str, np.ndarray],
    references: Mapping[str, np.ndarray],
    rate: int,
    *,
    window: float = 1.0,
    hop: float = 1.0,
) -> dict[str, BSSScores]:
    """BSSEval version 4 of every estimate: 1 s frames, the median over frames.

    Three things to know before quoting it:

    * SDR is ``10 log10(Σ s² / Σ (s - ŝ)²)`` in each frame, nothing fitted:
      level counts, and the 512-tap filters touch only ISR, SIR and SAR.
    * museval leaves a frame out, for all sources, where *any* reference or
      estimate is silent. So one estimate decides which frames the others are
      scored on. A stereo signal whose channels cancel counts as silent.
    * Frames at the end that are not full are not scored; a signal shorter than
      a frame is one frame.

    Parameters
    ----------
    estimates : mapping of str to array, (sample,) or (channel, sample)
        Estimates to score. Some references may have none: they then count as
        interference only.
    references : mapping of str to array, (sample,) or (channel, sample)
        All the sources of the mixture.
    rate : int
        Sample rate in Hz.
    window, hop : float
        Frame length and step in seconds.

    Returns
    -------
    dict of str to BSSScores
        In the order of `estimates`. A source whose reference, or whose
        estimate, is silent throughout has NaN in all scores and leaves the
        others as they are (museval itself raises for the whole song).

    Raises
    ------
    ValueError
        If an estimate has no reference, shapes differ, or a sample is not
        finite.
    TypeError
        If a signal is not float32 or float64.

    References
    ----------
    Stöter, Liutkus and Ito, "The 2018 Signal Separation Evaluation Campaign",
    LVA/ICA 2018 (version 4); Vincent, Gribonval and Févotte, "Performance
    measurement in blind audio source separation", IEEE TASLP 14(4), 2006.
    """
    # Here, not above: museval takes a second to import, and most callers of
    # this package never need it.
    from common.compat import museval

    references = {name: _image(f"reference {name!r}", x) for name, x in references.items()}
    estimates = {name: _image(f"estimate {name!r}", x) for name, x in estimates.items()}
    _check_sources(estimates, references)

    sounding = [name for name, x in references.items() if not _silent(x)]
    scored = [name for name in sounding if name in estimates and not _silent(estimates[name])]
    # A reference in place of an estimate that is not scored: the others' scores
    # do not depend on it, save that museval wants one, and not a silent one.
    filled = [estimates[name] if name in scored else references[name] for name in sounding]
    frames: dict[str, np.ndarray] = {}
    if scored:
        with np.errstate(divide="ignore", invalid="ignore"):
            *metrics, _ = museval.metrics.bss_eval(
                np.stack([references[name] for name in sounding]),
                np.stack(filled),  # (source, sample, channel)
                window=round(window * rate),
                hop=round(hop * rate),
                compute_permutation=False,
            )
        scores = np.stack(metrics)  # (metric, source, frame)
        frames = {name: scores[:, sounding.index(name)] for name in scored}
    return {name: _scores(frames.get(name, np.full((4, 1), np.nan))) for name in estimates}


def _image(name: str, signal: np.ndarray) -> np.ndarray:
    """Return (sample, channel), as museval wants it."""
    signal = check_signal(signal, name)
    if signal.ndim > 2:
        raise ValueError(f"{name}: expected (sample,) or (channel, sample), got {signal.shape}")
    return np.atleast_2d(signal).T


def _silent(signal: np.ndarray) -> bool:
    """museval's own test of (sample, channel): it sums the channels first."""
    return not signal.sum(axis=1).any()


def _check_sources(estimates: dict[str, np.ndarray], references: dict[str, np.ndarray]) -> None:
    unknown = [name for name in estimates if name not in references]
    if unknown:
        raise ValueError(
            f"estimates: expected names among the references {sorted(references)}, "
            f"got also {unknown}"
        )
    shapes = {x.T.shape for x in (*references.values(), *estimates.values())}
    if len(shapes) > 1:
        raise ValueError(
            "estimates and references: expected one shape (channel, sample) for all, "
            f"got {sorted(shapes)}; cut or pad them to the same length"
        )


def _scores(frames: np.ndarray) -> BSSScores:
    """Median over the frames, (4, frame), that have a score."""
    medians = [
        float(np.median(row[~np.isnan(row)])) if not np.isnan(row).all() else float("nan")
        for row in frames
    ]
    return BSSScores(*medians, frames=dict(zip(METRICS, frames, strict=True)))
