"""A listener's own song, from a file of any format."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from common.data.files import DataError


def read_song(path: Path) -> tuple[np.ndarray, int]:
    """Read a sound file: lossless ones with soundfile, all others with PyAV.

    Returns
    -------
    audio : numpy.ndarray, ``(channel, sample)`` float32
    rate : int

    Raises
    ------
    DataError
        If the file is missing, empty, no sound file, or holds NaN or infinity.
    """
    import av
    import soundfile

    from common.compat.stempeg_io import read_stream

    mend = "export it again, for example as WAV"
    try:
        with open(path, "rb") as file, av.open(file) as container:
            sound = container.streams.audio[0]
            rate, form = sound.rate, (sound.channels, 0, None, "float32", "f32le", sound.index)
        audio = read_stream(str(path), rate, *form).T
    except (FileNotFoundError, IsADirectoryError) as error:
        raise DataError(f"{path}: expected a sound file, found none ({error.strerror})") from None
    except (av.FFmpegError, soundfile.LibsndfileError, IndexError) as error:  # or a film without
        raise DataError(
            f"{path}: expected a sound file, came {os.path.getsize(path)} bytes that are none, or "
            f"damaged; {mend}"
        ) from error
    if audio.shape[-1] == 0:
        raise DataError(f"{path}: expected sound, came 0 samples; {mend}")
    if not np.isfinite(audio).all():
        bad = int((~np.isfinite(audio)).sum())
        raise DataError(f"{path}: expected finite samples, came {bad} NaN or infinite; {mend}")
    return audio, rate
