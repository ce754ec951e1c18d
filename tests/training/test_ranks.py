"""Two processes learn what one learns: the same examples, the same weights to rounding."""

import os
import subprocess
import sys
from pathlib import Path

import ignite.distributed as idist
import pytest
import torch

from common.training import ranks
from tests.training.tiny import Examples, equal, outcome, start
from tests.training.together import RUNS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What two processes left behind."""
    folder = tmp_path_factory.mktemp("together")
    run = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
         "-m", "tests.training.together", str(folder)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


def both(folder, name):
    return [torch.load(folder / f"{name}-{rank}.pt", weights_only=True) for rank in (0, 1)]


def alone(name):
    examples, told = Examples(), []
    model, _ = start(examples=examples, watch=told.append, **RUNS[name])
    return {"asked": examples.asked, "told": told, "weights": model.state_dict()}


@pytest.mark.slow
def test_they_share_the_examples_of_each_step(folder):
    first, second = (rank["asked"] for rank in both(folder, "layer"))
    assert first == list(range(0, 48, 2)) and second == list(range(1, 48, 2))


@pytest.mark.slow
def test_they_learn_what_one_learns(folder):
    (first, second), one = both(folder, "layer"), alone("layer")
    for name in ("loss", "norm", "score"):
        theirs, its = ([told[name] for told in run["told"] if name in told] for run in (first, one))
        assert theirs == pytest.approx(its, rel=1e-5)  # sums in another order
    assert equal(first["weights"], second["weights"])
    for name, weight in one["weights"].items():
        torch.testing.assert_close(first["weights"][name], weight, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_on_cpus_batch_norm_sees_each_share_by_itself(folder):
    (first, second), one = both(folder, "batch"), alone("batch")
    assert equal(first["weights"], second["weights"])
    theirs, its = ({name: run["weights"][f"norm.running_{name}"] for name in ("mean", "var")}
                   for run in (first, one))  # fmt: skip
    torch.testing.assert_close(theirs["mean"], its["mean"])  # what it remembers is averaged
    assert not torch.allclose(theirs["var"], its["var"])
    assert first["told"][0]["loss"] != pytest.approx(one["told"][0]["loss"], rel=1e-3)


@pytest.mark.slow
def test_only_the_first_tells_and_writes(folder):
    first, second = both(folder, "layer")
    assert first["told"] and not second["told"]
    assert first["best"] == second["best"]  # both know
    log = (folder / "layer" / "log.jsonl").read_text()
    assert log.count('"loss"') == 12


@pytest.mark.slow
def test_stopped_and_resumed_it_ends_as_if_it_had_not_been(folder):
    assert equal(outcome(folder / "stopped"), outcome(folder / "dropout"))


@pytest.mark.slow
def test_all_stop_when_patience_ends(folder):
    assert [rank["steps"] for rank in both(folder, "patience")] == [4, 4]


def test_a_batch_that_cannot_be_split_is_refused(monkeypatch):
    monkeypatch.setattr(idist, "get_world_size", lambda: 3)
    assert ranks.own_share(6) == 2
    with pytest.raises(
        ValueError, match="batch: expected a multiple of 3, the number of processes"
    ):
        ranks.own_share(4)


def test_another_configuration_is_refused(monkeypatch):
    ranks.check_same({"hidden": 5}, "configuration")
    monkeypatch.setattr(ranks, "from_first", lambda make: "{'hidden': 6}")
    with pytest.raises(
        ValueError, match="configuration: expected that of the first process, got an"
    ):
        ranks.check_same({"hidden": 5}, "configuration")


def test_alone_nothing_is_sent():
    assert ranks.is_first() and ranks.own_share(5) == 5
    assert ranks.mean(0.1) == 0.1
    assert ranks.from_first(lambda: {"a": 1}) == {"a": 1}
    assert ranks.bytes_from_first(lambda: b"x") == b"x"
    with ranks.together():
        assert idist.get_world_size() == 1
