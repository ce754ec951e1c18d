"""The committed table of the classic methods is what they score today."""

from __future__ import annotations

import json

import pytest

from common.data import RealTrackLeftOut, load_songs
from common.evaluation import ScoreTable, classic, si_sdr
from common.results import load_result
from common.results.baselines import MONO, STEREO, measure

CONTENT = load_result("baselines")["content"]
TABLES = {name: ScoreTable.from_json(json.dumps(t)) for name, t in CONTENT["tables"].items()}


def test_every_set_has_its_methods_and_columns():
    assert {name: len(table.songs) for name, table in TABLES.items()} == {
        "test": 20, "real": 1, "stereo": 3, "real_stereo": 1
    }  # fmt: skip
    for name, table in TABLES.items():
        methods = STEREO if "stereo" in name else MONO
        assert [row.key for row in table.rows if row.group == "method"] == list(methods)
        assert all(table.undefined(row.key) == table.silent(row.key) == 0 for row in table.rows)
        assert table.metrics[:2] == ("si_sdr", "usdr")
    assert TABLES["test"].metrics[2:] == ("sdr", "isr", "sir", "sar")


def test_settings_are_those_of_the_code():
    for name, method in STEREO.items():
        assert CONTENT["settings"]["methods"][name] == method.__kwdefaults__
    assert CONTENT["settings"]["cutoff of all methods"] == classic.CUTOFF


def test_without_the_real_track_nothing_is_written(monkeypatch, tmp_path):
    monkeypatch.setenv("HEAR_THE_MASK_REAL_TRACK", "0")
    with pytest.raises(RealTrackLeftOut, match=r"nothing written.*HEAR_THE_MASK_REAL_TRACK is 0"):
        measure(folder=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["HPSS, two windows", "REPET", "NMF, sorted by centroid"])
def test_two_songs_score_what_was_committed(name):
    songs, table = load_songs("test"), TABLES["test"]
    assert list(table.songs) == songs.names
    for number in (3, 11):
        score = si_sdr(MONO[name](songs[number]), songs[number].source("vocals"))
        assert score == pytest.approx(table.scores(name)[number], abs=0.02)


@pytest.mark.slow
def test_duet_scores_what_was_committed():
    song = load_songs("stereo", channels=2)[0]
    score = si_sdr(classic.duet(song), song.source("vocals"))
    assert score == pytest.approx(TABLES["stereo"].scores("DUET")[0], abs=0.02)
