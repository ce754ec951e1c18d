"""What the classic methods share: channels, medians, factors, nussl's signals, guards."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator

import librosa
import numpy as np

from common.evaluation.baselines import SongLike
from common.stft import STFTConfig, istft

CONFIG = STFTConfig()
TINY = 1e-9


def each_channel(song: SongLike, separate: Callable[..., np.ndarray], *more: np.ndarray):
    """Put ``separate(x, rate, *more)``, (sample,) each, to every channel that sounds.

    Returns the estimate, (channel, sample) float32. `more`, (channel, sample) each, goes along.
    """
    channels = [
        separate(x, song.rate, *rest) if x.any() else np.zeros_like(x)
        for x, *rest in zip(song.mixture, *more, strict=True)
    ]
    return np.stack(channels).astype(np.float32)  # (channel, sample)


def inverse(
    X: np.ndarray, like: np.ndarray, rate: float, cutoff: float = 0.0, config: STFTConfig = CONFIG
) -> np.ndarray:
    """The signal of what lies above `cutoff` in Hz in X (..., freq, frame), as long as `like`."""
    keep = config.frequencies(rate)[:, None] > cutoff if cutoff else 1.0  # (freq, 1)
    return istft(keep * X, length=like.shape[-1], config=config).astype(np.float32)


def median_masks(
    X: np.ndarray, rate: float, config: STFTConfig, seconds: float, hertz: float
) -> tuple[np.ndarray, np.ndarray]:
    """librosa's masks (freq, frame) of what is level over `seconds`, and upright over `hertz`."""
    wanted = hertz * config.window_length / rate, seconds * rate / config.hop  # bins, frames
    # Odd, and no longer than the picture: SciPy's filter reads past its end.
    bins, frames = (
        max(1, min(round(n) | 1, (m - 1) | 1)) for n, m in zip(wanted, X.shape, strict=True)
    )
    return librosa.decompose.hpss(np.abs(X), kernel_size=(frames, bins), mask=True)


def factorize(X: np.ndarray, components: int) -> tuple[np.ndarray, np.ndarray]:
    """|X| (freq, frame) as W (freq, component) times H (component, frame), by librosa."""
    with quiet():  # it says that more steps would bring it nearer
        return librosa.decompose.decompose(
            np.abs(X) + TINY,
            n_components=components,
            init="nndsvda",
            solver="mu",
            beta_loss="kullback-leibler",
            max_iter=100,
            tol=0,
            random_state=0,
        )


def component_mask(W: np.ndarray, H: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The share of each bin that falls to the weighted components, (freq, frame)."""
    return (W * weights) @ H / (W @ H + TINY)


def audio_signal(x: np.ndarray, rate: float):
    """nussl's signal of (sample,) or (channel, sample), with the book's transform."""
    from common.compat import nussl

    params = nussl.STFTParams(CONFIG.window_length, CONFIG.hop, CONFIG.window)
    audio = np.atleast_2d(x).astype(float)
    return nussl.AudioSignal(audio_data_array=audio, sample_rate=rate, stft_params=params)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Let warnings pass that tell a reader nothing, and divisions by zero in silent frames."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def check_duration(song: SongLike, seconds: float, method: str, why: str) -> None:
    """Raise ValueError if a song is too short for a method."""
    duration = song.mixture.shape[-1] / song.rate
    if duration < seconds:
        raise ValueError(
            f"{method} on {song.name!r}: expected at least {seconds:.2g} s, {why}, got "
            f"{duration:.2g} s; take a longer excerpt"
        )
