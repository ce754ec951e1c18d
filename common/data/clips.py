"""Four short songs that come with the book, so that every chapter sounds at once.

They are made by the book's own generator: ``python -m common.data clips`` makes
them again. Their recipe is `RECIPES`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.data.files import convert, read_audio, write_audio
from common.data.settings import LICENCE
from common.data.song import STEMS, Song

CLIPS = Path(__file__).parent / "clips"
RATE = 22050
SECONDS = 8.0
# A clip keeps 13 of 16 bits: its noise is 83 dB below full scale, and FLAC fits it in a megabyte.
STEP = 8


@dataclass(frozen=True)
class Recipe:
    """Which song of the generator a clip is."""

    style: str
    number: int
    channels: int


RECIPES = {
    "harbour-lights": Recipe("pop", 6, 1),
    "velvet-static": Recipe("rock", 7, 1),
    "night-signal": Recipe("synthwave", 14, 2),
    "paper-lanterns": Recipe("bossa", 5, 2),
}


def clip_names() -> list[str]:
    """The names that `load_clip` knows; the first is the one to start with."""
    return list(RECIPES)


def load_clip(name: str, *, rate: int = RATE, channels: int = 1) -> Song:
    """Load one of the book's own clips.

    Parameters
    ----------
    name : str
        One of `clip_names`.
    rate, channels : int
        What it is turned into; all clips are at 22 050 Hz, the last two are stereo.

    Returns
    -------
    Song
        8 s; its voice starts within the first second.

    Raises
    ------
    ValueError
        If there is no such clip.
    """
    if name not in RECIPES:
        raise ValueError(f"there is no clip {name!r}; choose one of {', '.join(RECIPES)}")
    stems = {}
    for stem in STEMS:
        audio, own_rate = read_audio(CLIPS / name / f"{stem}.flac")
        stems[stem] = convert(audio, own_rate, to_rate=rate, channels=channels)
    with open(CLIPS / name / "clip.json", encoding="utf-8") as file:
        info = json.load(file)
    credit = (
        f'"{name.replace("-", " ").title()}", made by the generator of Hear the Mask, {LICENCE}'
    )
    return Song(name, rate, stems, LICENCE, credit, info)


def render_clip(name: str) -> tuple[dict[str, np.ndarray], dict[str, object]]:
    """Compute a clip's stems, ``(channel, sample)`` int16, and its description anew."""
    from common.data.generator.mix import render
    from common.data.generator.score import compose
    from common.data.generator.styles import STYLES
    from common.data.generator.version import VERSION

    recipe = RECIPES[name]
    style = next(style for style in STYLES if style.name == recipe.style)
    score = compose("clips", recipe.number, seed=0, duration=SECONDS, early=True, style=style)
    stems = render(score, rate=RATE, channels=recipe.channels, duration=SECONDS)
    stems = {
        stem: np.int16(STEP) * ((audio + np.int16(STEP // 2)) // np.int16(STEP))
        for stem, audio in stems.items()
    }
    title = name.replace("-", " ").title()
    info = {
        **score.describe(),
        "title": title,
        "channels": recipe.channels,
        "generator": VERSION,
        "licence": LICENCE,
    }
    return stems, info


def make_clips(folder: Path = CLIPS) -> None:
    """Write all clips as FLAC, with their descriptions."""
    for name in RECIPES:
        stems, info = render_clip(name)
        (folder / name).mkdir(parents=True, exist_ok=True)
        for stem, audio in stems.items():
            write_audio(folder / name / f"{stem}.flac", audio, RATE)
        with open(folder / name / "clip.json", "w", encoding="utf-8") as file:
            json.dump(info, file, indent=1)
            file.write("\n")
