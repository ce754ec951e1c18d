"""The sounds that the instruments of a page compute with, embedded once."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import anywidget
import numpy as np
import soundfile
import traitlets

from common.checks import check_finite, check_positive
from common.viz.arrays import as_array

LONGEST = 60.0  # seconds: a page that computes on more would be slow and heavy
FULL = 32767
HEADROOM = 0.89  # the loudest sample given to lossy coding, which adds up to a decibel
# The `compression_level` of variable-rate MP3. At 22050 Hz: 10 KB a second, whose spectrogram is
# within 1 dB on average wherever it is above -50 dB; and 6.5 KB, within 2 dB. Both leave out what
# lies above 10 kHz.
MP3_LEVELS = {"seen": 0.0, "heard": 0.4}
MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
SHORTEST = 0.25  # seconds: what is shorter does not repay lossy coding


class AudioBank(anywidget.AnyWidget):
    """Sounds of one rate and length, for any number of instruments.

    Parameters
    ----------
    sounds : mapping of str to array, (sample,) or (channel, sample)
        One or two channels, all of one length.
    rate : int
        Hz.
    coding : {"exact", "seen", "heard"}
        ``"exact"``, for sounds that a page computes with, is 16-bit FLAC, some 22 KB a second: the
        page and `sound` have the same numbers, to the last bit. ``"seen"`` and ``"heard"`` are MP3
        of 10 and 6.5 KB a second, for spectrograms and for playing. They keep length, alignment and
        level, and may differ in their number of channels.

    Raises
    ------
    ValueError
        If there are no sounds, they are empty, too long, not finite, or unlike in length.
    """

    _esm = "export default {};"

    rate = traitlets.Int().tag(sync=True)
    entries = traitlets.List(traitlets.Dict()).tag(sync=True)
    data = traitlets.Bytes().tag(sync=True)

    def __init__(self, sounds: Mapping[str, Any], *, rate: int, coding: str = "exact") -> None:
        check_positive(rate, "rate")
        if coding not in ("exact", *MP3_LEVELS):
            raise ValueError(f"coding: expected exact, {' or '.join(MP3_LEVELS)}, got {coding!r}")
        arrays = {name: _as_channels(name, x, rate) for name, x in sounds.items()}
        _check_alike(arrays, channels=coding == "exact")
        self._sounds, entries, data = {}, [], b""
        for name, x in arrays.items():
            lossy = coding != "exact" and rate in MP3_RATES and x.shape[1] >= SHORTEST * rate
            encoded, how, self._sounds[name] = (
                _as_mp3(x, rate, MP3_LEVELS[coding]) if lossy else _as_flac(x, rate)
            )
            place = {"length": x.shape[1], "offset": len(data), "size": len(encoded)}
            entries.append({"name": name, **place, **how})
            data += encoded
        super().__init__(rate=int(rate), entries=entries, data=data)

    def __repr__(self) -> str:
        return f"AudioBank({', '.join(self._sounds)})"

    @property
    def names(self) -> list[str]:
        """The names of the sounds, in order."""
        return list(self._sounds)

    def sound(self, name: str) -> np.ndarray:
        """The sound as the page has it, (channel, sample) float32."""
        if name not in self._sounds:
            raise ValueError(f"expected one of {', '.join(self._sounds)}, got {name!r}")
        return self._sounds[name]


def exact_bank(sounds: Any, rate: int | None) -> AudioBank:
    """Return a bank to compute with: the one given, or a new one of a sound or a mapping of them.

    Raises
    ------
    ValueError
        If the rate is not known, or the bank's sounds are coded with losses.
    """
    if isinstance(sounds, AudioBank):
        if any(entry["coding"] != "flac" for entry in sounds.entries):
            raise ValueError("sounds: expected a bank with coding='exact', to compute with")
        return sounds
    if rate is None:
        raise ValueError("rate: expected the sample rate in Hz, got None; pass rate=...")
    return AudioBank(sounds if isinstance(sounds, Mapping) else {"sound": sounds}, rate=rate)


def quantise(x: np.ndarray) -> tuple[np.ndarray, float]:
    """Return `x` as 16-bit integers, and the size of their step: 1/32768, or more for loud sounds.

    The step is a power of two, so that integer times step is exact in single precision.
    """
    peak = float(np.abs(x).max())
    step = 2.0 ** max(-15, int(np.ceil(np.log2(peak / FULL))) if peak > 0 else -15)
    return np.clip(np.round(x / step), -FULL - 1, FULL).astype(np.int16), step


def to_flac(integers: np.ndarray, rate: int) -> bytes:
    """Return integers, (channel, sample) int16, as a FLAC file."""
    out = io.BytesIO()
    soundfile.write(out, integers.T, int(rate), format="FLAC", subtype="PCM_16")
    return out.getvalue()


def to_mp3(x: np.ndarray, rate: int, level: float = MP3_LEVELS["heard"]) -> bytes:
    """Return a sound, (channel, sample) within [-1, 1], as an MP3 file."""
    out = io.BytesIO()
    soundfile.write(
        out,
        x.T,
        int(rate),
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="VARIABLE",
        compression_level=level,
    )
    return out.getvalue()


def decode(data: bytes, entry: Mapping[str, Any]) -> np.ndarray:
    """Return the sound of an entry of a bank, (channel, sample) float32, from the bank's data."""
    file = io.BytesIO(data[entry["offset"] : entry["offset"] + entry["size"]])
    kind = "int16" if entry["coding"] == "flac" else "float32"
    x, _ = soundfile.read(file, dtype=kind, always_2d=True)
    return np.ascontiguousarray(x.T.astype(np.float32) * np.float32(entry["step"]))


