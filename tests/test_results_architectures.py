"""The committed table of architectures is what they are, cost and score today."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from common import train
from common.data import RealTrackLeftOut, load_real_track, load_songs
from common.evaluation import si_sdr
from common.pretrained import load_pretrained
from common.results import load_result
from common.results.architectures import (
    CONFIGS,
    NAMES,
    configuration,
    measure,
    rehearse,
    seconds_a_step,
)
from common.results.maskers import SEEDS, masker

RESULT = load_result("architectures")


def test_every_architecture_has_its_seeds_and_songs():
    assert list(RESULT["content"]) == list(NAMES)
    for network in RESULT["content"].values():
        assert [run["seed"] for run in network["seeds"]] == list(SEEDS)
        assert all(len(run["test"]) == 20 for run in network["seeds"])


def test_all_are_trained_on_the_same_mixtures_and_named_by_their_files():
    assert sorted(path.stem for path in CONFIGS.glob("*.toml")) == sorted(NAMES)
    first, *others = (configuration(name).data for name in NAMES)
    assert all(other == first for other in others)


@pytest.mark.parametrize("name", NAMES)
def test_the_budget_is_kept(name):
    model, _ = train.build_model(configuration(name))
    weights = sum(weight.numel() for weight in model.parameters())
    assert weights <= 2_000_000
    said = RESULT["content"][name]
    assert (said["weights"], said["steps"]) == (weights, configuration(name).training.steps)
    assert 150 <= said["seconds"] <= 300  # about four minutes; less where nothing else runs


@pytest.mark.parametrize("name", NAMES)
def test_those_of_the_first_seed_are_shipped(name):
    assert load_pretrained(name)[1]["config"] == asdict(configuration(name))


def test_without_the_real_track_nothing_is_written(monkeypatch, tmp_path):
    monkeypatch.setenv("HEAR_THE_MASK_REAL_TRACK", "0")
    with pytest.raises(RealTrackLeftOut, match="nothing measured, nothing written"):
        measure(tmp_path / "runs", folder=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_songs_score_what_was_committed(name):
    run, method = RESULT["content"][name]["seeds"][0], masker(*load_pretrained(name))
    songs = load_songs("test")
    for number in (5, 14):
        score = si_sdr(method(songs[number]), songs[number].source("vocals"))
        assert score == pytest.approx(run["test"][number], abs=0.1)  # shipped in half precision
    real = load_real_track()
    assert si_sdr(method(real), real.source("vocals")) == pytest.approx(run["real"], abs=0.1)


@pytest.mark.slow
def test_a_short_version_takes_the_code_that_was_committed():
    assert rehearse() == RESULT["code"]


@pytest.mark.slow
def test_a_step_of_a_larger_network_costs_more():
    small, large = (seconds_a_step(configuration(name)) for name in ("mask-inference", "chimera"))
    assert large > small
