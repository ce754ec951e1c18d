"""Songs to separate: the book's clips, its made set, MUSDB18, and one real track.

>>> from common.data import load_clip
>>> song = load_clip("harbour-lights")
>>> song.mixture.shape  # (channel, sample)
(1, 176400)
"""

from common.data.clips import clip_names, load_clip
from common.data.files import DataError
from common.data.song import STEMS, Song

__all__ = ["STEMS", "DataError", "Song", "clip_names", "load_clip"]
