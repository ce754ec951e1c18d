"""The command, and what it says of broken sets."""

import numpy as np
import pytest
import soundfile

from common.data import DataError
from common.data.__main__ import main
from common.data.check import check_set
from common.data.make import MANIFEST
from tests.data.conftest import command


@pytest.fixture
def song(own_set):
    """The folder of one song of a set that may be broken."""
    return sorted((own_set / "train").iterdir())[0]


def problems(root):
    return check_set(root)[1]


def test_a_good_set_has_no_problems(small_set):
    assert check_set(small_set) == (8, [])


def test_a_missing_stem_is_found(own_set, song):
    (song / "bass.wav").unlink()
    (problem,) = problems(own_set)
    assert "bass.wav: expected a sound file, found none" in problem


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"no sound at all" * 100], ids=["empty", "stub", "text"]
)
def test_a_corrupt_file_is_found(own_set, song, content):
    (song / "drums.wav").write_bytes(content)
    found = problems(own_set)
    assert any("expected SHA-256" in problem for problem in found)
    assert any(f"came {len(content)} bytes that are none" in problem for problem in found)


def test_a_file_without_samples_is_found(own_set, song):
    soundfile.write(song / "drums.wav", np.zeros((0, 1)), 22050)
    assert any("expected sound, came 0 samples" in problem for problem in problems(own_set))


def test_unequal_lengths_and_rates_are_found(own_set, song):
    audio, rate = soundfile.read(song / "other.wav")
    soundfile.write(song / "other.wav", audio[:1000], rate)
    assert any("expected stems of one length" in problem for problem in problems(own_set))
    soundfile.write(song / "other.wav", audio, 44100)
    assert any("at 44100 Hz" in problem for problem in problems(own_set))


def test_nan_is_found(own_set, song):
    audio, rate = soundfile.read(song / "vocals.wav")
    audio[5:8] = np.nan
    soundfile.write(song / "vocals.wav", audio, rate, subtype="FLOAT")
    assert any("came 3 NaN or infinite" in problem for problem in problems(own_set))


def test_a_changed_file_is_found(own_set, song):
    audio, rate = soundfile.read(song / "vocals.wav", dtype="int16")
    audio[1000] += 1
    soundfile.write(song / "vocals.wav", audio, rate, subtype="PCM_16")
    found = problems(own_set)
    assert any("vocals.wav: expected SHA-256" in problem for problem in found)
    assert any("expected the mixture to be the sum" in problem for problem in found)


def test_a_missing_song_and_an_unfinished_set_are_found(own_set, song):
    for path in song.iterdir():
        path.unlink()
    song.rmdir()
    assert any("expected a song, found none" in problem for problem in problems(own_set))
    (own_set / MANIFEST).unlink()
    assert any("the set was not finished" in problem for problem in problems(own_set))
    (own_set / MANIFEST).write_text("nonsense")
    assert any("expected a description in JSON" in problem for problem in problems(own_set))


def test_sets_of_others_are_checked_too(own_set, tmp_path):
    foreign = tmp_path / "foreign" / "train" / "A - B"
    foreign.mkdir(parents=True)
    assert any("mixture.wav" in problem for problem in problems(tmp_path / "foreign"))
    for name in ("mixture", "drums", "bass", "other", "vocals"):
        soundfile.write(foreign / f"{name}.wav", np.zeros((100, 2)), 44100)
    assert check_set(tmp_path / "foreign") == (1, [])
    (tmp_path / "foreign" / "train" / "C - D.stem.mp4").write_bytes(b"nothing")
    assert any(r"expected a stem.mp4" in problem for problem in problems(tmp_path / "foreign"))


def test_a_root_that_is_no_set_is_refused(tmp_path):
    with pytest.raises(DataError, match="expected a set of songs"):
        check_set(tmp_path)
    (tmp_path / "train").mkdir()
    assert any("expected songs in train and test, found none" in p for p in problems(tmp_path))


def test_the_command_checks(own_set, song, capsys):
    assert main(["check", str(own_set)]) == 0
    assert "8 songs, 0 problems" in capsys.readouterr().out
    (song / "bass.wav").unlink()
    assert main(["check", str(own_set)]) == 1
    assert "8 songs, 1 problems" in capsys.readouterr().out
    assert main(["check", str(own_set / "train" / "nothing")]) == 1
    assert capsys.readouterr().err.startswith("error:")


def test_the_command_lists(small_set, capsys):
    assert main(["list", str(small_set)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 9
    assert sum(line.startswith("stereo") for line in lines) == 1
    assert "pop" in "".join(lines)


def test_the_command_makes(tmp_path, capsys):
    root = tmp_path / "set"
    options = "--train 1 --valid 0 --test 0 --stereo 0 --unseen 0 --duration 6".split()
    assert main(["make", "--root", str(root), "--processes", "1", "--quiet", *options]) == 0
    assert capsys.readouterr().out.strip() == str(root)
    assert check_set(root) == (1, [])
    assert main(["make", "--root", str(root), "--channels", "5"]) == 1
    assert "channels: expected 1 or 2, got 5" in capsys.readouterr().err


def test_the_command_stops_when_told_to(monkeypatch, tmp_path, capsys):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("common.data.__main__.make_songs", interrupt)
    assert main(["make", "--root", str(tmp_path)]) == 130
    assert "goes on where it stopped" in capsys.readouterr().err


def test_the_command_makes_clips(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("common.data.clips.RECIPES", {})
    assert main(["clips", "--folder", str(tmp_path)]) == 0


def test_the_command_explains_itself():
    shown = command("--help")
    assert shown.returncode == 0
    assert all(word in shown.stdout for word in ("make", "list", "check", "clips"))
    assert command().returncode == 2
    assert "--vocals-db" in command("make", "--help").stdout
