"""The singer's sound: a source and a moving vocal tract (Fant, 1960), filtered in the STFT.

The pulse train of the vocal folds, breath and hiss are each a long signal; in
every frame their spectra are multiplied by what the mouth is doing just then.
The singer is itself a mask.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from common.data.generator.oscillators import TABLE, hertz, table
from common.data.generator.singing import SungNote, Tracks, Values, perform


def sing(
    notes: Sequence[SungNote], singer: Values, *, count: int, rate: int, rng: np.random.Generator
) -> np.ndarray:
    """Sing a melody.

    Parameters
    ----------
    notes : sequence of SungNote
        In order; they may touch and do not overlap.
    singer : mapping
        The voice's parameters, see `instruments.SINGER`.
    count, rate : int
        Length in samples, and samples a second.
    rng : numpy.random.Generator
        For breath, drift and small unsteadiness: another one is another take.

    Returns
    -------
    numpy.ndarray, ``(sample,)``
        Silence where nothing is sung.
    """
    if not notes:
        return np.zeros(count)
    hop = round(0.0058 * rate)
    tracks = perform(notes, singer, count // hop + 1, hop / rate, rng)
    cycles, pulses = _folds(tracks.pitch, count, hop, rate)
    # Breath comes in gusts, when the folds are open.
    breath = rng.standard_normal(count) * (0.35 + 0.65 * np.cos(np.pi * cycles) ** 2)
    hiss = rng.standard_normal(count)
    return _articulate(tracks, singer, (pulses, breath, hiss), hop, rate)


def _folds(pitch: np.ndarray, count: int, hop: int, rate: int) -> tuple[np.ndarray, np.ndarray]:
    """The phase of the vocal folds in cycles, and their pulses: a saw wave at the sung pitch."""
    frequency = hertz(np.interp(np.arange(count), np.arange(len(pitch)) * hop, pitch))
    cycles = np.cumsum(frequency) / rate
    # A row of tables, three an octave, each with the harmonics that fit below half the rate.
    lowest = hertz(36.0)
    third = np.clip(np.ceil(3 * np.log2(frequency / lowest)), 0, 20).astype(np.int32)
    limits = 0.49 * rate / (lowest * 2 ** (np.arange(21) / 3))
    rows = np.stack([table("saw", int(limit)) for limit in limits])
    position = (cycles - np.floor(cycles)) * TABLE
    index = position.astype(np.int32)
    low = rows[third, index]
    return cycles, low + (position - index) * (rows[third, index + 1] - low)


def _articulate(
    tracks: Tracks, singer: Values, sources: tuple[np.ndarray, ...], hop: int, rate: int
) -> np.ndarray:
    """Filter pulses, breath and hiss with the mouth of each frame, and add the frames up."""
    size, count = 8 * hop, len(sources[0])
    frequencies = np.fft.rfftfreq(size, 1 / rate)
    loudest = np.maximum(np.maximum(tracks.voice, tracks.breath), tracks.hiss)
    active = np.flatnonzero(loudest > 1e-4)
    window = np.hanning(4 * hop + 1)[:-1] / 2
    index = active[:, None] * hop + np.arange(4 * hop)
    pulses, breath, hiss = (
        np.fft.rfft(np.pad(x, (2 * hop, 4 * hop))[index] * window, size) for x in sources
    )  # (frame, freq)
    voiced, blown, hissed = _gains(tracks, active, singer, frequencies)
    tract = _tract(tracks.formants[:, active], singer, frequencies)
    spectra = (voiced * pulses + blown * breath) * tract + hissed * hiss
    grains = np.fft.irfft(spectra * (frequencies > 60), size)
    out = np.zeros((tracks.voice.size + 8, hop))
    for part in range(8):
        out[active + part] += grains[:, part * hop : (part + 1) * hop]
    return out.ravel()[2 * hop :][:count]


def _gains(
    tracks: Tracks, active: np.ndarray, singer: Values, frequencies: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How much of each source sounds, before the tract: three times ``(frame, freq)``."""
    octaves = np.log2(np.maximum(frequencies, 60.0) / 1000)
    # Who sings softly sings darkly.
    tilt = (0.75 - 0.5 * singer["brightness"]) + 0.35 * (1 - tracks.effort[active, None])
    voice = tracks.voice[active, None]
    voiced = voice * np.exp2(-tilt * np.maximum(octaves, -1.5))
    # Six dB an octave of radiation at the lips make breath thin, as it should be.
    air = np.clip(frequencies / 3000, 0.05, 1.5)
    blown = 0.3 * air * (tracks.breath[active, None] + singer["breath"] * voice)
    centre = np.log2(tracks.centre[active, None] * singer["sibilance"] / 1000)
    shape = np.exp(-0.5 * ((octaves - centre) / tracks.width[active, None]) ** 2)
    return voiced, blown, 0.75 * tracks.hiss[active, None] * shape


def _tract(formants: np.ndarray, singer: Values, frequencies: np.ndarray) -> np.ndarray:
    """Gain and phase of the vocal tract, ``(frame, freq)`` complex: a cascade of resonances.

    A resonance falls by 12 dB an octave above its centre. In a tube the higher ones
    make up for it; here the numerators do.
    """
    scale, wide = singer["tract"], singer["bandwidth"]
    fixed = np.full(len(frequencies), 0.25)
    for neutral in (700, 1900, 2900):
        fixed *= np.sqrt(1 + (frequencies / (neutral * scale)) ** 4)
    # The singer's ring lies where the fourth and the fifth resonance meet.
    ring = np.log2(np.maximum(frequencies, 1) / (3300 * scale))
    fixed *= 1 + 1.2 * np.exp(-0.5 * (ring / 0.22) ** 2)
    response = np.ones((formants.shape[1], len(frequencies)), complex)
    for track, width in zip(formants, (80, 100, 140), strict=True):
        centre = (track * scale)[:, None]
        ratio = frequencies / centre
        response *= 1 - ratio**2 + 1j * ratio * (width * wide / centre)
    return fixed / response
