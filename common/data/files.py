"""Sound files in and out, through Python's `open`, with errors that say what to do."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import numpy as np


class DataError(ValueError):
    """Data on disk is not what it should be; the message says what came and how to mend it."""


def read_audio(path: Path) -> tuple[np.ndarray, int]:
    """Read a sound file.

    Returns
    -------
    audio : numpy.ndarray, ``(channel, sample)`` float32
    rate : int

    Raises
    ------
    DataError
        If the file is missing, empty, cut off, no sound file, or holds NaN or infinity.
    """
    import soundfile

    try:
        with open(path, "rb") as file, soundfile.SoundFile(file) as sound:
            audio, rate, promised = (
                sound.read(dtype="float32", always_2d=True).T,
                sound.samplerate,
                sound.frames,
            )
    except FileNotFoundError:
        raise DataError(
            f"{path}: expected a sound file, found none; make or download the set again"
        ) from None
    except (soundfile.LibsndfileError, RuntimeError) as error:
        size = os.path.getsize(path)
        raise DataError(
            f"{path}: expected a sound file, came {size} bytes that are none ({error}); "
            f"delete the song's folder and make or download it again"
        ) from error
    if audio.shape[-1] == 0 or audio.shape[-1] < promised:
        raise DataError(
            f"{path}: expected sound, came {audio.shape[-1]} samples of {promised}; "
            f"delete the song's folder and make or download it again"
        )
    if not np.isfinite(audio).all():
        bad = int((~np.isfinite(audio)).sum())
        raise DataError(
            f"{path}: expected finite samples, came {bad} NaN or infinite; export the stem again"
        )
    return audio, rate


def write_audio(path: Path, audio: np.ndarray, rate: int) -> None:
    """Write ``(channel, sample)`` int16 as 16-bit WAV or FLAC, by the file's suffix.

    Raises
    ------
    DataError
        If the disk is full.
    """
    import soundfile

    # Encoded in memory, so that a write that fails fails here and not in a callback.
    encoded = io.BytesIO()
    soundfile.write(encoded, audio.T, rate, subtype="PCM_16", format=path.suffix[1:].upper())
    try:
        with open(path, "wb") as file:
            file.write(encoded.getbuffer())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise full_disk(path, error) from error


def full_disk(path: Path, error: OSError) -> Exception:
    """The error to raise when `path` could not be written: a clear one if the disk is full."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return error
    return DataError(
        f"{path}: expected room to write, came a full disk ({error.strerror}); make room, or set "
        f"HEAR_THE_MASK_DATA to a folder on another disk, and run the same command again: "
        f"it goes on where it stopped"
    )


def convert(audio: np.ndarray, rate: int, *, to_rate: int, channels: int) -> np.ndarray:
    """Turn ``(channel, sample)`` into another rate and number of channels.

    Two channels become one by their mean; one becomes two by repetition.
    """
    if channels not in (1, 2):
        raise ValueError(f"channels: expected 1 or 2, got {channels}")
    if audio.shape[0] != channels:
        audio = (
            audio.mean(axis=0, keepdims=True) if channels == 1 else np.repeat(audio[:1], 2, axis=0)
        )
    if rate != to_rate:
        import soxr

        audio = soxr.resample(audio.T, rate, to_rate).T
    return np.ascontiguousarray(audio, dtype=np.float32)
