"""Killed by the system, at random, ten times: the run ends as if it had not been."""

import errno
import os
import resource
import signal
from dataclasses import replace
from multiprocessing import get_context

import pytest

from common.seed import rng
from tests.training.tiny import PLAN, equal, objective, outcome, start

pytestmark = pytest.mark.slow
LONG = replace(PLAN, steps=60)
PROCESSES = get_context("forkserver")  # each has a process id and files of its own
PROCESSES.set_forkserver_preload(["torch", "torch._dynamo", "torch.utils.tensorboard",
                                  "ignite.distributed", "scipy.signal", "pytest"])  # fmt: skip


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def in_step(folder, number):
    """Train, and die in a step, half of it done."""

    def deadly(model, example):
        losses = objective(model, example)
        if number * LONG.batch in example["number"]:
            losses.register_hook(lambda gradient: die())
        return losses

    start(folder, LONG, objective=deadly)


def in_write(folder, number):
    """Train, and die while a checkpoint is written: the first half of its bytes are."""
    real, calls = os.fsync, []

    def deadly(file):
        calls.append(file)
        if len(calls) == number:
            os.ftruncate(file, os.fstat(file).st_size // 2)
            die()
        real(file)

    os.fsync = deadly
    start(folder, LONG)


def in_small_room(folder, limit):
    """Train where no file can become larger than so many bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        start(folder, LONG)
    except OSError as error:
        os._exit(error.errno)


def run(target, *arguments):
    process = PROCESSES.Process(target=target, args=arguments)
    process.start()
    process.join(timeout=120)
    return process.exitcode


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    assert run(start, folder, LONG) == 0
    return outcome(folder)


@pytest.mark.parametrize(("target", "numbers"), [
    (in_step, sorted(rng("killed", "step").integers(60, size=10).tolist())),
    (in_write, rng("killed", "write").integers(2, 5, size=10).tolist()),
], ids=["step", "write"])  # fmt: skip
def test_killed_ten_times(tmp_path, whole, target, numbers):
    for number in numbers:
        assert run(target, tmp_path, number) == -signal.SIGKILL
    assert run(start, tmp_path, LONG) == 0
    assert equal(outcome(tmp_path), whole)
    assert sorted(os.listdir(tmp_path)) == ["best.pt", "last.pt", "log.jsonl", "tensorboard"]


def test_a_disk_that_is_really_full_loses_nothing(tmp_path, whole):
    def room(limit):
        code = run(in_small_room, tmp_path, limit)
        return code, (tmp_path / "last.pt").exists()

    assert room(500) == (errno.EFBIG, False)
    first = 6000  # bytes: the first checkpoint fits, later ones, with Adam's memory, do not
    assert room(first) == (errno.EFBIG, True)
    assert (tmp_path / "last.pt").stat().st_size < first
    assert run(start, tmp_path, LONG) == 0
    assert equal(outcome(tmp_path), whole)
