"""The committed tables of the networks are what these score today."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from common import train
from common.data import RealTrackLeftOut, load_real_track, load_songs
from common.evaluation import ScoreTable, si_sdr
from common.pretrained import load_pretrained
from common.results import load_result
from common.results.baselines import MONO
from common.results.choices import VARIANTS, variant
from common.results.maskers import FIRST, SEEDS, SHIPPED, described, masker, measure
from common.training.config import build, read_table

CONTENT = load_result("maskers")["content"]
TABLES = {name: ScoreTable.from_json(json.dumps(t)) for name, t in CONTENT["tables"].items()}
CLASSICS = load_result("baselines")["content"]["tables"]
NETWORKS = [f"notebook, seed {seed}" for seed in SEEDS] + [f"shipped, {name}" for name in SHIPPED]
FILES = {"notebook, seed 0": "first", **{f"shipped, {name}": name for name in SHIPPED}}


def test_every_set_has_its_rows_and_columns():
    assert {name: len(table.songs) for name, table in TABLES.items()} == {
        "test": 20, "real": 1, "unseen": 12
    }  # fmt: skip
    for name, table in TABLES.items():
        methods = [*MONO, *NETWORKS] if name == "unseen" else NETWORKS
        assert [row.key for row in table.rows if row.group == "method"] == methods
        assert table.metrics == ("si_sdr", "usdr", "sdr", "isr", "sir", "sar")
        assert all(table.undefined(row.key) == table.silent(row.key) == 0 for row in table.rows)


@pytest.mark.parametrize("name", ["test", "real"])
def test_the_classic_methods_join_them(name):
    joined = TABLES[name].joined(ScoreTable.from_json(json.dumps(CLASSICS[name])))
    assert [row.key for row in joined.rows if row.group == "method"] == [*NETWORKS, *MONO]


def test_what_the_book_promises_of_them():
    test, real = TABLES["test"], TABLES["real"]
    assert np.mean([test.share(f"notebook, seed {seed}").value for seed in SEEDS]) >= 0.10
    assert test.share("shipped, vocals").value >= 0.33
    assert real.mean("shipped, vocals") >= real.mean("static") + 2


@pytest.mark.parametrize(("row", "name"), FILES.items())
def test_the_networks_are_those_that_are_shipped(row, name):
    said = CONTENT["networks"][row]
    shipped = json.loads(json.dumps(described(*load_pretrained(name))))
    for key in ("weights", "rate", "sources", "songs", "config", "steps", "scores", "validations"):
        assert said[key] == shipped[key], key


@pytest.mark.parametrize("name", FILES.values())
def test_each_is_of_its_configuration_file(name):
    config = build(train.Config, read_table(FIRST.with_name(f"{name}.toml")))
    assert load_pretrained(name)[1]["config"] == asdict(config)


def test_without_the_real_track_nothing_is_written(monkeypatch, tmp_path):
    monkeypatch.setenv("HEAR_THE_MASK_REAL_TRACK", "0")
    with pytest.raises(RealTrackLeftOut, match=r"nothing written.*HEAR_THE_MASK_REAL_TRACK is 0"):
        measure(tmp_path / "runs", folder=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize(("row", "name"), FILES.items())
def test_songs_score_what_was_committed(row, name):
    method = masker(*load_pretrained(name))
    songs = [("test", load_songs("test"), (5, 14)), ("unseen", load_songs("unseen"), (2,)),
             ("real", [load_real_track()], (0,))]  # fmt: skip
    for table, there, numbers in songs:
        for number in numbers:
            score = si_sdr(method(there[number]), there[number].source("vocals"))
            # The notebook's network is scored whole there, and shipped in half precision.
            assert score == pytest.approx(TABLES[table].scores(row)[number], abs=0.05)


def test_the_log_of_choices_has_all_variants():
    runs = load_result("choices")["content"]
    assert list(runs) == list(VARIANTS)
    for name, run in runs.items():
        model, _ = train.build_model(variant(name))
        assert run["weights"] == sum(weight.numel() for weight in model.parameters())
        assert run["steps"] == variant(name).training.steps
