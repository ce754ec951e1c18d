"""Make the set of songs on disk: song by song, each whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from common.data.files import DataError, full_disk, write_audio
from common.data.generator.version import VERSION
from common.data.settings import LICENCE, Settings, songs_folder

MANIFEST = "manifest.json"
# Seconds after which an unfinished song is nobody's any more.
STALE = 600
# musdb reads the names of validation songs from a file of this name, if told to.
MUSDB_SETUP = """\
# For musdb: musdb.DB(root, is_wav=True, setup_file="mus.yaml", subsets="train", split="valid")
sample_rate: {rate}
sources: {{vocals: vocals.wav, drums: drums.wav, bass: bass.wav, other: other.wav}}
mixture: mixture.wav
stem_ids: {{mixture: 0, drums: 1, bass: 2, other: 3, vocals: 4}}
targets:
  vocals: {{vocals: 1}}
  drums: {{drums: 1}}
  bass: {{bass: 1}}
  other: {{other: 1}}
  accompaniment: {{bass: 1, drums: 1, other: 1}}
  linear_mixture: {{vocals: 1, bass: 1, drums: 1, other: 1}}
validation_tracks: {names}
"""


@dataclass(frozen=True)
class Job:
    """One song to make: which, and where. `folder` is relative to the set's root."""

    split: str
    number: int
    name: str
    folder: str
    settings: Settings


def make_songs(
    root: Path | str | None = None,
    settings: Settings | None = None,
    *,
    processes: int = 1,
    progress: bool = True,
) -> Path:
    """Make a set of songs, or what is missing of it.

    Parameters
    ----------
    root : path, optional
        Its folder; by default one under `data_folder`, named by version and settings.
    settings : Settings, optional
    processes : int
        How many songs are made at a time. More than one needs a script that is
        safe to import (``if __name__ == "__main__"``).
    progress : bool
        Show a progress bar.

    Returns
    -------
    Path
        The set's root, in the layout of MUSDB18-HQ; the stereo and the unseen songs
        have roots of their own inside it, ``stereo`` and ``unseen``.

    Raises
    ------
    DataError
        If the folder holds another set, or the disk is full.
    """
    settings = settings or Settings()
    root = Path(root) if root else songs_folder(settings)
    if (root / MANIFEST).exists():
        _check_same_set(root, settings)
        return root
    root.mkdir(parents=True, exist_ok=True)
    _clear(root)
    jobs = list_jobs(settings)
    missing = [job for job in jobs if not (root / job.folder).exists()]
    with _bar(len(jobs), len(jobs) - len(missing), progress) as bar:
        for _ in _run(root, missing, processes):
            bar.update()
    _finish(root, jobs, settings)
    return root


def list_jobs(settings: Settings) -> list[Job]:
    """All songs of a set, with names of which no two are equal."""
    from common.data.generator import cast, lyrics
    from common.seed import rng

    jobs, taken = [], set()
    for split, count, place, channels in (
        ("train", settings.train, "train", settings.channels),
        ("valid", settings.valid, "train", settings.channels),
        ("test", settings.test, "test", settings.channels),
        ("test", settings.stereo, "stereo/test", 2),
        ("unseen", settings.unseen, "unseen/test", settings.channels),
    ):
        # The stereo songs are further songs of the test's cast.
        first = 1000 if place == "stereo/test" else 0
        for number in range(first, first + count):
            draw = rng("title", settings.seed, split, number)
            singer = cast.singer(split, number).name
            title = lyrics.write_title(draw)
            while f"{singer} - {title}" in taken:
                title = lyrics.write_title(draw)
            name = f"{singer} - {title}"
            taken.add(name)
            jobs.append(
                Job(split, number, name, f"{place}/{name}", replace(settings, channels=channels))
            )
    return jobs


def make_song(root: Path, job: Job) -> None:
    """Compose, render and write one song; its folder appears when it is complete."""
    from common.data.generator.mix import render
    from common.data.generator.score import compose

    settings = job.settings
    score = compose(job.split, job.number, seed=settings.seed, duration=settings.duration)
    stems = render(
        score,
        rate=settings.rate,
        channels=settings.channels,
        duration=settings.duration,
        vocals_db=settings.vocals_db,
    )
    # Sums of 16-bit integers are exact, and the limiter left them room.
    audio = {"mixture": sum(stems.values()), **stems}
    partial = root / f".partial-{os.getpid()}-{job.split}-{job.number}"
    try:
        partial.mkdir(parents=True, exist_ok=True)
        hashes = {}
        for stem, samples in audio.items():
            write_audio(partial / f"{stem}.wav", samples, settings.rate)
            hashes[f"{stem}.wav"] = file_hash(partial / f"{stem}.wav")
        about = {
            "name": job.name, "split": job.split, "folder": job.folder, "rate": settings.rate,
            "channels": settings.channels, "duration": settings.duration, **score.describe(),
            "sha256": hashes,
        }  # fmt: skip
        write_json(partial / "song.json", about)
        target = root / job.folder
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():  # Another process may have been quicker.
            partial.rename(target)
    except OSError as error:
        raise full_disk(root, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: Path) -> dict:
    """Read one of the set's own descriptions."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: expected a description in JSON, came none ({error}); "
            f"delete its folder and make the set again"
        ) from error


def write_json(path: Path, content: object) -> None:
    """Write a description so that it is whole or not there."""
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with open(partial, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _run(root: Path, jobs: list[Job], processes: int) -> Iterator[None]:
    if processes <= 1 or len(jobs) < 2:
        for job in jobs:
            yield make_song(root, job)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(make_song, [root] * len(jobs), jobs)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _bar(total: int, done: int, progress: bool):
    from tqdm.auto import tqdm

    return tqdm(total=total, initial=done, unit="song", desc="making songs", disable=not progress)


def _clear(root: Path) -> None:
    """Clear away what was left half done; younger leftovers may be another process's work."""
    for partial in root.glob(".partial-*"):
        if time.time() - partial.stat().st_mtime > STALE:
            shutil.rmtree(partial, ignore_errors=True)


def _check_same_set(root: Path, settings: Settings) -> None:
    manifest = read_json(root / MANIFEST)
    came = (manifest.get("generator"), manifest.get("settings"))
    if came != (VERSION, asdict(settings)):
        raise DataError(
            f"{root}: expected generator {VERSION} and settings {asdict(settings)}, "
            f"came another set, generator {came[0]} and settings {came[1]}; "
            f"choose another folder or delete this one"
        )


def _finish(root: Path, jobs: list[Job], settings: Settings) -> None:
    """Write what describes the whole set; the manifest comes last and says that it is complete."""
    songs = [read_json(root / job.folder / "song.json") for job in jobs]
    names = [song["name"] for song in songs if song["split"] == "valid"]
    try:
        for folder, valid in ((root, names), (root / "stereo", []), (root / "unseen", [])):
            if folder.exists():
                with open(folder / "mus.yaml", "w", encoding="utf-8") as file:
                    file.write(MUSDB_SETUP.format(rate=settings.rate, names=json.dumps(valid)))
        write_json(
            root / MANIFEST,
            {
                "generator": VERSION,
                "settings": asdict(settings),
                "licence": LICENCE,
                "songs": songs,
            },
        )
    except OSError as error:
        raise full_disk(root, error) from error
