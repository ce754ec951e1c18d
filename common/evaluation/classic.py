"""The voice without learning: classic methods, as rows of a table.

Each function takes a song and returns its estimate of the vocals, ``(channel, sample)`` float32,
of the mixture's shape. It looks at ``song.mixture`` and ``song.rate``; only `nmf_told` is told the
answer. Each channel is separated by itself, except in `duet`, which compares two. Silence gives
silence. What lies below `CUTOFF` is no voice, whatever a method says (`nmf_told` aside).

The defaults were chosen on the 20 validation songs, by mean SI-SDR, one or two at a time among the
values named as tried (`duet`: on ten of these songs, rendered in stereo). The chapter
*without-learning* builds the methods.
"""

from __future__ import annotations

import contextlib

import numpy as np

from common.evaluation.baselines import SongLike
from common.evaluation.classic_parts import (
    CONFIG,
    TINY,
    audio_signal,
    check_duration,
    component_mask,
    each_channel,
    factorize,
    inverse,
    median_masks,
    quiet,
)
from common.stft import STFTConfig, istft, stft

CUTOFF = 200.0  # Hz. Tried: 100, 150, 200, 250, 300.


def high_pass(song: SongLike, *, cutoff: float = CUTOFF) -> np.ndarray:
    """Keep what lies above a frequency in Hz: voices leave the lowest octaves alone."""

    def separate(x: np.ndarray, rate: float) -> np.ndarray:
        return inverse(stft(x), x, rate, cutoff)

    return each_channel(song, separate)


