"""How fast mixtures are made, on a quiet machine.

Mixtures of 3 s at 22 050 Hz with four sources, all from the same songs. The book's mixer through a
DataLoader, without and with changes of pitch and tempo; beside it scaper, through nussl's
OnTheFly, given the very plans of the mixer (stems, excerpts, gains, changes); and a training step
of MaskInference on a batch of 8, with its STFT and targets. Rates are medians of `ROUNDS`, taken
in turns in one run, so that the ratios hold although the machine's speed may change.
"""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import torch
from torch.utils.data import DataLoader

from common.architectures import MaskInference
from common.compat import nussl, scaper
from common.data import STEMS, Mixer, Recipe, Song, load_songs
from common.data.mixing import Example, Part
from common.masks import phase_sensitive_mask
from common.stft import STFTConfig, magnitude, stft
from tests.benchmarks import Row

SONGS, BATCH, ROUNDS = 20, 8, 5
CHANGES = {"semitones": (-2.0, 2.0), "tempo": (0.9, 1.1)}
SOURCES = {stem: (stem,) for stem in STEMS}


def book(mixer: Mixer, workers: int, batches: int) -> Callable[[], float]:
    """A function that returns the seconds that a mixture takes; workers are started before."""

    def seconds() -> float:
        loader = iter(
            DataLoader(mixer, BATCH, sampler=range((batches + 1) * BATCH), num_workers=workers)
        )
        next(loader)
        start = time.perf_counter()
        for _ in loader:
            pass
        return (time.perf_counter() - start) / (batches * BATCH)

    return seconds


def write_foreground(songs: list[Song], folder: Path) -> None:
    """The stems as scaper wants them: a folder for each label."""
    for song in songs:
        for stem, x in song.stems.items():
            (folder / stem).mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / stem / f"{song.name}.wav", x.T, song.rate, subtype="FLOAT")


def describe(parts: tuple[Part, ...], mixer: Mixer, folder: Path):
    """scaper's description of a planned mixture; its SNR (LUFS) stands for the gain in dB."""
    duration = mixer.recipe.duration
    scape = scaper.Scaper(duration, str(folder), str(folder.parent / "none"), random_state=0)
    scape.sr, scape.n_channels, scape.ref_db = mixer.rate, mixer.channels, -20
    scape.fade_in_len = scape.fade_out_len = 0
    for part in parts:
        scape.add_event(
            label=("const", part.stem),
            source_file=("const", str(folder / part.stem / f"{part.song}.wav")),
            source_time=("const", part.start / mixer.rate),
            event_time=("const", 0),
            event_duration=("const", duration),
            snr=("const", part.gain),
            pitch_shift=("const", part.semitones) if part.semitones else None,
            time_stretch=("const", 1 / part.tempo) if part.tempo != 1 else None,
        )
    return scape


def by_scaper(mixer: Mixer, folder: Path, items: int) -> Callable[[], float]:
    """As `book`, by scaper through nussl's OnTheFly."""

    def make_mix(dataset, index):
        made = describe(mixer.plan(index), mixer, folder).generate()
        mix, events = made[0], made[3]
        sources = {
            stem: dataset._load_audio_from_array(event.T, mixer.rate)
            for stem, event in zip(STEMS, events, strict=True)
        }
        return {"mix": dataset._load_audio_from_array(mix.T, mixer.rate), "sources": sources}

    dataset = nussl.datasets.OnTheFly(make_mix, 10**6, sample_rate=mixer.rate, num_channels=1)

    def seconds() -> float:
        start = time.perf_counter()
        for index in range(items):
            dataset[index]
        return (time.perf_counter() - start) / items

    return seconds


def model(mixer: Mixer, steps: int) -> Callable[[], float]:
    """As `book`, for a training step on a batch that is there, counted per mixture."""
    torch.manual_seed(0)
    network = MaskInference(hidden=128, layers=2, reference=STFTConfig().full_scale)
    optimizer = torch.optim.Adam(network.parameters())
    batch: Example = next(iter(DataLoader(mixer, BATCH, sampler=range(BATCH))))

    def step() -> None:
        vocals = batch.sources[:, STEMS.index("vocals")]
        S = stft(torch.stack([vocals, batch.mixture - vocals], dim=1))
        X = stft(batch.mixture)
        wanted = phase_sensitive_mask(S, X[:, None].expand_as(S)) * magnitude(X)[:, None]
        loss = ((network(magnitude(X)) - wanted) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def seconds() -> float:
        start = time.perf_counter()
        for _ in range(steps):
            step()
        return (time.perf_counter() - start) / (steps * BATCH)

    step()
    return seconds


def measure() -> list[Row]:
    """The book's mixer beside scaper, and beside the training step that waits for it."""
    torch.set_num_threads(1)
    songs = load_songs("train")[: 120 : 120 // SONGS]
    plain, changing = (
        Mixer(songs, Recipe(**changes), sources=SOURCES) for changes in ({}, CHANGES)
    )
    with tempfile.TemporaryDirectory() as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scaper's, about events that end early
        folder = Path(temporary) / "foreground"
        (folder.parent / "none").mkdir()
        write_foreground(songs, folder)
        runs = {"scaper": by_scaper(plain, folder, 24),
                "scaper, pitch and tempo": by_scaper(changing, folder, 8)}  # fmt: skip
        for workers in (0, 1, 2):
            runs[f"book, {workers} workers"] = book(plain, workers, 60)
            runs[f"book, {workers} workers, pitch and tempo"] = book(changing, workers, 4)
        runs["training step"] = model(plain, 2)
        measured = {name: [] for name in runs}
        for _ in range(ROUNDS):
            for name, run in runs.items():
                measured[name].append(run())
    return compared({name: np.array(seconds) for name, seconds in measured.items()})


def compared(seconds: dict[str, np.ndarray]) -> list[Row]:
    """Rows of the seconds that a mixture takes, (round,) each."""
    rows = []
    for name in seconds:
        if name.startswith("book"):
            scaper = "scaper, pitch and tempo" if name.endswith("pitch and tempo") else "scaper"
            for peer in (scaper, "training step"):
                pairs = np.stack([seconds[name], seconds[peer]], axis=1)
                shown = [f"{1 / one:.1f} a second" for one in np.median(pairs, axis=0)]
                rows.append(Row.of_pairs(f"mixtures, {name} ({peer})", *shown, pairs))
    return rows
