"""Measure the made songs beside the real track: ``python tests/data/measure_songs.py``.

Prints, for every stem of the test songs, what a do-nothing, a fixed gain and the ideal
masks reach; then loudness, peaks, rests and the balance of the spectrum.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from common.data import STEMS, Song, load_real_track, load_songs
from common.data.generator.loudness import loudness
from common.evaluation import fit_static_mask, score_songs

EDGES = (20, 60, 120, 250, 500, 1000, 2000, 4000, 8000, 11025)


def rests(song: Song, name: str = "vocals") -> float:
    """The share of tenths of a second that lie 30 LU below the stem's loudness."""
    audio = song.source(name).astype(float)
    step = song.rate // 10
    power = np.mean(audio[:, : audio.shape[-1] // step * step].reshape(-1, step) ** 2, axis=1)
    return float(np.mean(power < 10 ** ((loudness(audio, song.rate) - 30) / 10)))


def balance(audio: np.ndarray, rate: int) -> list[float]:
    """The power of the octaves, in dB of the whole."""
    power = np.sum(np.abs(np.fft.rfft(audio)) ** 2, axis=0)
    f = np.fft.rfftfreq(audio.shape[-1], 1 / rate)
    bands = [power[(f >= low) & (f < high)].sum() for low, high in pairwise(EDGES)]
    return [10 * np.log10(band / power.sum() + 1e-12) for band in bands]


def report(title: str, songs: list[Song]) -> None:
    """Print levels, rests and the spectrum's balance."""
    print(f"\n{title}: {len(songs)} songs")
    peak = max(np.abs(song.mixture).max() for song in songs)
    print(f"  highest peak {20 * np.log10(peak):.2f} dBFS; vocal rests {share(songs)}")
    print("  power by octave from", *EDGES[:-1], "Hz up")
    for name in (*STEMS, "mixture"):
        levels = [loudness(song.source(name).astype(float), song.rate) for song in songs]
        octaves = np.mean([balance(song.source(name), song.rate) for song in songs], axis=0)
        print(
            f"  {name:8} {np.mean(levels):6.1f} LUFS |", *(f"{octave:5.0f}" for octave in octaves)
        )


def share(songs: list[Song]) -> str:
    """Mean and range of the vocals' rests."""
    shares = [rests(song) for song in songs]
    return f"{np.mean(shares):.0%} of the time ({min(shares):.0%} to {max(shares):.0%})"


def main() -> None:
    train, test = load_songs("train"), list(load_songs("test"))
    real = [load_real_track()]
    for stem in STEMS:
        static = fit_static_mask(train[::3], stem)
        for title, songs in (("test songs", test), ("real track", real)):
            print(f"\n{stem}, {title}")
            print(score_songs(songs, target=stem, static=static))
    report("test songs", test)
    report("real track", real)


if __name__ == "__main__":
    main()
