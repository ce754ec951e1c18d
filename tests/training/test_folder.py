"""What lies in a run's folder is whole, is this run's, and never runs code."""

import errno
import json
import math
import os
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.summary.writer import event_file_writer

from common.checkpoint import load_checkpoint
from common.training.folder import cut_log
from tests.test_checkpoint import Code, pickled
from tests.training.tiny import PLAN, Network, equal, outcome, start, validate

SHORT = replace(PLAN, steps=4, validate_every=2, save_every=1)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of four steps; to look at, not to change."""
    folder = tmp_path_factory.mktemp("run")
    start(folder, SHORT)
    return folder


def test_the_best_is_a_checkpoint_like_any_other(finished):
    model, notes = load_checkpoint(finished / "best.pt", Network)
    assert validate(model) == notes["scores"]
    assert notes["steps"] in (2, 4)


def test_nothing_else_lies_there(finished):
    assert sorted(os.listdir(finished)) == ["best.pt", "last.pt", "log.jsonl", "tensorboard"]


def test_a_run_is_there_from_the_start(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        start(tmp_path, PLAN, watch=interrupt_at(1))
    assert torch.load(tmp_path / "last.pt", weights_only=True)["step"] == 0
    with pytest.raises(ValueError, match="run is other, there tiny"):  # the folder is taken
        start(tmp_path, PLAN, config={"run": "other"})


def test_tensorboard_shows_what_the_log_says(finished):
    board = EventAccumulator(str(finished / "tensorboard"))
    board.Reload()
    lines = [json.loads(line) for line in (finished / "log.jsonl").read_text().splitlines()]
    assert sorted(board.Tags()["scalars"]) == ["learning_rate", "loss", "norm", "score"]
    for name in ("loss", "score"):
        shown = [(event.step, event.value) for event in board.Scalars(name)]
        logged = [(line["step"], np.float32(line[name])) for line in lines if name in line]
        assert shown == logged


def test_tensorboard_forgets_what_comes_after_the_checkpoint(tmp_path, monkeypatch):
    # Files of one second are read in the order of their names, in which 10 comes before 9.
    monkeypatch.setattr(event_file_writer, "_global_uid", event_file_writer.AtomicCounter(100))
    plan = replace(SHORT, save_every=3, validate_every=100)
    for _ in range(2):  # stopped after step 2, and again: both times it goes on from 0
        with pytest.raises(KeyboardInterrupt):
            start(tmp_path, plan, watch=interrupt_at(2))
    start(tmp_path, plan)
    board = EventAccumulator(str(tmp_path / "tensorboard"))
    board.Reload()
    assert [event.step for event in board.Scalars("loss")] == [1, 2, 3, 4]


def interrupt_at(step):
    def watch(record):
        if record["step"] == step:
            raise KeyboardInterrupt

    return watch


def test_a_run_without_a_folder_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    start(plan=SHORT)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("config", "said"), [
    ({"model": {"hidden": 6}, "seed": 0}, "another: model.hidden is 6, there 5; choose another"),
    ({"model": {"hidden": 5}}, "seed is None, there 0"),
    ({"model": {"hidden": 5}, "seed": 0, "a": [1]}, r"a is \(1,\), there None"),
])  # fmt: skip
def test_two_runs_do_not_share_a_folder(tmp_path, config, said):
    mine = {"model": {"hidden": 5}, "seed": 0}
    start(tmp_path, SHORT, config=mine)
    before = outcome(tmp_path)
    with pytest.raises(ValueError, match=said):
        start(tmp_path, SHORT, config=config)
    assert equal(outcome(tmp_path), before)
    start(tmp_path, SHORT, config=mine)


def test_tuples_and_lists_are_the_same_setting(tmp_path):
    start(tmp_path, SHORT, config={"gain": (0.0, 1.0)})
    start(tmp_path, SHORT, config={"gain": [0.0, 1.0]})


def test_settings_that_could_not_be_read_again_are_refused(tmp_path):
    with pytest.raises(TypeError, match=r"config\['rate'\]: .* got numpy.float64"):
        start(tmp_path, SHORT, config={"rate": np.float64(1)})


@pytest.mark.parametrize("share", [0, 0.3, 0.99])
def test_a_truncated_checkpoint_is_refused(finished, tmp_path, share):
    whole = (finished / "last.pt").read_bytes()
    (tmp_path / "last.pt").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ValueError, match=r"last\.pt: expected a checkpoint, got a file that does"):
        start(tmp_path, SHORT)


@pytest.mark.parametrize("write", [torch.save, pickled])
def test_a_checkpoint_with_code_is_refused_and_not_run(finished, tmp_path, write):
    proof = tmp_path / "it ran"
    content = torch.load(finished / "last.pt", weights_only=True)
    write({**content, "best": Code(proof)}, tmp_path / "last.pt")
    with pytest.raises(ValueError, match="does not load as weights only"):
        start(tmp_path, SHORT)
    assert not proof.exists()
    with open(tmp_path / "last.pt", "rb") as file:
        pickle.load(file) if write is pickled else torch.load(file, weights_only=False)
    assert proof.exists()  # it would have


@pytest.mark.parametrize("content", [[1, 2], {"step": 3}], ids=type)
def test_another_file_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "last.pt")
    with pytest.raises(ValueError, match="expected a checkpoint with best, best_step, con"):
        start(tmp_path, SHORT)


def test_weights_are_no_training_checkpoint(finished, tmp_path):
    (tmp_path / "last.pt").write_bytes((finished / "best.pt").read_bytes())
    with pytest.raises(ValueError, match="it is no training checkpoint; start afresh in another"):
        start(tmp_path, SHORT)


@pytest.mark.parametrize(("change", "said"), [
    ({"step": "3"}, "training checkpoint, got one whose step is str"),
    ({"norms": [1.0]}, "got one whose norms is list"),
    ({"waited": None}, "got one whose waited is NoneType"),
    ({"best": "good"}, "got one whose best is str; start afresh in another folder"),
    ({"model": {"first.weight": torch.ones(2, 2)}}, "this network, got another's"),
    ({"optimizer": {}}, "the state of this network"),
], ids=str)  # fmt: skip
def test_a_checkpoint_that_does_not_fit_is_refused(finished, tmp_path, change, said):
    content = torch.load(finished / "last.pt", weights_only=True)
    torch.save({**content, **change}, tmp_path / "last.pt")
    with pytest.raises(ValueError, match=said):
        start(tmp_path, SHORT)


@pytest.mark.parametrize("call", [1, 2, 4, 5])
def test_a_full_disk_loses_nothing(finished, tmp_path, call, monkeypatch):
    real, calls = os.fsync, []

    def full(number):
        calls.append(number)
        if len(calls) >= call:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(number)

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(os, "fsync", full)
        start(tmp_path, SHORT)
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]
    assert (tmp_path / "last.pt").exists() == (call > 1)
    start(tmp_path, SHORT)
    assert equal(outcome(tmp_path), outcome(finished))


def test_what_a_killed_run_left_half_written_is_swept_up(tmp_path):
    (tmp_path / ".last.pt.123").write_bytes(b"half")
    start(tmp_path, SHORT)
    assert not (tmp_path / ".last.pt.123").exists()


@pytest.mark.parametrize(("text", "kept"), [
    ('{"step": 1}\n{"step": 2}\n{"step": 3}\n', 2),
    ('{"step": 1}\n{"step": 2}\n{"st', 2),
    ('{"step": 1}\n{"step": 2}', 1),
    ('{"step": 1}\nnoise\n{"step": 2}\n', 1),
    ('{"step": 1}\n[2]\n{"step": 2}\n', 1),
    ("", 0),
])  # fmt: skip
def test_the_log_is_cut_after_a_step(tmp_path, text, kept):
    path = tmp_path / "log.jsonl"
    path.write_text(text)
    cut_log(path, 2)
    assert path.read_text() == "".join(text.splitlines(keepends=True)[:kept])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_the_log_is_json_whatever_the_numbers(tmp_path, value):
    values = iter([1.0, value])
    start(tmp_path, SHORT, validate=lambda model: {"score": next(values), "other": value})
    lines = [json.loads(line, parse_constant=pytest.fail)
             for line in (tmp_path / "log.jsonl").read_text().splitlines()]  # fmt: skip
    assert [line["other"] for line in lines if "other" in line] == [None, None]