def hpss(
    song: SongLike,
    *,
    long: int = 8192,
    short: int = 512,
    chord: float = 3.0,
    spread: float = 30.0,
    syllable: float = 0.2,
    stroke: float = 300.0,
) -> np.ndarray:
    """Median filters in two stages: a voice is neither a chord nor a stroke.

    Through a long window a chord is a level line, and a voice, which trembles and glides, is none;
    through a short one a drum is an upright line, and a voice is none. It fails where instruments
    tremble too, and where a singer holds a plain tone.

    Parameters
    ----------
    song : song
    long, short : int
        Windows in samples, hops a quarter of it. Tried: 4096, 8192, 16384; 512, 1024, 2048.
    chord, spread : float
        Lengths of the median filters in the long window, along time in seconds and along frequency
        in Hz. Tried: 0.5, 1, 2, 3, 4; 15, 20, 30, 45, 100.
    syllable, stroke : float
        The same in the short window. Tried: 0.05, 0.1, 0.15, 0.2, 0.3; 150, 200, 300, 450, 600.

    References
    ----------
    FitzGerald, "Harmonic/percussive separation using median filtering", DAFx 2010. Two windows:
    Tachibana, Ono and Sagayama, "Singing voice enhancement in monaural music signals based on
    two-stage harmonic/percussive sound separation on multiple resolution spectrograms", IEEE/ACM
    TASLP 22(1), 2014.
    """
    wide, narrow = STFTConfig(long, long // 4), STFTConfig(short, short // 4)

    def separate(x: np.ndarray, rate: float) -> np.ndarray:
        X = stft(x, wide)  # (freq, frame)
        _, no_chord = median_masks(X, rate, wide, chord, spread)
        X = stft(istft(no_chord * X, length=x.size, config=wide), narrow)  # (freq, frame)
        no_stroke, _ = median_masks(X, rate, narrow, syllable, stroke)
        return inverse(no_stroke * X, x, rate, CUTOFF, narrow)

    return each_channel(song, separate)


def repet(song: SongLike, *, min_period: float = 1.5) -> np.ndarray:
    """REPET, nussl's: what comes again after one period is accompaniment.

    Parameters
    ----------
    song : song
        Three times the shortest period long, or ValueError.
    min_period : float
        Seconds; the longest is a third of the song, at most 8. Tried: 0.8, 1, 1.2, 1.5, 2.5.

    References
    ----------
    Rafii and Pardo, "REpeating Pattern Extraction Technique (REPET): a simple method for
    music/voice separation", IEEE TASLP 21(1), 2013.
    """
    check_duration(song, 3 * min_period, "repet", "three times the shortest period")
    return _foreground(song, "Repet", min_period=min_period)


def repet_sim(song: SongLike, *, distance: float = 0.5) -> np.ndarray:
    """REPET-SIM, nussl's: what frames that are alike have in common is accompaniment.

    Parameters
    ----------
    song : song
        Three times the distance long, or ValueError.
    distance : float
        Seconds that frames lie apart at least. Tried: 0.1, 0.3, 0.5, 0.7, 1, 2.

    References
    ----------
    Rafii and Pardo, "Music/voice separation using the similarity matrix", ISMIR 2012.
    """
    check_duration(song, 3 * distance, "repet_sim", "three times the distance")
    return _foreground(song, "RepetSim", min_distance_between_frames=distance)


def ft2d(song: SongLike, *, width: int = 9) -> np.ndarray:
    """2DFT, nussl's: what repeats is a peak in the spectrogram's own spectrum.

    Parameters
    ----------
    song : song
        One frame long, or ValueError.
    width : int
        Of the neighbourhood that a peak stands out of. Tried: 5, 7, 9, 11, 15, 25, 51.

    References
    ----------
    Seetharaman, Pishdadian and Pardo, "Music/voice separation using the 2D Fourier transform",
    WASPAA 2017.
    """
    check_duration(song, CONFIG.window_length / song.rate, "ft2d", "one frame")
    return _foreground(song, "FT2D", neighborhood_size=(1, width))


def _foreground(song: SongLike, name: str, **options: object) -> np.ndarray:
    """What nussl's primitive separator of that name takes for the foreground."""
    from common.compat import nussl

    method = getattr(nussl.separation.primitive, name)

    def separate(x: np.ndarray, rate: float) -> np.ndarray:
        with quiet():
            separator = method(audio_signal(x, rate), high_pass_cutoff=CUTOFF, **options)
            _, foreground = separator.run()  # masks, the background first
        return inverse(foreground.mask[..., 0] * stft(x), x, rate)

    return each_channel(song, separate)


def nmf(
    song: SongLike, *, components: int = 20, lowest: float = 800.0, highest: float = 3500.0
) -> np.ndarray:
    """NMF, librosa's, its components sorted by where their spectra have their centres.

    A bass lies below the voice, cymbals above; chords lie where voices do, and stay in.

    Parameters
    ----------
    song : song
        Of as many frames as components, or ValueError.
    components : int
        Tried: 10, 15, 20, 30, 40.
    lowest, highest : float
        A component with its spectral centroid between them, in Hz, goes to the voice. If there is
        none, the estimate is silent. Tried: 600, 700, 800, 900; 2500, 3500.

    References
    ----------
    Lee and Seung, "Algorithms for non-negative matrix factorization", NeurIPS 2000; Smaragdis and
    Brown, "Non-negative matrix factorization for polyphonic music transcription", WASPAA 2003.
    """

    check_duration(song, components * CONFIG.hop / song.rate, "nmf", "a frame for each component")

    def separate(x: np.ndarray, rate: float) -> np.ndarray:
        X = stft(x)
        W, H = factorize(X, components)
        centres = CONFIG.frequencies(rate) @ W / (W.sum(axis=0) + TINY)  # (component,)
        chosen = (centres > lowest) & (centres < highest)
        return inverse(component_mask(W, H, chosen) * X, x, rate, CUTOFF)

    return each_channel(song, separate)


def nmf_told(song: SongLike, *, components: int = 20) -> np.ndarray:
    """NMF, each component given to the voice as far as it is the voice's: told the answer.

    It reads the true vocals, and shows how much sorting the components could bring.
    """
    check_duration(song, components * CONFIG.hop / song.rate, "nmf", "a frame for each component")

    def separate(x: np.ndarray, rate: float, vocals: np.ndarray) -> np.ndarray:
        X, S = stft(x), stft(vocals)
        W, H = factorize(X, components)
        voice, rest = (
            (H * (W.T @ (np.abs(Y) / (W @ H + TINY)))).sum(axis=1) for Y in (S, X - S)
        )  # (component,): what it holds of either
        return inverse(component_mask(W, H, voice / (voice + rest + TINY)) * X, x, rate)

    return each_channel(song, separate, song.source("vocals"))


def duet(song: SongLike, *, places: int = 2) -> np.ndarray:
    """DUET, nussl's: of the places between the loudspeakers, the one nearest to the middle.

    It fails where drums and bass stand in the middle as well, which they do in most songs.

    Parameters
    ----------
    song : song
        Of two channels and one frame, or ValueError.
    places : int
        Tried: 2, 3, 4.

    References
    ----------
    Yilmaz and Rickard, "Blind separation of speech mixtures via time-frequency masking", IEEE
    Transactions on Signal Processing 52(7), 2004.
    """
    x = song.mixture
    if len(x) != 2:
        raise ValueError(
            f"{song.name}: expected two channels to compare, got {len(x)}; load it with channels=2"
        )
    check_duration(song, CONFIG.window_length / song.rate, "duet", "one frame")
    if not x.any():
        return np.zeros_like(x, dtype=np.float32)
    from common.compat import nussl

    mask = np.ones(1, dtype=np.float32)
    separator = nussl.separation.spatial.Duet(audio_signal(x, song.rate), places)
    # Where it finds fewer places than it was asked for, nussl stops: then all is in one.
    with contextlib.suppress(IndexError), quiet():
        separator.run()
        nearest = np.abs(np.log(separator.atn_peak)).argmin()
        mask = separator.result_masks[nearest].mask[..., 0]  # (freq, frame)
    return inverse(mask * stft(x), x, song.rate, CUTOFF)
