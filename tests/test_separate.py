"""The command writes two files that add up to the song, or says in words why it does not."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
import torch
from torch import nn

from common.architectures import MaskInference, TasNet
from common.checkpoint import save_checkpoint
from common.separate import main
from common.separation import separate

RATE = 22050
SETTINGS = {"hidden": 4, "layers": 1}
NOTES = {"rate": RATE, "sources": ["accompaniment", "vocals"]}
X = np.random.default_rng(0).normal(0, 0.1, (2, 5000)).astype(np.float32)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return MaskInference(**SETTINGS).eval()


@pytest.fixture
def here(tmp_path, monkeypatch, model):
    """A folder to be in, with a model and a song in it."""
    monkeypatch.chdir(tmp_path)
    save_checkpoint("model.pt", model, SETTINGS, **NOTES)
    soundfile.write("song.wav", X.T, 44100, subtype="FLOAT")
    return tmp_path


def run(*arguments, song="song.wav", model="model.pt"):
    return main([song, "--model", model, *arguments])


def read(path):
    assert soundfile.info(path).subtype == "FLOAT"
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return sound.T, rate


def files():
    return sorted(str(path) for path in Path().rglob("*") if path.is_file())


def test_it_writes_what_separate_makes(here, model, capsys):
    assert run() == 0
    (vocals, rate), (rest, same_rate) = map(read, ("song/vocals.wav", "song/accompaniment.wav"))
    assert rate == same_rate == 44100
    expected = separate(model, X, 44100, model_rate=RATE, shares=None)[1]
    assert np.array_equal(vocals, expected)
    np.testing.assert_allclose(vocals + rest, X, atol=1e-7)
    assert files() == ["model.pt", "song.wav", "song/accompaniment.wav", "song/vocals.wav"]
    said = capsys.readouterr()
    peak = 20 * np.log10(np.abs(vocals).max())
    assert f"song/vocals.wav: peak {peak:.1f} dB of full scale\n" in said.out
    assert "0.1 s of sound in " in said.out and " times real time" in said.out
    assert said.err == ""


def test_nothing_is_clipped_and_it_says_so(here, capsys):
    soundfile.write("song.wav", 30 * X.T, 44100, subtype="FLOAT")
    assert run() == 0
    vocals, rest = (read(f"song/{name}.wav")[0] for name in ("vocals", "accompaniment"))
    np.testing.assert_allclose(vocals + rest, 30 * X, rtol=0, atol=1e-5)
    assert np.abs(rest).max() > 1
    assert "dB of full scale; nothing is clipped" in capsys.readouterr().out


def test_silence_is_called_silence(here, capsys):
    soundfile.write("song.wav", 0 * X.T, 44100)
    assert run() == 0
    assert "song/vocals.wav: silence\n" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "rate", "channels"), [
    ("song.flac", 8000, 1), ("song.mp3", 44100, 2), ("song.ogg", 48000, 1),
    ("song.wav", 192000, 2)])  # fmt: skip
def test_it_reads_the_usual_formats(here, name, rate, channels):
    soundfile.write(name, X[:channels].T, rate)
    assert run("--out", "out", song=name) == 0
    vocals, written = read("out/vocals.wav")
    assert written == rate and vocals.shape[0] == channels
    assert abs(vocals.shape[1] - 5000) < 2500  # MP3 has a start and an end of its own


def test_it_reads_what_only_pyav_reads(here):
    with av.open("song.m4a", "w") as file:
        stream = file.add_stream("aac", rate=44100, layout="stereo")
        frame = av.AudioFrame.from_ndarray(X, format="fltp", layout="stereo")
        frame.rate = 44100
        file.mux([*stream.encode(frame), *stream.encode(None)])
    assert run(song="song.m4a") == 0
    vocals, rate = read("song/vocals.wav")
    assert rate == 44100 and vocals.shape[0] == 2 and vocals.shape[1] >= 5000


def test_a_network_of_one_mask_and_another_transform_is_known_by_its_notes(here):
    model = MaskInference(33, 1, 2, **SETTINGS).eval()
    stft = {"window_length": 64, "hop": 16, "window": "hann"}
    save_checkpoint("small.pt", model, {"bins": 33, "sources": 1, "channels": 2, **SETTINGS},
                    rate=8000, channels=2, sources=["vocals"], stft=stft)  # fmt: skip
    assert run(model="small.pt") == 0


def test_a_network_of_waveforms_separates_too(here):
    settings = {"filters": 8, "length": 8, "hop": 4, "hidden": 4}
    save_checkpoint("tasnet.pt", TasNet(**settings).eval(), settings, **NOTES)
    assert run(model="tasnet.pt") == 0


def test_what_is_there_is_kept_unless_told_otherwise(here, capsys):
    Path("song").mkdir()
    Path("song/vocals.wav").write_text("mine")
    assert run() == 1
    assert "error: song/vocals.wav: there already; choose another" in capsys.readouterr().err
    assert Path("song/vocals.wav").read_text() == "mine"
    assert run("--overwrite") == 0
    assert read("song/vocals.wav")[0].shape == X.shape


@pytest.mark.parametrize(("content", "said"), [
    (b"", "came 0 bytes that are none, or damaged"),
    (b"Dear reader, this is a letter.\n" * 9, "came 279 bytes that are none, or damaged; export"),
    (None, "song.wav: expected a sound file, found none"),
], ids=["empty", "text", "missing"])  # fmt: skip
def test_a_file_that_is_no_song_is_refused(here, capsys, content, said):
    Path("song.wav").unlink()
    if content is not None:
        Path("song.wav").write_bytes(content)
    assert run() == 1
    assert said in capsys.readouterr().err and not Path("song").exists()


def test_a_file_cut_off_is_refused(here, capsys):
    soundfile.write("song.flac", X.T, 44100)
    whole = Path("song.flac").read_bytes()
    Path("song.flac").write_bytes(whole[: len(whole) // 2])
    assert run(song="song.flac") == 1
    assert "or damaged; export it again" in capsys.readouterr().err


@pytest.mark.parametrize(("sound", "said"), [
    (np.full((9, 2), np.nan), "came 18 NaN or infinite; export it again"),
    (np.zeros((0, 2)), "came 0 samples"),
    (np.zeros((9, 6)), "song.wav: expected mono or stereo, found 6 channels; mix it down first"),
], ids=["NaN", "no samples", "5.1"])  # fmt: skip
def test_a_sound_that_is_no_song_is_refused(here, capsys, sound, said):
    soundfile.write("song.wav", sound, 44100, subtype="FLOAT")
    assert run() == 1
    assert said in capsys.readouterr().err and not Path("song").exists()


@pytest.mark.parametrize(("notes", "said"), [
    ({}, "model.pt: expected notes with the rate and the sources, vocals among them, found {}"),
    ({**NOTES, "sources": ["bass", "drums"]}, "vocals among them"),
    ({**NOTES, "sources": ["vocals"]}, "a name for each of 2 sources, found ['vocals']"),
    ({**NOTES, "rate": 0}, "model_rate: expected a number above 0, got 0"),
    ({**NOTES, "stft": {"window_length": 512}}, "expected (batch, channel 1, freq 513, frame)"),
])  # fmt: skip
def test_notes_that_do_not_fit_are_refused(here, model, capsys, notes, said):
    save_checkpoint("model.pt", model, SETTINGS, **notes)
    assert run() == 1
    assert said in capsys.readouterr().err and not Path("song").exists()


def test_a_model_of_another_kind_is_refused(here, capsys):
    save_checkpoint("model.pt", nn.Linear(1, 1), {})
    assert run() == 1
    said = "or TasNet or UNet, got one of Linear"
    assert said in capsys.readouterr().err


def test_what_is_no_model_is_refused(here, capsys):
    assert run(model="song.wav") == 1
    assert "song.wav: expected a checkpoint" in capsys.readouterr().err
    assert run(model="none.pt") == 1
    said = "none.pt: expected a checkpoint, found no such file; or name a shipped network: band"
    assert said in capsys.readouterr().err


def test_a_shipped_network_goes_by_its_name(here):
    assert run(model="small") == 0
    vocals, rest = (read(f"song/{name}.wav")[0] for name in ("vocals", "accompaniment"))
    np.testing.assert_allclose(vocals + rest, X, atol=1e-6)


def test_a_file_in_the_folder_s_place_is_refused(here, capsys):
    assert run("--out", "song.wav") == 1
    assert "song.wav: expected a folder, found a file" in capsys.readouterr().err


@pytest.mark.parametrize(("error", "status", "said"), [
    (OSError(errno.ENOSPC, "No space left on device"), 1, "error: [Errno 28] No space left"),
    (KeyboardInterrupt(), 130, "interrupted; nothing was written")])
def test_it_writes_both_or_none(here, capsys, monkeypatch, error, status, said):
    def fail(path, content):
        if "accompaniment" in path.name:
            raise error
        with open(path, "wb") as file:
            file.write(content)

    monkeypatch.setattr(Path, "write_bytes", fail)
    assert run() == status
    assert said in capsys.readouterr().err
    assert files() == ["model.pt", "song.wav"]


def test_it_is_a_command():
    done = subprocess.run([sys.executable, "-m", "common.separate", "--help"], capture_output=True,
                          text=True, check=True, cwd=Path(__file__).parents[1],
                          env={**os.environ, "COLUMNS": "100"})  # fmt: skip
    assert "usage: python -m common.separate [-h] [--model MODEL]" in done.stdout
