"""The command: a file in, a trained network out; the same command again goes on."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile
import torch
import yaml

from common import losses, train
from common.architectures import MaskInference, SkipMaskInference
from common.checkpoint import load_checkpoint
from common.data import STEMS, Settings, load_songs, make_songs
from common.separation import separate
from common.stft import STFTConfig
from common.train import Config, main, make_objective, model_settings
from common.training import (
    ChimeraObjective,
    ClusteringObjective,
    MagnitudeObjective,
    WaveformObjective,
)
from common.training.config import build, read_table

ROOT = Path(__file__).parents[1]
QUICK = ROOT / "common" / "configs" / "quick.toml"
MUSDB18 = QUICK.with_name("musdb18.toml")
CONFIGS = sorted(QUICK.parent.glob("*.toml"))
# Of quick.toml, to be quicker still.
TINY = ("training.steps=6", "training.save_every=2", "training.validate_every=3",
        "training.warmup=0", "model.settings.hidden=3", "data.recipe.duration=0.5",
        "data.made.train=2", "data.made.valid=1")  # fmt: skip


def config(*changes, path=QUICK):
    return build(Config, read_table(path, changes))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_what_the_book_ships_can_be_built(path):
    made = config(path=path)
    assert isinstance(train.build_model(made)[0], torch.nn.Module)
    make_objective(made)


def test_what_follows_from_the_data_is_known():
    made = config("data.channels=2", "stft.window_length=512", "data.sources=['vocals']")
    model, settings = train.build_model(made)
    assert settings == {"bins": 257, "sources": 1, "channels": 2, "hidden": 32, "layers": 1,
                        "reference": STFTConfig(512).full_scale}  # fmt: skip
    assert model.embed.shape == (257, 2, 1)
    assert model_settings(config("model.settings.reference=1.0"))["reference"] == 1.0


def test_the_objective_is_what_the_file_says():
    objective = make_objective(config("objective.loss=l2", "objective.target=magnitude",
                                      "objective.counted=['accompaniment']"))  # fmt: skip
    assert objective == MagnitudeObjective(losses.l2, "magnitude", counted=[1])
    objective = make_objective(config("objective.domain=waveform", "objective.loss=negative_snr"))
    assert objective == WaveformObjective(losses.negative_snr)
    assert make_objective(config("objective.domain=embedding")) == ClusteringObjective()
    objective = make_objective(config("objective.domain='magnitude and embedding'",
                                      "objective.loss=l2", "objective.share=0.25"))  # fmt: skip
    assert objective == ChimeraObjective(MagnitudeObjective(losses.l2, "truncated"), 0.25)


@pytest.mark.parametrize(("change", "said"), [
    ("training.stps=3", "training.stps: expected a key that is known; do you mean steps?"),
    ("model.name=MaskInferense", "model: name: expected one of BandSplit, Chimera, ConvTasNet"),
    ("model.settings.hiden=3", "model.settings.hiden: expected a key that is known; do you mean"),
    ("model.settings.hidden=big", "model.settings.hidden: expected a whole number, got 'big'"),
    ("model.settings.kind=cnn", "model.settings: kind: expected one of"),
    ("objective.loss=l3", "objective: loss: expected one of l1, l2"),
    ("objective.target=phase", "objective: target: expected one of magnitude"),
    ("objective.counted=['drums']", "objective.counted: expected one of vocals, accompaniment"),
    ("data.sources=['voice']", "data: sources: expected one of drums, bass, other, vocals, acc"),
    ("data.songs=musdb18", "data: songs: expected one of made, musdb, got 'musdb18'"),
    ("data.recipe.gain=3", "data.recipe.gain: expected a list of 2, each a number, got 3"),
    ("stft.hop=2000", "stft: hop: expected 1 to window_length = 1024 samples, got 2000"),
])  # fmt: skip
def test_what_does_not_fit_is_said_first(tmp_path, capsys, monkeypatch, change, said):
    monkeypatch.setenv("HEAR_THE_MASK_DATA", str(tmp_path))
    assert main([str(QUICK), "--folder", str(tmp_path / "run"), "--set", change]) == 1
    assert capsys.readouterr().err.startswith(f"error: {said}")
    assert os.listdir(tmp_path) == []  # no songs, no run


def test_musdb_must_be_named(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("MUSDB_PATH", raising=False)
    assert main([str(QUICK), "--folder", str(tmp_path), "--set", "data.songs=musdb"]) == 1
    assert "expected MUSDB_PATH to name MUSDB18's folder" in capsys.readouterr().err


def test_help_says_what_it_is(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    text = capsys.readouterr().out
    for word in ("TOML", "--set", "--folder", "--workers", "--quiet", "goes on", "torchrun"):
        assert word in text


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Where the songs of these tests are made, once."""
    return str(tmp_path_factory.mktemp("data"))


@pytest.fixture
def arguments(tmp_path, data, monkeypatch):
    """A quick run in a folder of its own."""
    monkeypatch.setenv("HEAR_THE_MASK_DATA", data)
    changes = [part for change in TINY for part in ("--set", change)]
    return [str(QUICK), "--folder", str(tmp_path / "run"), "--quiet", *changes]


def weights(folder):
    return torch.load(folder / "last.pt", weights_only=True)["model"]


