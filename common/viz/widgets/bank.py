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

LONGEST = 60.0  # seconds: a page that computes on more would be slow and heavy
FULL = 32767


class AudioBank(anywidget.AnyWidget):
    """Sounds of one rate and length, as 16-bit FLAC, for any number of instruments.

    Parameters
    ----------
    sounds : mapping of str to array, (sample,) or (channel, sample)
        One or two channels, all of one length. Kept to 16 bits: the page and `sound` have the same
        numbers, to the last bit.
    rate : int
        Hz.

    Raises
    ------
    ValueError
        If there are no sounds, they are empty, too long, not finite, or unlike in length.
    """

    _esm = "export default {};"

    rate = traitlets.Int().tag(sync=True)
    entries = traitlets.List(traitlets.Dict()).tag(sync=True)
    data = traitlets.Bytes().tag(sync=True)

    def __init__(self, sounds: Mapping[str, Any], *, rate: int) -> None:
        check_positive(rate, "rate")
        arrays = {name: _as_channels(name, x, rate) for name, x in sounds.items()}
        _check_alike(arrays)
        self._sounds, entries, data = {}, [], b""
        for name, x in arrays.items():
            integers, step = quantise(x)
            encoded = to_flac(integers, rate)
            entries.append(
                {
                    "name": name,
                    "length": x.shape[1],
                    "step": step,
                    "high": int(integers.max()),
                    "low": int(integers.min()),
                    "offset": len(data),
                    "size": len(encoded),
                }
            )
            data += encoded
            self._sounds[name] = integers.astype(np.float32) * np.float32(step)
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


def _as_channels(name: str, x: Any, rate: float) -> np.ndarray:
    x = np.atleast_2d(np.asarray(x, dtype=np.float32))
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


def _check_alike(arrays: Mapping[str, np.ndarray]) -> None:
    if not arrays:
        raise ValueError("sounds: expected at least one, got none")
    shapes = {name: x.shape for name, x in arrays.items()}
    if len(set(shapes.values())) > 1:
        found = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"sounds: expected one shape (channel, sample) for all, got {found}")
