"""Scores of one estimate against its reference, in decibels; higher is better."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from common.checks import check_dimensions, check_finite, check_floating, check_same_shape

# A signal counts as constant when removing its mean leaves less than this part
# of its energy: what remains is rounding (float32 itself keeps about 1e-15).
CONSTANT = 1e-24


def si_sdr(estimate: ArrayLike, reference: ArrayLike) -> float | np.ndarray:
    """Scale-invariant signal-to-distortion ratio, averaged over channels.

    With ``s`` the reference and ``ŝ`` the estimate, both with their means
    removed, ``SI-SDR = 10 log10(|alpha s|² / |alpha s - ŝ|²)`` where
    ``alpha = ŝᵀs / |s|²``: the reference is scaled to fit the estimate, so the
    level of the estimate does not count. Each channel has its own ``alpha``.

    Parameters
    ----------
    estimate, reference : array, (sample,), (channel, sample) or (..., channel, sample)
        Sound pressure in any unit. Computed in double precision.

    Returns
    -------
    float or array
        dB; a float for one signal, an array of the batch axes for many.

        * A constant (or all-zero) reference gives NaN: there is nothing to
          find. One such channel makes the whole signal NaN.
        * A constant estimate of a sounding reference gives -inf. The formula
          says 0/0; silence says nothing about the reference, and here it never
          scores above any other estimate.
        * An estimate equal to its reference gives +inf. A scaled copy gives
          some 300 dB, because the scaling rounds.

    Raises
    ------
    TypeError
        If a signal is not float32 or float64.
    ValueError
        If the shapes differ, samples are not last, or a sample is not finite.

    References
    ----------
    Le Roux, Wisdom, Erdogan and Hershey, "SDR - half-baked or well done?",
    ICASSP 2019. Removing the means is this book's choice (and nussl's).

    Examples
    --------
    >>> import numpy as np
    >>> t = np.arange(1000) / 1000
    >>> voice, hum = np.sin(2 * np.pi * 40 * t), np.sin(2 * np.pi * 5 * t)
    >>> round(si_sdr(voice + 0.1 * hum, voice), 3)
    20.0
    >>> round(si_sdr(0.3 * (voice + 0.1 * hum), voice), 3)  # the level does not count
    20.0
    """
    estimate, reference = check_pair(estimate, reference)
    estimate, estimate_constant = _remove_mean(estimate)
    reference, reference_constant = _remove_mean(reference)

    with np.errstate(divide="ignore", invalid="ignore"):
        alpha = _inner(estimate, reference) / _inner(reference, reference)
        target = alpha[..., None] * reference  # (..., channel, sample)
        distortion = target - estimate
        score = 10 * np.log10(_inner(target, target) / _inner(distortion, distortion))
    score = np.where(estimate_constant, -np.inf, score)
    score = np.where(reference_constant, np.nan, score)
    if score.ndim:
        score = _mean_over_channels(score)
    return _float_or_array(score)


def si_sdr_improvement(
    estimate: ArrayLike, reference: ArrayLike, mixture: ArrayLike
) -> float | np.ndarray:
    """SI-SDR of the estimate minus that of the mixture, in dB.

    It flatters: a fixed gain per frequency already improves by several dB.
    Quote :func:`common.evaluation.share` beside it.

    Parameters
    ----------
    estimate, reference, mixture : array, (sample,), (channel, sample) or (..., channel, sample)

    Returns
    -------
    float or array
        dB, NaN where the reference is silent. See :func:`si_sdr`.

    Raises
    ------
    TypeError, ValueError
        As :func:`si_sdr`.
    """
    return si_sdr(estimate, reference) - si_sdr(mixture, reference)


def usdr(estimate: ArrayLike, reference: ArrayLike, *, epsilon: float = 1e-7) -> float | np.ndarray:
    """SDR over the whole song, as the Music Demixing Challenge scores it.

    ``10 log10((Σ s² + ε) / (Σ (s - ŝ)² + ε))``, the sums over all channels and
    samples: a plain signal-to-noise ratio. Level counts, means are kept, and
    nothing is fitted.

    Parameters
    ----------
    estimate, reference : array, (sample,), (channel, sample) or (..., channel, sample)
        Samples of full scale 1, which `epsilon` takes for granted.
    epsilon : float
        Energy added to both sums, so that silence has a score: the energy of
        one sample at -70 dB of full scale, in the whole song. A silent
        reference with a silent estimate gives 0 dB.

    Returns
    -------
    float or array
        dB; a float for one signal, an array of the batch axes for many.

    Raises
    ------
    TypeError, ValueError
        As :func:`si_sdr`; also if `epsilon` is negative.

    References
    ----------
    Mitsufuji et al., "Music Demixing Challenge 2021", Frontiers in Signal
    Processing 2022; ε is that of the challenge's starter kit. The name uSDR is
    that of Luo and Yu, "Music source separation with band-split RNN", 2023.
    """
    if epsilon < 0:
        raise ValueError(f"epsilon: expected an energy of at least 0, got {epsilon}")
    estimate, reference = check_pair(estimate, reference)
    axes = (-2, -1) if reference.ndim > 1 else -1
    signal = np.sum(reference**2, axis=axes)
    distortion = np.sum((reference - estimate) ** 2, axis=axes)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = 10 * np.log10((signal + epsilon) / (distortion + epsilon))
    return _float_or_array(score)


def check_pair(estimate: ArrayLike, reference: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return both as float64, or raise with what was expected and what came."""
    estimate = check_signal(estimate, "estimate")
    reference = check_signal(reference, "reference")
    check_same_shape(estimate=estimate, reference=reference)
    return estimate, reference


def check_signal(signal: ArrayLike, name: str) -> np.ndarray:
    """Return a real, finite signal with samples last as float64, or raise."""
    signal = np.asarray(signal)
    check_floating(signal, name)
    check_dimensions(signal, name, ("sample",))
    if signal.size == 0:
        raise ValueError(f"{name}: expected at least one sample, got shape {signal.shape}")
    if signal.ndim > 1 and signal.shape[-2] > signal.shape[-1]:
        raise ValueError(
            f"{name}: expected (..., channel, sample), got shape {signal.shape} with "
            f"more channels than samples; transpose it so that samples come last"
        )
    check_finite(signal, name)
    return signal.astype(np.float64)


def _remove_mean(signal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre each channel, and tell which channels were constant."""
    centred = signal - signal.mean(axis=-1, keepdims=True)
    constant = _inner(centred, centred) <= CONSTANT * _inner(signal, signal)
    return centred, constant


def _inner(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("...t,...t->...", a, b)


def _mean_over_channels(score: np.ndarray) -> np.ndarray:
    """Average the last axis; where +inf meets -inf, the silent channel wins."""
    with np.errstate(invalid="ignore"):
        mean = score.mean(axis=-1)
    lost = np.isneginf(score).any(axis=-1) & ~np.isnan(score).any(axis=-1)
    return np.where(lost, -np.inf, mean)


def _float_or_array(score: np.ndarray) -> float | np.ndarray:
    return score if np.ndim(score) else float(score)
