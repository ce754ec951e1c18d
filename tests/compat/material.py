"""Sounds and small datasets that the tests of compat share; all are computed, none downloaded."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile

RATE = 22050
STEMS = ("drums", "bass", "other", "vocals")


def waves(seconds: float = 2.0, rate: int = RATE) -> dict[str, np.ndarray]:
    """Four mono sounds that differ enough for a separation to be measured, as 64-bit floats."""
    t = np.arange(round(seconds * rate)) / rate
    rng = np.random.default_rng(0)
    beat = np.exp(-((t * 4) % 1) * 30)
    vibrato = 440 * t + 3 * np.sin(2 * np.pi * 5 * t)
    return {
        "drums": 0.25 * beat * rng.uniform(-1, 1, len(t)),
        "bass": 0.3 * np.sin(2 * np.pi * 110 * t),
        "other": 0.1 * np.sign(np.sin(2 * np.pi * 660 * t)),
        "vocals": 0.3 * np.sin(2 * np.pi * vibrato) * np.minimum(1, 4 * ((t * 0.75) % 1)),
    }


def write_musdb(root: Path, rate: int = 44100, seconds: float = 3.0) -> dict[str, np.ndarray]:
    """Write a MUSDB18 of wav files with a track in train and one in test; returns its stems."""
    stems = {name: np.stack([x, 0.8 * x], axis=1) for name, x in waves(seconds, rate).items()}
    for track in ("train/Some Artist - First", "test/Some Artist - Second"):
        (root / track).mkdir(parents=True)
        for name, x in {"mixture": sum(stems.values()), **stems}.items():
            soundfile.write(root / track / f"{name}.wav", x, rate, subtype="PCM_16")
    return stems


def write_stem_file(path: Path, rate: int = 44100, seconds: float = 2.0) -> dict[str, np.ndarray]:
    """Write mixture, drums, bass, other and vocals as AAC streams of one .stem.mp4, by PyAV."""
    import av

    stems = {name: np.stack([x, 0.8 * x], axis=1) for name, x in waves(seconds, rate).items()}
    signals = (sum(stems.values()), *stems.values())
    with av.open(str(path), "w", format="mp4") as container:
        options = {"rate": rate, "layout": "stereo", "bit_rate": 256_000}
        streams = [container.add_stream("aac", **options) for _ in signals]
        for stream, x in zip(streams, signals, strict=True):
            samples = np.ascontiguousarray(x.T.astype(np.float32))
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
            frame.rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
            container.mux([*stream.encode(frame), *stream.encode(None)])
    return stems


def write_sources_for_scaper(root: Path, rate: int = 44100) -> tuple[str, str]:
    """Write a foreground and a background folder; returns their paths."""
    sounds = {"foreground/" + name: x for name, x in waves(3.0, rate).items()}
    sounds["background/hiss"] = 0.1 * np.random.default_rng(1).standard_normal(3 * rate)
    for folder, x in sounds.items():
        (root / folder).mkdir(parents=True)
        soundfile.write(root / folder / "sound.wav", x, rate)
    return str(root / "foreground"), str(root / "background")


def audio_signals(seconds: float = 2.0) -> dict:
    """Return ``waves`` as nussl AudioSignals."""
    from common.compat import nussl

    return {
        name: nussl.AudioSignal(audio_data_array=x.astype(np.float32), sample_rate=RATE)
        for name, x in waves(seconds).items()
    }
