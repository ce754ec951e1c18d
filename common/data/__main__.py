"""The command: ``python -m common.data make | list | check | clips``."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np

from common.data.check import check_set
from common.data.clips import CLIPS, make_clips
from common.data.files import DataError
from common.data.library import INNER, SPLITS, Songs
from common.data.make import make_songs
from common.data.settings import Settings, songs_folder

HELP = {
    "rate": "samples a second",
    "channels": "1 or 2",
    "duration": "seconds a song",
    "train": "songs to train on",
    "valid": "songs to choose by",
    "test": "songs to test on",
    "stereo": "stereo songs to test on",
    "unseen": "songs in other styles, by another kind of voice",
    "seed": "another seed, other songs",
    "vocals_db": "raise the voice, in dB",
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status: 0 well, 1 a fault in the data."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (DataError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where it stopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m common.data",
        description="The songs of the book: make them, list them, check them.",
    )
    commands = parser.add_subparsers(required=True, metavar="make | list | check | clips")
    make = commands.add_parser("make", help="make the songs, or what is missing of them")
    make.add_argument(
        "--root", type=Path, help="the folder (default: one under .data, or HEAR_THE_MASK_DATA)"
    )
    make.add_argument(
        "--processes",
        type=int,
        default=min(2, os.cpu_count() or 1),
        help="songs at a time (default: %(default)s)",
    )
    make.add_argument("--quiet", action="store_true", help="no progress bar")
    for field in fields(Settings):
        kind = float if isinstance(field.default, float) else int
        name = "--" + field.name.replace("_", "-")
        make.add_argument(
            name,
            type=kind,
            default=field.default,
            help=f"{HELP[field.name]} (default: %(default)s)",
        )
    make.set_defaults(run=_make)
    for name, run, text in (
        ("list", _list, "list songs with key, tempo, style and levels"),
        ("check", _check, "look for what is missing, broken or changed"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument(
            "root",
            type=Path,
            nargs="?",
            default=songs_folder(),
            help="a made set or MUSDB18 (default: %(default)s)",
        )
        command.set_defaults(run=run)
    clips = commands.add_parser("clips", help="make the committed clips again")
    clips.add_argument("--folder", type=Path, default=CLIPS, help="where to (default: %(default)s)")
    clips.set_defaults(run=_clips)
    return parser


def _make(options: argparse.Namespace) -> int:
    settings = Settings(**{field.name: getattr(options, field.name) for field in fields(Settings)})
    root = make_songs(
        options.root, settings, processes=options.processes, progress=not options.quiet
    )
    print(root)
    return 0


def _list(options: argparse.Namespace) -> int:
    from common.data.generator.loudness import loudness

    print(
        f"{'split':6} {'song':32} {'s':>5} {'style':13} {'key':13} {'bpm':>5}"
        "   drums   bass  other vocals    mix  (LUFS)"
    )
    for split in SPLITS:
        root = options.root / split if split in INNER else options.root
        if split in INNER and not root.is_dir():
            continue
        for song in Songs(root, split, rate=22050, channels=1):
            levels = [
                loudness(audio.astype(float), song.rate)
                for audio in (*song.stems.values(), song.mixture)
            ]
            about = song.info
            print(
                f"{split:6} {song.name[:32]:32} {song.duration:5.1f} {about.get('style', '?'):13} "
                f"{about.get('key', '?'):13} {about.get('tempo', np.nan):5.1f}  "
                + " ".join(f"{level:6.1f}" for level in levels)
            )
    return 0


def _check(options: argparse.Namespace) -> int:
    count, problems = check_set(options.root, progress=sys.stderr.isatty())
    for problem in problems:
        print(problem)
    print(f"{options.root}: {count} songs, {len(problems)} problems")
    return 1 if problems else 0


def _clips(options: argparse.Namespace) -> int:
    make_clips(options.folder)
    print(options.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
