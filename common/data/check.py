"""Look a set of songs over: is every file there, whole, and what it should be?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from common.data.files import DataError, read_audio
from common.data.library import INNER, check_alike, list_songs, read_stems
from common.data.make import MANIFEST, file_hash, read_json
from common.data.song import STEMS


def check_set(root: Path, *, progress: bool = False) -> tuple[int, list[str]]:
    """Check all songs of a set.

    Parameters
    ----------
    root : Path
        A made set, or MUSDB18.
    progress : bool
        Show a progress bar.

    Returns
    -------
    songs : int
        How many were checked.
    problems : list of str
        For each fault what was expected, what came, how to mend it; empty if all is well.

    Raises
    ------
    DataError
        If `root` is no set of songs at all.
    """
    from tqdm.auto import tqdm

    paths = [path for split in ("train", "valid", "test") for path in list_songs(root, split)]
    for inner in INNER:
        if (root / inner).is_dir():
            paths += list_songs(root / inner, "test")
    problems = list(_check_manifest(root, paths))
    if not paths:
        problems.append(
            f"{root}: expected songs in train and test, found none; make or download the set again"
        )
    for path in tqdm(paths, unit="song", desc="checking", disable=not progress):
        problems += _check_song(path)
    return len(paths), problems


def _check_manifest(root: Path, paths: list[Path]) -> Iterator[str]:
    """A made set is complete if its manifest's songs are there."""
    if not (root / MANIFEST).exists():
        if any((path / "song.json").exists() for path in paths):
            yield (
                f"{root}: expected {MANIFEST}, found none, so the set was not finished; "
                f"run python -m common.data make again: it goes on where it stopped"
            )
        return
    try:
        songs = read_json(root / MANIFEST)["songs"]
    except DataError as error:
        yield str(error)
        return
    there = {path.resolve() for path in paths}
    for song in songs:
        if (root / song["folder"]).resolve() not in there:
            yield (
                f"{root / song['folder']}: expected a song, found none; delete {root / MANIFEST} "
                f"and run python -m common.data make: it makes what is missing"
            )


def _check_song(path: Path) -> Iterator[str]:
    try:
        if not path.is_dir():
            read_stems(path)
            return
        yield from _check_hashes(path)
        audio = {name: read_audio(path / f"{name}.wav") for name in ("mixture", *STEMS)}
        check_alike(path, {name: (samples.shape, rate) for name, (samples, rate) in audio.items()})
    except DataError as error:
        yield str(error)
        return
    if (path / "song.json").exists():
        total = sum(audio[stem][0] for stem in STEMS)
        if not np.array_equal(total, audio["mixture"][0]):
            error = np.abs(total - audio["mixture"][0]).max()
            yield (
                f"{path}: expected the mixture to be the sum of the stems, came a difference "
                f"of {error:.2g}; {_remake(path)}"
            )


def _check_hashes(path: Path) -> Iterator[str]:
    if not (path / "song.json").exists():
        return
    for name, wanted in read_json(path / "song.json")["sha256"].items():
        if (path / name).exists() and (came := file_hash(path / name)) != wanted:
            yield (
                f"{path / name}: expected SHA-256 {wanted[:12]}..., came {came[:12]}..., "
                f"so the file was changed or damaged; {_remake(path)}"
            )


def _remake(path: Path) -> str:
    return (
        f"delete {path} and the set's {MANIFEST}, and run python -m common.data make: "
        f"it makes what is missing"
    )
