"""Sets of songs on disk, the made one or MUSDB18, as a sequence of songs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import overload

from common.data.files import DataError, convert, read_audio
from common.data.make import make_songs, read_json
from common.data.settings import LICENCE
from common.data.song import STEMS, Song

SPLITS = ("train", "valid", "test", "stereo", "unseen")
# Splits of the made set that have a root of their own inside it.
INNER = ("stereo", "unseen")
MUSDB_LICENCE = "for education and research only; each track has its own licence"
# The order of the streams in MUSDB18's stem.mp4 files.
STREAMS = ("mixture", "drums", "bass", "other", "vocals")


class Songs(Sequence[Song]):
    """The songs of a split; each is read when it is asked for, and not kept.

    Parameters
    ----------
    root : Path
        A folder with ``train`` and ``test`` (`load_songs` makes it if need be).
    split : str
        One of `SPLITS`.
    rate, channels : int
        What every song is turned into.
    """

    def __init__(self, root: Path, split: str, *, rate: int, channels: int) -> None:
        self.root, self.split, self.rate, self.channels = Path(root), split, rate, channels
        self.paths = tuple(list_songs(self.root, split))

    @property
    def names(self) -> list[str]:
        """The songs' names, in order."""
        return [song_name(path) for path in self.paths]

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, index: int) -> Song: ...
    @overload
    def __getitem__(self, index: slice) -> list[Song]: ...

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self._load(path) for path in self.paths[index]]
        return self._load(self.paths[index])

    def _load(self, path: Path) -> Song:
        name = song_name(path)
        stems = {
            stem: convert(audio, rate, to_rate=self.rate, channels=self.channels)
            for stem, (audio, rate) in read_stems(path).items()
        }
        if (path / "song.json").exists():
            info = read_json(path / "song.json")
            credit = f'"{name}", made by the generator of Hear the Mask, {LICENCE}'
            return Song(name, self.rate, stems, LICENCE, credit, info)
        return Song(name, self.rate, stems, MUSDB_LICENCE, f'"{name}", from MUSDB18')

    def __repr__(self) -> str:
        return f"Songs({self.split!r}, {len(self)} songs in {self.root})"


def load_songs(
    split: str, *, root: Path | str | None = None, rate: int = 22050, channels: int = 1
) -> Songs:
    """The songs of a split: of the made set, or of any set in MUSDB18's layout.

    Parameters
    ----------
    split : str
        ``train``, ``valid``, ``test``; of the made set also ``stereo``, three test songs
        in stereo, and ``unseen``, songs in styles and by a kind of voice that no other
        split has.
    root : path, optional
        A folder with ``train`` and ``test``: wav files as in MUSDB18-HQ, or stem.mp4
        files as in MUSDB18. Without it, the made set; it is made when it is missing.
        ``root=musdb_root()`` takes MUSDB18 where MUSDB_PATH names it.
    rate, channels : int
        What every song is turned into.

    Raises
    ------
    ValueError
        If there is no such split.
    DataError
        If the folder holds no songs.
    """
    if split not in SPLITS:
        raise ValueError(f"there is no split {split!r}; choose one of {', '.join(SPLITS)}")
    folder = make_songs() if root is None else Path(root).expanduser()
    if split in INNER:
        folder = folder / split
    return Songs(folder, split, rate=rate, channels=channels)


def musdb_root() -> Path | None:
    """The folder that MUSDB_PATH names, or None."""
    path = os.environ.get("MUSDB_PATH")
    return Path(path).expanduser() if path else None


def song_name(path: Path) -> str:
    """The name of a song from its folder or file."""
    return path.name.removesuffix(".stem.mp4")


def list_songs(root: Path, split: str) -> list[Path]:
    """The folders (wav) or files (stem.mp4) of a split, sorted by name.

    Raises
    ------
    DataError
        If `root` is no set of songs.
    """
    if not ((root / "train").is_dir() or (root / "test").is_dir()):
        raise DataError(
            f"{root}: expected a set of songs, a folder with train and test in it, found "
            f"{'neither' if root.is_dir() else 'no such folder'}; give the set's own folder, "
            f"or none to have the songs made"
        )
    place = root / ("test" if split in ("test", *INNER) else "train")
    entries = sorted(place.iterdir()) if place.is_dir() else []
    paths = [path for path in entries if _is_song(path)]
    if split in ("train", "valid"):
        valid = validation_names(root)
        paths = [path for path in paths if (song_name(path) in valid) == (split == "valid")]
    return paths


def _is_song(path: Path) -> bool:
    return not path.name.startswith(".") and (path.is_dir() or path.name.endswith(".stem.mp4"))


def validation_names(root: Path) -> set[str]:
    """Which songs in ``train`` are for validation: by the set's mus.yaml, else musdb's own."""
    import yaml

    setup = root / "mus.yaml"
    if not setup.exists():
        package = find_spec("musdb")
        if package is None or not package.submodule_search_locations:
            return set()
        setup = Path(package.submodule_search_locations[0]) / "configs" / "mus.yaml"
    with open(setup, encoding="utf-8") as file:
        return set(yaml.safe_load(file)["validation_tracks"])


def read_stems(path: Path) -> dict:
    """Read a song's stems: ``{name: (audio (channel, sample), rate)}``.

    Raises
    ------
    DataError
        If a stem is missing or broken, or stems differ in length or rate.
    """
    if path.is_dir():
        stems = {stem: read_audio(path / f"{stem}.wav") for stem in STEMS}
    else:
        stems = read_stem_mp4(path)
    check_alike(path, {stem: (audio.shape, rate) for stem, (audio, rate) in stems.items()})
    return stems


def check_alike(path: Path, found: dict[str, tuple[tuple[int, ...], int]]) -> None:
    """Raise DataError unless all stems have one shape and rate."""
    if len(set(found.values())) > 1:
        came = ", ".join(f"{stem} {shape} at {rate} Hz" for stem, (shape, rate) in found.items())
        raise DataError(
            f"{path}: expected stems of one length, rate and number of channels, came {came}; "
            f"export the stems again from one project"
        )


def read_stem_mp4(path: Path) -> dict:
    """Decode a file of MUSDB18 with PyAV; its mixture is left out, the stems' sum is exact."""
    import av

    from common.compat.stempeg_io import read_stream

    try:
        with open(path, "rb") as file, av.open(file) as container:
            streams = [stream for stream in container.streams.audio if stream.codec_context]
            formats = [
                (stream.codec_context.rate, stream.codec_context.channels) for stream in streams
            ]
        if len(formats) != len(STREAMS):
            raise DataError(
                f"{path}: expected {len(STREAMS)} streams, came {len(formats)}; "
                f"download MUSDB18 again"
            )
        stems = {}
        for index, (stem, (rate, channels)) in enumerate(zip(STREAMS, formats, strict=True)):
            if stem != "mixture":
                options = (rate, channels, 0, None, "float32", "f32le", index)
                stems[stem] = (read_stream(str(path), *options).T, rate)
    except (av.FFmpegError, OSError) as error:
        raise DataError(
            f"{path}: expected a stem.mp4 file, came none that opens ({error}); "
            f"download MUSDB18 again"
        ) from error
    shortest = min(audio.shape[-1] for audio, _ in stems.values())
    return {stem: (audio[:, :shortest], rate) for stem, (audio, rate) in stems.items()}
