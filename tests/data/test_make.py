"""Sets on disk: layout, resuming, a killed run, a full disk."""

import errno
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from common.data import DataError, Settings, make_songs, settings
from common.data import make as making
from common.data.make import MANIFEST, file_hash, list_jobs, read_json
from tests.data.conftest import ROOT, SMALL, SMALL_OPTIONS, command

WAVS = {"mixture.wav", "drums.wav", "bass.wav", "other.wav", "vocals.wav"}


def hashes(root):
    """What is in the files, whatever their times are."""
    return {str(path.relative_to(root)): file_hash(path) for path in sorted(root.rglob("*.wav"))}


def test_the_layout_is_musdbs(small_set):
    for folder, count in (("train", 4), ("test", 2), ("stereo/test", 1), ("unseen/test", 1)):
        songs = [path for path in (small_set / folder).iterdir() if path.is_dir()]
        assert len(songs) == count
        assert all({p.name for p in song.iterdir()} == WAVS | {"song.json"} for song in songs)


def test_the_manifest_describes_every_song(small_set):
    manifest = read_json(small_set / MANIFEST)
    assert manifest["generator"] == settings.VERSION
    assert manifest["settings"]["duration"] == 6.0
    assert len(manifest["songs"]) == 8
    for song in manifest["songs"]:
        folder = small_set / song["folder"]
        assert song["name"] == folder.name
        assert song["sha256"] == {name: file_hash(folder / name) for name in WAVS}
        assert song["style"]
        assert song["lyrics"]
        assert song["split"] in ("train", "valid", "test", "unseen")


def test_names_are_unique():
    names = [job.name for job in list_jobs(Settings())]
    assert len(set(names)) == len(names) == 175


def test_a_finished_set_is_left_alone(small_set):
    before = (small_set / MANIFEST).stat().st_mtime_ns
    assert make_songs(small_set, SMALL, progress=False) == small_set
    assert (small_set / MANIFEST).stat().st_mtime_ns == before


def test_a_missing_song_is_made_again(own_set, small_set):
    victim = next((own_set / "train").iterdir())
    for path in victim.iterdir():
        path.unlink()
    victim.rmdir()
    (own_set / MANIFEST).unlink()
    make_songs(own_set, SMALL, progress=False)
    assert hashes(own_set) == hashes(small_set)


def test_another_set_is_not_mixed_in(small_set):
    with pytest.raises(DataError, match="another set"):
        make_songs(small_set, Settings(duration=7.0), progress=False)


def test_settings_name_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HEAR_THE_MASK_DATA", str(tmp_path))
    one, other = settings.songs_folder(), settings.songs_folder(Settings(seed=1))
    assert one.parent == other.parent == tmp_path
    assert one.name.startswith(f"songs-{settings.VERSION}-")
    assert one != other
    monkeypatch.delenv("HEAR_THE_MASK_DATA")
    assert settings.songs_folder() == ROOT / ".data" / one.name


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rate": 0}, "rate: expected"),
        ({"channels": 3}, "channels: expected 1 or 2"),
        ({"duration": 1.0}, "duration: expected 6 to 600"),
        ({"train": -1}, "train: expected a number"),
    ],
)
def test_settings_are_checked(wrong, message):
    with pytest.raises(ValueError, match=message):
        Settings(**wrong)


def test_two_processes_make_the_same_set(small_set, tmp_path):
    made = command("make", "--root", str(tmp_path / "set"), "--processes", "2", *SMALL_OPTIONS)
    assert made.returncode == 0, made.stderr
    assert hashes(tmp_path / "set") == hashes(small_set)


def test_a_killed_run_goes_on_where_it_stopped(small_set, tmp_path):
    root = tmp_path / "set"
    arguments = ["make", "--root", str(root), "--processes", "1", *SMALL_OPTIONS]
    process = subprocess.Popen(
        [sys.executable, "-m", "common.data", *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not len(list(root.glob("train/*"))) > 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    complete = len(list(root.glob("*/*/mixture.wav")))
    assert 0 < complete < 6
    assert not (root / MANIFEST).exists()

    # What the killed run left half done is cleared away once it is old.
    leftover = root / ".partial-1-train-0"
    leftover.mkdir()
    os.utime(leftover, (0, 0))
    make_songs(root, SMALL, progress=False)
    assert hashes_without_partials(root) == hashes(small_set)
    assert not leftover.exists()


def hashes_without_partials(root):
    return {name: digest for name, digest in hashes(root).items() if not name.startswith(".")}


def test_a_full_disk_is_a_clear_error(monkeypatch, tmp_path):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as context:
        context.setattr(os, "fsync", full)
        with pytest.raises(DataError, match=r"full disk.*make room.*goes on where it stopped"):
            make_songs(tmp_path / "set", SMALL, progress=False)
    assert not list((tmp_path / "set").glob("*/*/*.wav"))
    assert not list((tmp_path / "set").glob(".partial-*"))


def test_other_errors_of_the_disk_stay_what_they_are(monkeypatch, tmp_path):
    def broken(descriptor):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(making.os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        make_songs(tmp_path / "set", SMALL, progress=False)


def test_a_real_limit_on_files_is_a_clear_error_of_the_command(tmp_path):
    resource = pytest.importorskip("resource")

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    arguments = ["make", "--root", str(tmp_path / "set"), "--processes", "1", *SMALL_OPTIONS]
    made = command(*arguments, preexec_fn=limit)
    assert made.returncode == 1
    assert made.stderr.startswith("error:")
    assert "full disk" in made.stderr
    assert "Traceback" not in made.stderr
    # With room, the same command finishes.
    assert command(*arguments).returncode == 0


def test_a_broken_description_is_a_clear_error(own_set):
    (own_set / MANIFEST).write_text("{")
    with pytest.raises(DataError, match="expected a description in JSON"):
        make_songs(own_set, SMALL, progress=False)


def test_descriptions_are_written_whole(tmp_path):
    making.write_json(tmp_path / "a.json", {"title": "Ö"})
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {"title": "Ö"}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
