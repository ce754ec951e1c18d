"""How fast songs are separated, in how much memory.

Four minutes in stereo at 44.1 kHz, tiled from the book's songs, through `common.separation` and
through the ``Separator`` of Open-Unmix, with networks of about as many weights, which nobody has
trained: time and memory are the same. Open-Unmix computes at 44.1 kHz, all of the song at once,
here without its Wiener filter; the book at 22.05 kHz, in chunks. Both give vocals and the rest.

They take turns, each time in a process of its own on one thread. Counted are the processor time
of the separation alone, and the peak of memory above what was there before it. Runs on Linux.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import torch

from common.architectures import MaskInference
from common.data import load_songs
from common.data.files import convert
from common.separation import separate
from common.stft import STFTConfig
from tests.benchmarks import Row
from tests.peers.conftest import ROOT, installed

PAIRS, MINUTES, RATE, MODEL_RATE, HIDDEN = 5, 4, 44100, 22050, 256


def here() -> tuple[torch.nn.Module, Callable]:
    """The book's network for one mask, and what separates a song with it."""
    model = MaskInference(sources=1, hidden=HIDDEN, reference=STFTConfig().full_scale).eval()
    return model, lambda song: separate(model, song, RATE, model_rate=MODEL_RATE)


def open_unmix() -> tuple[torch.nn.Module, Callable]:
    """The same of Open-Unmix."""
    sys.modules["torchaudio"] = ModuleType("torchaudio")  # imported, never used here
    from openunmix.model import OpenUnmix, Separator

    bins = 4096 // 2 + 1
    model = Separator({"vocals": OpenUnmix(bins, 2, HIDDEN)}, residual=True, sample_rate=RATE)
    model.freeze()
    return model, lambda song: model(torch.from_numpy(song)[None])[0]


def separate_once(which: str, path: str) -> dict[str, float]:
    """Separate the song in a file once."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model, run = {"here": here, "Open-Unmix": open_unmix}[which]()
    song = np.load(path)
    before, start = held(), time.process_time()
    with torch.no_grad():
        estimates = run(song)
    seconds = time.process_time() - start
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000 - before  # from kB
    assert estimates.shape == (2, *song.shape)
    return {"seconds": seconds, "megabytes": megabytes,
            "weights": sum(weight.numel() for weight in model.parameters())}  # fmt: skip


def held() -> float:
    """The memory that this process holds now, in MB, as Linux tells it."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def song() -> np.ndarray:
    """The book's stereo songs one after the other, again and again, (channel, sample)."""
    songs = [convert(one.mixture, one.rate, to_rate=RATE, channels=2)
             for one in load_songs("stereo", channels=2)]  # fmt: skip
    length = MINUTES * 60 * RATE
    once = np.concatenate(songs, axis=1)
    return np.tile(once, 1 + length // once.shape[1])[:, :length]


def measure() -> list[Row]:
    """Processor time and memory of both."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1",
                   "PYTHONPATH": os.pathsep.join([str(ROOT), str(installed())])}  # fmt: skip
    measured: dict[str, list[dict[str, float]]] = {"here": [], "Open-Unmix": []}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "song.npy"
        np.save(path, song())
        for _ in range(PAIRS):
            for which, found in measured.items():
                run = subprocess.run(
                    [sys.executable, "-m", __spec__.name, which, path], cwd=ROOT, env=environment,
                    stdout=subprocess.PIPE, text=True, check=True)  # fmt: skip
                found.append(json.loads(run.stdout))
    seconds, megabytes = (
        np.array([[one[key] for one in found] for found in measured.values()]).T
        for key in ("seconds", "megabytes")
    )
    speeds = [f"{60 * MINUTES / one:.1f} x real time" for one in np.median(seconds, axis=0)]
    peaks = [f"{one:.0f} MB" for one in np.median(megabytes, axis=0)]
    ours, theirs = (f"{found[0]['weights'] / 1e6:.1f} M" for found in measured.values())
    peer = f"{ours} weights (Open-Unmix, {theirs})"
    return [Row.of_pairs(f"separating, {peer}", *speeds, seconds),
            Row.of_pairs(f"memory, {peer}", *peaks, megabytes)]  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(separate_once(*sys.argv[1:])))
