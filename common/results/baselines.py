"""The classic methods on the test songs, the real track and the stereo songs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from tqdm.auto import tqdm

from common.data import RealTrackLeftOut, Settings, Song, load_real_track, load_songs
from common.evaluation import ScoreTable, classic, fit_static_mask, score_songs
from common.results.code import code_that_runs
from common.results.files import HERE, save_result
from common.stft import STFTConfig

MONO = {
    "high-pass": classic.high_pass,
    "HPSS, two windows": classic.hpss,
    "REPET": classic.repet,
    "REPET-SIM": classic.repet_sim,
    "2DFT": classic.ft2d,
    "NMF, sorted by centroid": classic.nmf,
    "NMF, told the answer": classic.nmf_told,
}
STEREO = {**MONO, "DUET": classic.duet}


def measure(*, folder: Path = HERE) -> Path:
    """Score the classic methods, and write ``baselines.json``.

    Its content: ``tables``, a `ScoreTable` as JSON for each of ``test``, ``real``, ``stereo`` (the
    test songs in stereo) and ``real_stereo``; and ``settings``, what the scores depend on.

    Raises
    ------
    RealTrackLeftOut
        If the real track is switched off. Then nothing is measured or written.
    """
    with code_that_runs() as code:
        tables = _tables()
    content = {
        "settings": {
            "transform": asdict(STFTConfig()),
            "static mask": f"fitted on {len(load_songs('train'))} training songs",
            "methods": {name: method.__kwdefaults__ for name, method in STEREO.items()},
            "cutoff of all methods": classic.CUTOFF,
        },
        "tables": {name: json.loads(table.to_json()) for name, table in tables.items()},
    }
    songs = Settings().folder_name
    return save_result("baselines", content, songs=songs, code=code, folder=folder)


def _tables() -> dict[str, ScoreTable]:
    real, real_stereo = (real_track_for("baselines", channels) for channels in (1, 2))
    static = fit_static_mask(with_progress(load_songs("train"), "static mask"))
    score = partial(score_songs, static=static, metrics=("usdr",))
    every = ("usdr", "bss_eval")
    return {
        # BSSEval takes half of the time here; in stereo it would take ten times as long.
        "test": score(with_progress(load_songs("test"), "test"), MONO, metrics=every),
        "real": score([real], MONO, metrics=every),
        "stereo": score(with_progress(load_songs("stereo", channels=2), "stereo"), STEREO),
        "real_stereo": score([real_stereo], STEREO),
    }


def real_track_for(result: str, channels: int = 1) -> Song:
    """The real track, that a result cannot do without.

    Raises
    ------
    RealTrackLeftOut
        If it is switched off.
    """
    try:
        return load_real_track(channels=channels)
    except RealTrackLeftOut as off:
        raise RealTrackLeftOut(f"{result}: nothing measured, nothing written. {off}") from off


def with_progress(songs: Iterable, what: str) -> Iterable:
    """The songs, with a bar that says how many are done."""
    return tqdm(songs, desc=what, unit="song")
