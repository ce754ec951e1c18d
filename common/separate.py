"""The command: ``python -m common.separate song.wav [--model MODEL] [--out FOLDER]``."""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from common.data.files import DataError
from common.data.song_file import read_song
from common.stft import STFTConfig

OUTPUTS = ("vocals", "accompaniment")


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status: 0 well, 1 a fault in what it was given."""
    parser = argparse.ArgumentParser(
        prog="python -m common.separate",
        description="Separate a song: vocals.wav, and accompaniment.wav, which is all the rest.",
    )
    parser.add_argument("song", type=Path, help="a sound file: wav, flac, mp3, m4a, ...")
    parser.add_argument("--model", default="vocals",
                        help="a shipped network (vocals, small), or a checkpoint of common.train: "
                        "runs/NAME/best.pt (default: %(default)s)")  # fmt: skip
    parser.add_argument("--out", type=Path, help="the folder (default: here, the song's name)")
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")
    options = parser.parse_args(arguments)
    try:
        run(options.song, options.model, options.out or Path(options.song.stem), options.overwrite)
    except (OSError, ValueError) as error:  # a DataError is a ValueError
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return 130
    return 0


def run(song: Path, name: str, folder: Path, overwrite: bool) -> None:
    """Read, separate, write, and say what was done.

    Raises
    ------
    ValueError
        If the song or the checkpoint is not what it should be, or an output is there.
    """
    paths = [folder / f"{name}.wav" for name in OUTPUTS]
    check_free(folder, paths, overwrite)
    mixture, rate = read_song(song)
    if len(mixture) > 2:
        raise DataError(
            f"{song}: expected mono or stereo, found {len(mixture)} channels; mix it down first"
        )
    import torch  # takes seconds: after what fails without it

    from common.pretrained import load_model
    from common.separation import separate

    model, notes = load_model(name)
    check_notes(name, notes)
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    start = time.perf_counter()
    estimates = separate(
        model, mixture, rate, model_rate=notes["rate"], config=STFTConfig(**notes.get("stft", {})),
        shares=None, per_channel=notes.get("channels", 1) == 1, progress=sys.stderr.isatty(),
    )  # fmt: skip
    check_sources(name, notes["sources"], len(estimates))
    vocals = estimates[notes["sources"].index("vocals")]
    seconds, duration = time.perf_counter() - start, mixture.shape[-1] / rate
    write({paths[0]: vocals, paths[1]: mixture - vocals}, rate)
    print(f"{duration:.1f} s of sound in {seconds:.1f} s: {duration / seconds:.1f} times real time")


def check_free(folder: Path, paths: Sequence[Path], overwrite: bool) -> None:
    """Raise DataError unless the paths in the folder may be written."""
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder}: expected a folder, found a file; choose another with --out")
    there = [str(path) for path in paths if path.exists()]
    if there and not overwrite:
        raise DataError(
            f"{' and '.join(there)}: there already; choose another folder with --out, or replace "
            f"what is there with --overwrite"
        )


def check_notes(path: str, notes: Mapping[str, Any]) -> None:
    """Raise DataError unless the notes say at what rate, and which sources, a network knows."""
    sources = notes.get("sources")
    if "rate" not in notes or not isinstance(sources, list) or "vocals" not in sources:
        raise DataError(
            f"{path}: expected notes with the rate and the sources, vocals among them, found "
            f"{dict(notes)}; write it with save_checkpoint(..., rate=22050, sources=['vocals'])"
        )


def check_sources(path: str, sources: Sequence[str], estimates: int) -> None:
    """Raise DataError unless there is a name for each estimate."""
    if len(sources) != estimates:
        raise DataError(f"{path}: expected a name for each of {estimates} sources, found {sources}")


def write(sounds: Mapping[Path, np.ndarray], rate: int) -> None:
    """Write sounds, (channel, sample), as WAV of 32-bit floats: all of them, or none."""
    unfinished = {}
    try:
        for path, sound in sounds.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            encoded = io.BytesIO()  # so that a full disk fails here, not in soundfile's callback
            soundfile.write(encoded, sound.T, rate, format="WAV", subtype="FLOAT")
            unfinished[path] = path.with_name(f".{path.name}.{os.getpid()}")
            unfinished[path].write_bytes(encoded.getbuffer())
        for path, sound in sounds.items():
            os.replace(unfinished[path], path)
            print(f"{path}: {describe_peak(sound)}")
    finally:
        for path in unfinished.values():
            path.unlink(missing_ok=True)


def describe_peak(sound: np.ndarray) -> str:
    """How loud it gets, and what became of what is beyond full scale."""
    peak = np.abs(sound).max()
    if peak == 0:
        return "silence"
    text = f"peak {20 * np.log10(peak):.1f} dB of full scale"
    if peak > 1:
        text += "; nothing is clipped, these are floats: turn it down before you make 16 bits of it"
    return text


if __name__ == "__main__":
    sys.exit(main())
