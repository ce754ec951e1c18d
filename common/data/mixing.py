"""Mixtures without end, made from songs in memory while a network trains on them.

The chapter *mixing* says what for. An example is made from its number alone, whoever asks for it
and in whatever order: any worker, any rank, and any later run get the same one::

    loader = DataLoader(mixer, batch_size=8, num_workers=2, sampler=range(0, 80_000))
    loader = DataLoader(mixer, batch_size=8, sampler=range(rank, 80_000, ranks))  # of several ranks
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from common.checks import check_positive
from common.data.song import STEMS, Song
from common.seed import rng

SOURCES = {"vocals": ("vocals",), "accompaniment": ("drums", "bass", "other")}
FULL = 32767


@dataclass(frozen=True)
class Recipe:
    """How mixtures are made; each pair is a range that is drawn from evenly.

    Parameters
    ----------
    duration : float
        Seconds.
    coherent : float
        Share of mixtures whose stems come from one song and one moment. In the others every stem
        comes from a song and a moment of its own.
    gain : (float, float)
        dB, of each stem.
    level : (float, float)
        dB, of the whole mixture.
    swap : float
        Share of stems whose left and right channel change places.
    semitones : (float, float)
        Change of pitch; of drums none. Of a coherent mixture one for all stems.
    tempo : (float, float)
        New tempo over old, drawn evenly on a logarithmic scale. Of a coherent mixture one for all.
    """

    duration: float = 3.0
    coherent: float = 0.5
    gain: tuple[float, float] = (-6.0, 6.0)
    level: tuple[float, float] = (0.0, 0.0)
    swap: float = 0.0
    semitones: tuple[float, float] = (0.0, 0.0)
    tempo: tuple[float, float] = (1.0, 1.0)

    def __post_init__(self) -> None:
        check_positive(self.duration, "duration")
        for name in ("coherent", "swap"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: expected a share in [0, 1], got {getattr(self, name)}")
        for name in ("gain", "level", "semitones", "tempo"):
            low, high = getattr(self, name)
            if not (math.isfinite(low) and math.isfinite(high) and low <= high):
                raise ValueError(f"{name}: expected a range (low, high), got {(low, high)}")
        if not 0.5 <= self.tempo[0] <= self.tempo[1] <= 2:
            raise ValueError(f"tempo: expected ratios from 0.5 to 2, got {self.tempo}")


@dataclass(frozen=True)
class Part:
    """Where one stem of a mixture comes from, and what is done to it."""

    stem: str
    song: str
    start: int  # samples
    gain: float  # dB, level included
    swap: bool
    semitones: float
    tempo: float


class Example(NamedTuple):
    """A mixture, (channel, sample), its sources, (source, channel, sample), and its number.

    A DataLoader puts a batch axis before each.
    """

    mixture: np.ndarray
    sources: np.ndarray
    number: int


class Mixer:
    """Endless mixtures of the stems of songs.

    Parameters
    ----------
    songs : iterable of Song
        Of one rate and number of channels; they are read once and kept in memory, with 16 bits a
        sample (`nbytes` says how much that is).
    recipe : Recipe
    seed : int
        Another seed makes other mixtures.
    sources : mapping of str to sequence of str
        What is to be told apart, each the sum of some stems.

    Raises
    ------
    ValueError
        If there are no songs, they differ in rate or channels, one is too short, or a source is
        the sum of stems that there are not.
    """

    def __init__(
        self,
        songs: Iterable[Song],
        recipe: Recipe = Recipe(),
        *,
        seed: int = 0,
        sources: Mapping[str, Sequence[str]] = SOURCES,
    ) -> None:
        self.recipe, self.seed, self.sources = recipe, seed, dict(sources)
        self._check_sources()
        self._stems: dict[str, tuple[np.ndarray, float]] = {}
        kinds = set()
        for song in songs:
            stems = np.stack([song.stems[name] for name in STEMS])  # (stem, channel, sample)
            step = max(1.0, float(np.abs(stems).max())) / FULL
            self._stems[song.name] = np.round(stems / step).astype(np.int16), step
            kinds.add((song.rate, stems.shape[1]))
        if len(kinds) != 1:
            raise ValueError(
                f"songs: expected songs of one rate and number of channels, got "
                f"{sorted(kinds) or 'none'}; load them with load_songs(split, rate=, channels=)"
            )
        ((self.rate, self.channels),) = kinds
        self.names = list(self._stems)
        self.length = round(recipe.duration * self.rate)
        # What a change of tempo may swallow at the end.
        self._margin = 0 if set(recipe.tempo) == {1.0} else self.rate // 10
        self._check_lengths()

    @property
    def nbytes(self) -> int:
        """Memory that the songs take, in bytes."""
        return sum(stems.nbytes for stems, _ in self._stems.values())

    def __getitem__(self, number: int) -> Example:
        sounds = np.zeros((1 + len(self.sources), self.channels, self.length), dtype=np.float32)
        for part in self.plan(number):
            x = self.render(part)  # (channel, sample)
            sounds[0] += x
            for source, names in zip(sounds[1:], self.sources.values(), strict=True):
                if part.stem in names:
                    source += x
        return Example(sounds[0], sounds[1:], number)

    def plan(self, number: int) -> tuple[Part, ...]:
        """What example `number` is made of, a part for each stem."""
        if number < 0:
            raise IndexError(f"number: expected 0 or more, got {number}")
        draw, recipe = rng("mixing", self.seed, number), self.recipe
        coherent = draw.random() < recipe.coherent
        level = draw.uniform(*recipe.level)
        shared = self._place(draw)
        parts = []
        for stem in STEMS:
            song, moment, semitones, tempo = shared if coherent else self._place(draw)
            room = self._stems[song][0].shape[-1] - self._needed(tempo)
            parts.append(
                Part(
                    stem,
                    song,
                    start=int(moment * (room + 1)),
                    gain=draw.uniform(*recipe.gain) + level,
                    swap=bool(draw.random() < recipe.swap),
                    semitones=0.0 if stem == "drums" else semitones,
                    tempo=tempo,
                )
            )
        return tuple(parts)

    def render(self, part: Part) -> np.ndarray:
        """The sound of a part, (channel, sample) float32."""
        stems, step = self._stems[part.song]
        cut = slice(part.start, part.start + self._needed(part.tempo))
        x = stems[STEMS.index(part.stem), :, cut] * np.float32(step * 10 ** (part.gain / 20))
        x = x[::-1] if part.swap else x
        x = x if part.semitones == 0 and part.tempo == 1 else self._change(x, part)
        return x[:, : self.length]

    def _place(self, draw: np.random.Generator) -> tuple[str, float, float, float]:
        """A song, a moment in it from 0 to 1, a change of pitch, and one of tempo."""
        song = self.names[draw.integers(len(self.names))]
        tempo = math.exp(draw.uniform(*map(math.log, self.recipe.tempo)))
        return song, draw.random(), draw.uniform(*self.recipe.semitones), tempo

    def _needed(self, tempo: float) -> int:
        """Samples of a song that a mixture at another tempo takes."""
        return math.ceil((self.length + self._margin) * tempo)

    def _change(self, x: np.ndarray, part: Part) -> np.ndarray:
        from soxbindings import Transformer

        change = Transformer()
        if part.tempo != 1:
            change.tempo(part.tempo, "m")
        if part.semitones:
            change.pitch(part.semitones)
        y = change.build_array(input_array=x.T, sample_rate_in=self.rate).T
        return np.ascontiguousarray(y, dtype=np.float32)

    def _check_sources(self) -> None:
        for source, names in self.sources.items():
            if isinstance(names, str) or not names or not set(names) <= set(STEMS):
                raise ValueError(
                    f"sources: expected for {source} some of {', '.join(STEMS)}, got {names!r}"
                )

    def _check_lengths(self) -> None:
        needed = self._needed(self.recipe.tempo[1])
        for name, (stems, _) in self._stems.items():
            if stems.shape[-1] < needed:
                raise ValueError(
                    f"{name}: expected at least {needed / self.rate:.1f} s for mixtures of "
                    f"{self.recipe.duration:g} s, got {stems.shape[-1] / self.rate:.1f} s; leave "
                    f"it out, or take a shorter duration"
                )
