"""Six seconds of a real song, which a package that musdb needs brings along."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from common.data.files import DataError, convert
from common.data.library import read_stem_mp4
from common.data.song import Song

LICENCE = "CC BY-NC-SA 3.0"
ATTRIBUTION = '"Falcon 69" by The Easton Ellises, an excerpt of 6 s from MUSDB18, CC BY-NC-SA 3.0'
# The encoder's start and end, at 44.1 kHz, where the stems do not fit together.
TRIM = (2048, 4096)
PEAK = 0.89


class RealTrackLeftOut(DataError):
    """The real track is switched off or not installed; chapters go on without it."""


def load_real_track(*, rate: int = 22050, channels: int = 1) -> Song:
    """Load the real track: 6 s of MUSDB18 from stempeg's wheel.

    Its own mixture is not the sum of its stems, so their sum is taken. It may be
    played with its attribution beside it. It is never copied, nor what is made of it.

    Parameters
    ----------
    rate, channels : int
        What it is turned into; it is in stereo at 44.1 kHz.

    Raises
    ------
    RealTrackLeftOut
        If HEAR_THE_MASK_REAL_TRACK is 0, or stempeg is not installed.
    """
    if os.environ.get("HEAR_THE_MASK_REAL_TRACK", "1") == "0":
        raise RealTrackLeftOut(
            "HEAR_THE_MASK_REAL_TRACK is 0, so the real track is left out; unset it to hear it"
        )
    package = find_spec("stempeg")
    places = list(package.submodule_search_locations or ()) if package else []
    files = [
        file for place in places for file in (Path(place) / "data").glob("*Falcon 69.stem.mp4")
    ]
    if not files:
        raise RealTrackLeftOut(
            "the real track comes with stempeg 0.2, which is not installed: pip install stempeg"
        )
    start, end = TRIM
    stems = {
        stem: convert(audio[:, start:-end], own_rate, to_rate=rate, channels=channels)
        for stem, (audio, own_rate) in read_stem_mp4(files[0]).items()
    }
    # Before mastering the stems' sum is louder than full scale: one gain for all, so that it plays.
    peak = max(np.abs(audio).max() for audio in (sum(stems.values()), *stems.values()))
    gain = np.float32(min(1.0, PEAK / peak))
    stems = {stem: gain * audio for stem, audio in stems.items()}
    return Song("The Easton Ellises - Falcon 69", rate, stems, LICENCE, ATTRIBUTION)