@pytest.mark.slow
def test_the_quick_run_learns(tmp_path, data, capsys, monkeypatch):
    monkeypatch.setenv("HEAR_THE_MASK_DATA", data)
    assert main([str(QUICK), "--folder", str(tmp_path), "--quiet"]) == 0
    assert re.search(
        r"40 steps; best after \d+, SI-SDR -?\d+\.\d\d dB, in", capsys.readouterr().out
    )
    model, notes = load_checkpoint(tmp_path / "best.pt", MaskInference)
    assert model.embed.shape == (513, 1, 2)
    assert notes["sources"] == ["vocals", "accompaniment"]
    assert notes["rate"] == 22050 and notes["stft"]["hop"] == 256
    assert notes["config"]["training"]["steps"] == 40
    assert notes["scores"].keys() == {"si_sdr", "share"}
    log = (tmp_path / "log.jsonl").read_text().splitlines()
    loss = [float(re.search('"loss": ([^,]+)', line)[1]) for line in log if "loss" in line]
    assert sum(loss[-10:]) < 0.8 * sum(loss[:10])


@pytest.mark.slow
def test_killed_and_called_again_it_ends_as_if_it_had_not_been(tmp_path, arguments, capsys):
    assert main(arguments) == 0
    whole = weights(tmp_path / "run")
    folder = tmp_path / "killed"
    arguments[2] = str(folder)
    command = [sys.executable, "-m", "common.train", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    while process.poll() is None and not (folder / "best.pt").exists():
        time.sleep(0.01)  # it has validated, after step 3 of 6
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert main(arguments) == 0
    again = weights(folder)
    assert all(torch.equal(again[name], value) for name, value in whole.items())
    assert main(arguments) == 0  # nothing is left to do
    assert "6 steps; best after" in capsys.readouterr().out


@pytest.mark.slow
def test_another_file_in_the_same_folder_is_refused(arguments, capsys):
    assert main(arguments) == 0
    assert main([*arguments, "--set", "data.recipe.coherent=0.25"]) == 1
    said = capsys.readouterr().err
    assert (
        "expected a run with the same settings, got another: data.recipe.coherent is 0.25" in said
    )


@pytest.mark.slow
def test_a_full_disk_and_an_interruption_are_said_in_a_line(arguments, capsys, monkeypatch):
    def full(number):
        raise OSError(28, "No space left on device")

    def interrupted(number):
        raise KeyboardInterrupt

    for fails, code, said in (
        (full, 1, "no room to write"),
        (interrupted, 130, "goes on from the"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fails)
            assert main(arguments) == code
        assert said in capsys.readouterr().err


@pytest.fixture
def musdb(tmp_path, data, monkeypatch):
    """Three made songs as MUSDB18-HQ has its own: stereo, 44.1 kHz, wav; one is for validation."""
    monkeypatch.setenv("HEAR_THE_MASK_DATA", data)
    made = make_songs(settings=Settings(train=2, valid=1, test=0, stereo=0, unseen=0, duration=6.0))
    root, names = tmp_path / "musdb18hq", {}
    for split in ("train", "valid"):
        for song in load_songs(split, root=made, rate=44100, channels=2):
            names.setdefault(split, []).append(song.name)
            folder = root / "train" / song.name
            folder.mkdir(parents=True)
            for name in ("mixture", *STEMS):
                soundfile.write(folder / f"{name}.wav", song.source(name).T, 44100)
    (root / "mus.yaml").write_text(yaml.safe_dump({"validation_tracks": names["valid"]}))
    monkeypatch.setenv("MUSDB_PATH", str(root))
    return root


@pytest.mark.slow
def test_musdb18_takes_two_steps_and_separates_in_stereo(tmp_path, musdb, capsys):
    run = tmp_path / "run"
    shorter = ("steps=2", "warmup=0", "batch=2", "validate_every=2", "save_every=2")
    changes = [f"training.{change}" for change in shorter] + ["data.recipe.duration=0.5"]
    arguments = [str(MUSDB18), "--folder", str(run), "--quiet"]
    arguments += [part for change in changes for part in ("--set", change)]
    assert main(arguments) == 0
    assert "2 steps; best after 2" in capsys.readouterr().out
    model, notes = load_checkpoint(run / "best.pt", SkipMaskInference)
    assert (notes["rate"], notes["channels"], notes["songs"]) == (44100, 2, "musdb18hq")
    start = train.build_model(config(*changes, path=MUSDB18))[0].state_dict()
    moved = [name for name, weight in model.named_parameters()
             if not torch.equal(weight, start[name])]  # fmt: skip
    assert moved == [name for name, _ in model.named_parameters()]
    song = load_songs("valid", root=musdb, rate=44100, channels=2)[0]
    estimates = separate(model.eval(), song.mixture, 44100, model_rate=notes["rate"],
                         config=STFTConfig(**notes["stft"]), per_channel=False)  # fmt: skip
    assert estimates.shape == (2, *song.mixture.shape)
    assert abs(estimates.sum(axis=0) - song.mixture).max() < 1e-5


@pytest.mark.slow
def test_two_processes_by_torchrun(tmp_path, arguments):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node",
               "2", "-m", "common.train", *arguments, "--set", "training.steps=2"]  # fmt: skip
    run = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
                         capture_output=True, text=True, timeout=300, check=False)  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("2 steps; best after 2") == 1
    load_checkpoint(tmp_path / "run" / "best.pt", MaskInference)
