"""The estimates that every table shows: do nothing, a fixed gain, and ideal masks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np

from common.checks import check_same_shape
from common.masks import (
    ideal_binary_mask,
    ideal_ratio_mask,
    phase_sensitive_mask,
    static_mask,
)
from common.stft import STFTConfig, istft, stft

# Rows by meaning. The share is measured from STATIC to CEILING.
MIXTURE, STATIC, CEILING = "mixture", "static", "phase_sensitive_clipped"
BASELINES = {
    MIXTURE: "mixture (do nothing)",
    STATIC: "static mask",
}
ORACLES = {
    "ibm": "ideal binary mask",
    "irm": "ideal ratio mask (p = 1)",
    "power_ratio": "power ratio mask (p = 2)",
    CEILING: "phase-sensitive mask, clipped",
    "phase_sensitive": "phase-sensitive mask",
}


class SongLike(Protocol):
    """What is asked of a song; :class:`common.data.Song` has it."""

    name: str
    rate: int

    @property
    def mixture(self) -> np.ndarray:
        """The mixture, (channel, sample)."""

    def source(self, name: str) -> np.ndarray:
        """One source, (channel, sample)."""


def fit_static_mask(
    songs: Iterable[SongLike], target: str = "vocals", config: STFTConfig = STFTConfig()
) -> np.ndarray:
    """Learn the best-known gain per frequency, from training songs.

    The target's power over the mixture's, each added up over all songs,
    channels and frames: loud and long songs count more. One song at a time is
    held in memory.

    Parameters
    ----------
    songs : iterable of songs
        Training songs; never those that are scored.
    target : str
        Name of the source, as in ``song.source(target)``.
    config : STFTConfig

    Returns
    -------
    array, (freq, 1)
        Gains in [0, 1], to multiply onto a spectrogram (..., freq, frame).

    Raises
    ------
    ValueError
        If there are no songs, or a source's shape is not its mixture's.
    """
    powers = np.zeros((2, config.window_length // 2 + 1))  # target, mixture
    fitted = False
    for song in songs:
        source, mixture = song.source(target), song.mixture
        check_same_shape(source=source, mixture=mixture)
        for power, signal in zip(powers, (source, mixture), strict=True):
            power += _power(stft(signal, config))
        fitted = True
    if not fitted:
        raise ValueError("songs: expected at least one training song, got none")
    return static_mask(*powers)


def baseline_estimates(
    song: SongLike,
    target: str = "vocals",
    *,
    static: np.ndarray,
    config: STFTConfig = STFTConfig(),
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the estimate of each baseline and each ideal mask.

    The ideal masks set the target against all the rest of the mixture, added
    up, and keep the mixture's phase. Each estimate is made when it is asked
    for; the spectrograms are made once.

    Parameters
    ----------
    song : song
    target : str
        Name of the source.
    static : array, (freq, 1)
        From :func:`fit_static_mask`, under the same `config`.
    config : STFTConfig

    Yields
    ------
    key : str
        Keys of ``BASELINES``, then of ``ORACLES``, in that order.
    estimate : array, (channel, sample)

    Raises
    ------
    ValueError
        If `static` does not fit `config`, or the source does not fit the
        mixture.
    """
    mixture, source = song.mixture, song.source(target)
    check_same_shape(source=source, mixture=mixture)
    check_static(static, config)
    yield MIXTURE, mixture

    X, S = stft(mixture, config), stft(source, config)  # (channel, freq, frame)
    R = X - S  # the rest: the transform is linear

    def masked(mask: np.ndarray) -> np.ndarray:
        return istft(mask.astype(S.real.dtype) * X, length=mixture.shape[-1], config=config)

    yield STATIC, masked(static)
    yield "ibm", masked(ideal_binary_mask(S, R))
    yield "irm", masked(ideal_ratio_mask(S, R))
    yield "power_ratio", masked(ideal_ratio_mask(S, R, exponent=2.0))
    yield CEILING, masked(phase_sensitive_mask(S, X))
    yield "phase_sensitive", masked(phase_sensitive_mask(S, X, clip=False))


def check_static(static: np.ndarray, config: STFTConfig) -> None:
    """Raise ValueError unless `static` is one gain in [0, 1] per frequency of `config`."""
    expected = (config.window_length // 2 + 1, 1)
    if np.shape(static) != expected:
        raise ValueError(
            f"static: expected (freq, 1) = {expected} for {config}, got {np.shape(static)}; "
            f"make it with fit_static_mask(training_songs, target, config)"
        )
    if not (np.min(static) >= 0 and np.max(static) <= 1):
        raise ValueError(
            f"static: expected gains in [0, 1], got {np.min(static)} to {np.max(static)}"
        )


def _power(spectrogram: np.ndarray) -> np.ndarray:
    """Power per frequency, (freq,), added up over channels and frames."""
    power = spectrogram.real**2 + spectrogram.imag**2
    return power.sum(axis=(0, -1), dtype=np.float64)
