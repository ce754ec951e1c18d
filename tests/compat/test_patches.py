"""Every patch is needed with the installed libraries, works, and may be applied twice."""

from __future__ import annotations

import multiprocessing

import pytest

from common.compat import loading
from tests.compat import probes

PATCHES = {
    patch.__name__: patch
    for recipe in loading.RECIPES.values()
    for patch in (*recipe.before, *recipe.after)
}


@pytest.fixture(scope="module")
def in_process():
    """Return a function that runs probes in a fresh process and returns their tracebacks."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(probes.PRELOAD)

    def run(package, *to_run, without=(), path=""):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=probes.run, args=(sender, package, to_run, without, path))
        process.start()
        sender.close()
        outcome = receiver.recv() if receiver.poll(120) else ["The probes took 120 s."]
        process.join(5)
        process.close()
        return outcome

    return run


def test_every_patch_has_a_probe_and_a_reason():
    assert set(PATCHES) == set(probes.PROBES)
    for patch in PATCHES.values():
        assert patch.__doc__.splitlines()[0].endswith(".")


@pytest.mark.parametrize("name", probes.PROBES)
def test_the_probe_fails_without_the_patch(name, in_process):
    """When this test fails, the libraries have changed: the patch may no longer be needed."""
    package, probe, complaint = probes.PROBES[name]
    (traceback,) = in_process(package, probe, without=(name,))
    assert complaint in traceback


@pytest.mark.parametrize("package", ["stempeg", "scaper", "nussl"])
def test_the_probes_pass_with_the_patches(package, in_process):
    to_run = [probe for needs, probe, _ in probes.PROBES.values() if needs == package]
    assert in_process(package, *to_run) == []


def test_with_ffmpeg_stempeg_is_left_alone(in_process, tmp_path):
    for program in ("ffmpeg", "ffprobe"):
        (tmp_path / program).write_text("#!/bin/sh\n")
        (tmp_path / program).chmod(0o755)
    assert in_process("stempeg", probes.programs_are_used, path=str(tmp_path)) == []


def test_scaper_needs_the_stand_in_for_soxbindings(in_process):
    assert in_process("musdb", probes.pysox_is_no_way_out) == []
