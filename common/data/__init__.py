"""Songs to separate: the book's clips, its made set, MUSDB18, and one real track.

>>> from common.data import load_clip
>>> song = load_clip("harbour-lights")
>>> song.mixture.shape  # (channel, sample)
(1, 176400)

`load_songs` reads (and, the first time, makes) the songs that models learn from.
"""

from common.data.clips import clip_names, load_clip
from common.data.files import DataError
from common.data.library import Songs, load_songs, musdb_root
from common.data.make import make_songs
from common.data.mixing import Mixer, Recipe
from common.data.real_track import RealTrackLeftOut, load_real_track
from common.data.settings import Settings
from common.data.song import STEMS, Song

__all__ = [
    "STEMS",
    "DataError",
    "Mixer",
    "RealTrackLeftOut",
    "Recipe",
    "Settings",
    "Song",
    "Songs",
    "clip_names",
    "load_clip",
    "load_real_track",
    "load_songs",
    "make_songs",
    "musdb_root",
]
