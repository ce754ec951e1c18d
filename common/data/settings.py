"""What a made set consists of, and where it lies."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from common.checks import check_positive
from common.data.generator.version import VERSION

LICENCE = "CC BY 4.0"


@dataclass(frozen=True)
class Settings:
    """A set of songs; other settings are another set, in another folder.

    Parameters
    ----------
    rate : int
        Samples a second.
    channels : int
        1 or 2.
    duration : float
        Seconds a song, at least 6.
    train, valid, test, stereo, unseen : int
        How many songs. The stereo ones are test songs beside the others; the unseen ones
        are in styles, and sung by a kind of voice, that are in no other split.
    seed : int
        Another seed gives other songs.
    vocals_db : float
        Raise the voice in the mix, in dB.
    """

    rate: int = 22050
    channels: int = 1
    duration: float = 12.0
    train: int = 120
    valid: int = 20
    test: int = 20
    stereo: int = 3
    unseen: int = 12
    seed: int = 0
    vocals_db: float = 0.0

    def __post_init__(self) -> None:
        check_positive(self.rate, "rate")
        if self.channels not in (1, 2):
            raise ValueError(f"channels: expected 1 or 2, got {self.channels}")
        if not 6 <= self.duration <= 600:
            raise ValueError(f"duration: expected 6 to 600 seconds, got {self.duration}")
        for name in ("train", "valid", "test", "stereo", "unseen"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: expected a number of songs, got {getattr(self, name)}")

    @property
    def folder_name(self) -> str:
        """``songs-<generator's version>-<hash of the settings>``."""
        text = json.dumps(asdict(self), sort_keys=True)
        return f"songs-{VERSION}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def data_folder() -> Path:
    """Where made songs are kept: HEAR_THE_MASK_DATA, or ``.data`` beside ``common``."""
    chosen = os.environ.get("HEAR_THE_MASK_DATA")
    return Path(chosen).expanduser() if chosen else Path(__file__).parents[2] / ".data"


def songs_folder(settings: Settings | None = None) -> Path:
    """The folder of a made set, whether it is there or not."""
    return data_folder() / (settings or Settings()).folder_name
