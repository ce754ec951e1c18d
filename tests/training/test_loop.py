"""The loop does what a loop written out by hand does, and stops in words where it must."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from common.training import Diverged, Plan, RunFolder, learning_rate, train
from common.training import state as state_module
from tests.elsewhere import elsewhere
from tests.training.tiny import PLAN, SETTINGS, Examples, Network, objective, start, validate

PLAIN = Plan(steps=5, batch=4, learning_rate=0.01, schedule="constant")


def test_it_is_the_loop_that_one_writes_by_hand():
    torch.manual_seed(0)
    model = Network(**SETTINGS, norm="layer")
    model.dropout.p = 0.0
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    examples, losses = Examples(), []
    for step in range(5):
        batch = [examples[number] for number in range(step * 4, step * 4 + 4)]
        x, y = (torch.tensor(np.stack([one[name] for one in batch])) for name in ("x", "y"))
        loss = (model(x) - y).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    told, seen = [], Examples()

    def still(model, example):  # without dropout
        model.dropout.p = 0.0
        return objective(model, example)

    other, result = start(plan=PLAIN, norm="layer", objective=still, examples=seen,
                          validate=None, watch=told.append)  # fmt: skip
    assert [record["loss"] for record in told] == losses
    assert seen.asked == list(range(20))
    assert all(map(torch.equal, model.parameters(), other.parameters()))
    assert (result.steps, result.best) == (5, None)
    assert not other.training


def test_on_another_device_it_is_the_same(tmp_path):
    one, _ = start(validate=None)
    with elsewhere() as device:
        torch.manual_seed(0)
        model = Network(**SETTINGS).to(device)
        folder = RunFolder(tmp_path, SETTINGS, {}, {})
        train(model, objective, Examples(), PLAN, folder=folder, progress=False)
        again = Network(**SETTINGS).to(device)
        train(again, objective, Examples(), PLAN, folder=folder, progress=False)  # is over
        for other in (model, again):
            assert other.first.weight.device.type == torch.device(device).type
            torch.testing.assert_close(other.first.weight.cpu(), one.first.weight)


def test_what_is_told():
    told = []
    _, result = start(watch=told.append)
    steps = [record for record in told if "loss" in record]
    assert [record["step"] for record in steps] == list(range(1, 13))
    rates = [record["learning_rate"] for record in steps]
    assert rates == [learning_rate(PLAN, step) for step in range(12)]
    scores = {record["step"]: record["score"] for record in told if "score" in record}
    assert list(scores) == [5, 10, 12]
    assert result.best == max(scores.values()) == scores[result.best_step]


def test_the_learning_rate_follows_the_plan():
    plan = Plan(steps=2, batch=4, learning_rate=0.04, warmup=2)
    torch.manual_seed(0)
    before, moved = Network(**SETTINGS), []

    def watch(record):
        moved.append((model.last.weight - before.last.weight).abs().max().item())

    model = Network(**SETTINGS)
    model.load_state_dict(before.state_dict())
    train(model, objective, Examples(), plan, watch=watch, progress=False)
    assert moved[0] == pytest.approx(0.02, rel=1e-3)  # Adam's first step is as long as the rate
    assert moved[1] <= 0.06 + 1e-6


def test_it_is_validated_in_evaluation_mode_and_trained_in_training_mode():
    modes = []

    def watched(model, example):
        modes.append(model.training)
        return objective(model, example)

    def evaluated(model):
        modes.append(model.training)
        return validate(model)

    start(plan=replace(PLAN, steps=3, validate_every=2), objective=watched, validate=evaluated)
    assert modes == [True, True, False, True, False]


def test_steps_draw_numbers_of_their_own():
    drawn = []

    def draw(model, example):
        drawn.append(torch.rand(()).item())
        return objective(model, example)

    start(objective=draw)
    start(objective=draw)
    start(objective=draw, plan=replace(PLAN, seed=2))
    assert len(set(drawn[:12])) == 12
    assert drawn[12:24] == drawn[:12]
    assert not set(drawn[24:]) & set(drawn[:12])


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_the_run_and_leaves_its_checkpoints(tmp_path, value):
    def fails(model, example):
        losses = objective(model, example)
        return losses * value if 28 in example["number"] else losses  # of step 8

    with pytest.raises(Diverged) as error:
        start(tmp_path, objective=fails)
    said = str(error.value)
    assert said.startswith(f"step 8, examples 28 to 31: expected a finite loss, got {value}; try ")
    assert "a learning rate below 0.01, clip_norm or clip_percentile" in said
    last = torch.load(tmp_path / "last.pt", weights_only=True)
    assert last["step"] == 6
    assert all(value.isfinite().all() for value in last["model"].values())
    log = (tmp_path / "log.jsonl").read_text().splitlines()
    steps = [json.loads(line)["step"] for line in log]
    assert steps == [1, 2, 3, 4, 5, 5, 6, 7]
    _, result = start(tmp_path)  # the objective mended
    assert result.steps == 12


def test_a_gradient_that_is_not_finite_leaves_the_weights():
    weights = []

    def fails(model, example):
        weights.append(model.first.weight.detach().clone())
        losses = objective(model, example)
        return losses if len(weights) < 3 else (losses * 0).sqrt()  # value 0, slope infinite

    with pytest.raises(Diverged, match="step 3, examples 8 to 11: expected a finite gradient"):
        start(objective=fails)
    assert len(weights) == 3


@pytest.mark.parametrize(("reduce", "shape"), [(torch.mean, r"\(\)"), (lambda x: x[:3], r"\(3,\)")])
def test_an_objective_must_give_a_loss_an_example(reduce, shape):
    said = r"losses of the objective: expected \(batch 4\), got shape " + shape
    with pytest.raises(ValueError, match=said):
        start(objective=lambda model, example: reduce(objective(model, example)))


def test_half_precision_with_a_scaled_loss_learns_as_well(monkeypatch):
    exact, _ = start()
    monkeypatch.setattr(state_module, "half_precision", lambda device: torch.bfloat16)
    kinds, told = set(), []

    def watched(model, example):
        kinds.add(model.first(example["x"]).dtype)
        return objective(model, example)

    half, _ = start(objective=watched, watch=told.append)
    assert kinds == {torch.bfloat16}
    assert half.first.weight.dtype == torch.float32
    assert not torch.equal(half.first.weight, exact.first.weight)
    torch.testing.assert_close(half.first.weight, exact.first.weight, atol=0.02, rtol=0)
    assert all(record["norm"] < 100 for record in told if "norm" in record)  # unscaled


def test_half_precision_skips_steps_whose_gradients_overflow(monkeypatch):
    monkeypatch.setattr(state_module, "half_precision", lambda device: torch.float16)
    told = []

    def large(model, example):
        return objective(model, example) * 1e3

    plan = Plan(steps=40, batch=4, clip_percentile=50)
    model, _ = start(objective=large, plan=plan, validate=None, watch=told.append)
    finite = [math.isfinite(record["norm"]) for record in told]
    assert not finite[0] and sum(finite[-10:]) > 5
    assert all(weight.isfinite().all() for weight in model.parameters())


def test_float32_asks_for_no_half_precision(monkeypatch):
    monkeypatch.setattr(state_module, "half_precision", lambda device: torch.bfloat16)
    exact, _ = start(plan=replace(PLAN, precision="float32"))
    kinds = state_module.State(exact, replace(PLAN, precision="float32"))
    assert kinds.half is None and not kinds.scaler.is_enabled()


@pytest.mark.parametrize(("native", "dtype"), [(True, torch.bfloat16), (False, torch.float16)])
def test_a_gpu_s_half_precision(native, dtype, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: native)
    assert state_module.half_precision(torch.device("cuda")) is dtype
    assert state_module.half_precision(torch.device("cpu")) is None
