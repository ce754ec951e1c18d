"""A run that was stopped anywhere ends as if it had not been, to the last bit."""

import json
import os
from dataclasses import replace

import pytest
import torch

from tests.training.tiny import PLAN, SETTINGS, Network, equal, outcome, start


def some(values, quick):
    """All the values, of which only some are quick."""
    return [value if value in quick else pytest.param(value, marks=pytest.mark.slow)
            for value in values]  # fmt: skip


class Stop(Exception):
    """What stops a run."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The run that nothing stopped."""
    folder = tmp_path_factory.mktemp("whole")
    start(folder)
    return outcome(folder)


def stop_at(step, what):
    """Stop when the numbers of a step, or of its validation, are told."""

    def watch(record):
        if record["step"] == step and what in record:
            raise Stop

    return watch


@pytest.mark.parametrize("step", some(range(1, 13), quick=(1, 5, 8)))
def test_stopped_after_a_step(tmp_path, whole, step):
    with pytest.raises(Stop):
        start(tmp_path, watch=stop_at(step, "loss"))
    assert not (tmp_path / "best.pt").exists() or step > 5
    start(tmp_path)
    assert equal(outcome(tmp_path), whole)


@pytest.mark.parametrize("step", some([5, 10, 12], quick=[10]))
def test_stopped_between_the_best_and_the_last_checkpoint(tmp_path, whole, step):
    with pytest.raises(Stop):
        start(tmp_path, watch=stop_at(step, "score"))
    start(tmp_path)
    assert equal(outcome(tmp_path), whole)


@pytest.mark.parametrize("call", some(range(1, 9), quick=(1, 4)))
@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_stopped_while_a_checkpoint_is_written(tmp_path, whole, where, call, monkeypatch):
    real, calls = getattr(os, where), []

    def sometimes(*arguments):
        calls.append(where)
        if len(calls) == call:
            raise Stop
        return real(*arguments)

    with monkeypatch.context() as patch, pytest.raises(Stop):
        patch.setattr(os, where, sometimes)
        start(tmp_path)
    start(tmp_path)
    assert equal(outcome(tmp_path), whole)


def test_stopped_again_and_again(tmp_path, whole):
    for step in (1, 2, 4, 4, 7, 11):
        with pytest.raises(Stop):
            start(tmp_path, watch=stop_at(step, "loss"))
    start(tmp_path)
    assert equal(outcome(tmp_path), whole)


def test_a_run_that_is_over_changes_nothing(tmp_path, whole):
    _, first = start(tmp_path)
    model, again = start(tmp_path, watch=stop_at(1, "step"))
    assert again == first
    assert equal(outcome(tmp_path), whole)
    assert equal(dict(model.state_dict()), dict(whole["last"]["model"]))


def test_a_run_whose_patience_is_over_stays_over(tmp_path):
    plan = replace(PLAN, patience=1, validate_every=2)
    worse = iter([1.0, 0.5])
    _, first = start(tmp_path, plan, validate=lambda model: {"score": next(worse)})
    assert (first.steps, first.best, first.best_step) == (4, 1.0, 2)
    _, again = start(tmp_path, plan, validate=lambda model: {"score": next(worse)})
    assert again == first


def test_patience_is_remembered(tmp_path):
    plan, scores = replace(PLAN, patience=2, validate_every=2), iter([1.0, 0.5, 0.7, 2.0])
    options = {"plan": plan, "validate": lambda model: {"score": next(scores)}}
    with pytest.raises(Stop):
        start(tmp_path, watch=stop_at(5, "loss"), **options)  # after two validations
    _, result = start(tmp_path, **options)
    assert (result.steps, result.best_step) == (6, 2)


@pytest.mark.slow
def test_workers_change_nothing(tmp_path, whole):
    with pytest.raises(Stop):
        start(tmp_path, workers=1, watch=stop_at(4, "loss"))
    start(tmp_path, workers=2)
    assert equal(outcome(tmp_path), whole)


def test_the_caller_s_random_numbers_are_left_alone():
    torch.manual_seed(0)
    Network(**SETTINGS)  # as `start` does
    expected = torch.rand(3)
    start()
    assert torch.equal(torch.rand(3), expected)


def test_the_log_has_a_line_for_each_step_and_validation(whole):
    lines = [json.loads(line) for line in whole["log"].splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == list(range(1, 13))
    assert [line["step"] for line in lines if "score" in line] == [5, 10, 12]
    assert lines[0].keys() == {"step", "loss", "norm", "learning_rate"}
    assert lines[5].keys() == {"step", "score", "best"}


def test_a_line_that_was_never_finished_is_cut(tmp_path, whole):
    start(tmp_path)
    with open(tmp_path / "log.jsonl", "a") as file:
        file.write('{"step": 12, "lo')
    start(tmp_path)
    assert equal(outcome(tmp_path), whole)