def _as_flac(x: np.ndarray, rate: int) -> tuple[bytes, dict[str, Any], np.ndarray]:
    integers, step = quantise(x)
    high, low = int(integers.max()), int(integers.min())
    how = {"coding": "flac", "step": step, "high": high, "low": low}
    return to_flac(integers, rate), how, integers.astype(np.float32) * np.float32(step)


def _as_mp3(x: np.ndarray, rate: int, level: float) -> tuple[bytes, dict[str, Any], np.ndarray]:
    """Coded at full level, so that a soft sound is coded as well as a loud one."""
    peak = float(np.abs(x).max())
    step = peak / HEADROOM if peak > 0 else 1.0
    encoded = to_mp3(x / np.float32(step), rate, level)
    how = {"coding": "mp3", "step": step}
    return encoded, how, decode(encoded, {**how, "offset": 0, "size": len(encoded)})


def _as_channels(name: str, x: Any, rate: float) -> np.ndarray:
    x = np.atleast_2d(as_array(x, np.float32))
    if x.ndim != 2 or not 1 <= x.shape[0] <= 2 or x.shape[1] == 0:
        raise ValueError(
            f"{name}: expected (sample,) or (1 or 2 channels, sample) with at least "
            f"one sample, got {x.shape}"
        )
    check_finite(x, name)
    if x.shape[1] > LONGEST * rate:
        raise ValueError(
            f"{name}: expected at most {LONGEST:g} s for a page to compute on, got "
            f"{x.shape[1] / rate:.0f} s; cut it, for example with song.excerpt"
        )
    return x


def _check_alike(arrays: Mapping[str, np.ndarray], *, channels: bool) -> None:
    if not arrays:
        raise ValueError("sounds: expected at least one, got none")
    shapes = {name: x.shape if channels else x.shape[1:] for name, x in arrays.items()}
    if len(set(shapes.values())) > 1:
        wanted = "one shape (channel, sample) for all" if channels else "one length for all"
        found = ", ".join(
            f"{name} {shape if channels else f'{shape[0]} samples'}"
            for name, shape in shapes.items()
        )
        raise ValueError(f"sounds: expected {wanted}, got {found}")
