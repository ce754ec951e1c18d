"""Compose a song: everything that is decided before a sample is computed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from common.data.generator import arrange, cast, lyrics, melody
from common.data.generator.form import Form, plan
from common.data.generator.instruments import Preset
from common.data.generator.singing import SungNote
from common.data.generator.styles import STYLES, UNSEEN_STYLES, Part, Style
from common.data.generator.theory import Key, Loop
from common.seed import rng as seeded


@dataclass(frozen=True)
class Score:
    """All that there is to know about a song; `mix.render` makes it sound."""

    seed: tuple[object, ...]
    style: Style
    key: Key
    form: Form
    loops: tuple[Loop, Loop]
    lines: tuple[lyrics.Line, ...]
    singer: Preset
    kit: Preset
    bass: Preset
    instruments: tuple[tuple[Part, Preset], ...]
    sung: tuple[SungNote, ...]
    hits: tuple[arrange.Hit, ...]
    bass_notes: tuple[arrange.Note, ...]
    part_notes: tuple[tuple[arrange.Note, ...], ...]

    @property
    def tempo(self) -> float:
        """Beats a minute."""
        return 240 / self.form.clock.bar

    def describe(self) -> dict[str, object]:
        """What the manifest tells about a song, in plain types."""
        return {
            "singer": self.singer.name,
            "style": self.style.name,
            "key": self.key.name,
            "tempo": round(self.tempo, 1),
            "form": self.form.sections,
            "chords": [list(loop) for loop in self.loops],
            "lyrics": [line.text for line in self.lines],
            "instruments": [
                self.kit.name,
                self.bass.name,
                *(preset.name for _, preset in self.instruments),
            ],
        }


def compose(
    split: str,
    number: int,
    *,
    seed: int,
    duration: float,
    early: bool = False,
    style: Style | None = None,
) -> Score:
    """Write song `number` of a split.

    Parameters
    ----------
    split : str
        One of `cast.SPLITS`: whose singers, presets, chords and words it may use.
    number : int
        Styles and singers take turns by it.
    seed : int
        Another seed is another set of songs.
    duration : float
        Seconds.
    early : bool
        The voice starts within the first second.
    style : Style, optional
        Whose turn it is, if not told.
    """
    own = UNSEEN_STYLES if split == "unseen" else STYLES
    style = style or own[(number * 5 + seed) % len(own)]
    parts = ("song", seed, split, number, style.name, duration, early)
    rng = seeded(*parts)
    singer = cast.singer(split, number)
    key, loops = _write_harmony(style, split, rng)
    form = plan(style.tempo, style.swing, loops, duration, early, rng)
    sung, lines = melody.write_melody(form, key, singer.values["register"], split, rng)

    kit = _pick((style.kit,), split, rng)
    bass = _pick(style.bass, split, rng)
    chosen = [part for part in style.parts if part.role != "answer" or rng.random() < 0.75]
    instruments = tuple((part, _pick(part.families, split, rng)) for part in chosen)
    return Score(
        seed=parts,
        style=style,
        key=key,
        form=form,
        loops=loops,
        lines=tuple(lines),
        singer=singer,
        kit=kit,
        bass=bass,
        instruments=instruments,
        sung=tuple(sung),
        hits=tuple(arrange.drum_hits(style, form, rng)),
        bass_notes=tuple(arrange.bass_line(style, form, key, rng)),
        part_notes=tuple(
            tuple(arrange.part_notes(part, form, key, style.chord_size, sung, rng))
            for part, _ in instruments
        ),
    )


def _write_harmony(
    style: Style, split: str, rng: np.random.Generator
) -> tuple[Key, tuple[Loop, Loop]]:
    """Choose a key, a loop that starts at home for the verse, and another for the chorus."""
    modes = [mode for mode in style.modes if len(cast.loops(mode, split)) >= 2]
    key = Key(int(rng.integers(12)), modes[rng.integers(len(modes))])
    choice = cast.loops(key.mode, split)
    home = [loop for loop in choice if loop[0] == 0] or list(choice)
    verse = home[rng.integers(len(home))]
    others = [loop for loop in choice if loop != verse and loop[0] in (0, 3, 5)] or list(choice)
    return key, (verse, others[rng.integers(len(others))])


def _pick(families: tuple[cast.Family, ...], split: str, rng: np.random.Generator) -> Preset:
    """One of the split's presets of one of the families."""
    own = cast.presets(families[rng.integers(len(families))], split)
    return own[rng.integers(len(own))]
