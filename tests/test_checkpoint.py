"""Checkpoints come back bit for bit, replace the old file whole or not at all, and run no code."""

import errno
import os
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from common.architectures import MaskInference
from common.checkpoint import load_checkpoint, save_checkpoint

SETTINGS = {"bins": 5, "hidden": 3, "activation": ["relu", "l1_norm"]}
NOTES = {"steps": 20_000, "data": "songs", "scores": {"vocals": [6.5, None], "all": (1.0, True)}}


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    model = MaskInference(**SETTINGS)
    model(torch.rand(2, 1, 5, 7))  # moves the running statistics
    return model.eval()


@pytest.fixture(scope="module")
def whole(model, tmp_path_factory):
    """What a checkpoint of the model holds, in bytes."""
    path = tmp_path_factory.mktemp("checkpoint") / "model.pt"
    save_checkpoint(path, model, SETTINGS, **NOTES)
    assert os.listdir(path.parent) == [path.name]
    return path.read_bytes()


@pytest.fixture
def path(tmp_path, whole):
    path = tmp_path / "model.pt"
    path.write_bytes(whole)
    return path


def untouched(path, whole):
    """Whether the file is what it was, and alone in its folder."""
    return path.read_bytes() == whole and os.listdir(path.parent) == [path.name]


def test_round_trip_is_bit_equal(path, model):
    back, notes = load_checkpoint(str(path), MaskInference)
    assert notes == NOTES
    assert not back.training
    assert back.state_dict().keys() == model.state_dict().keys()
    assert all(map(torch.equal, back.state_dict().values(), model.state_dict().values()))
    x = torch.rand(2, 1, 5, 7)
    assert torch.equal(back(x), model(x))


def interrupt(*arguments, **options):
    raise KeyboardInterrupt


@pytest.mark.parametrize("where", ["torch.save", "torch.load", "os.replace"])
def test_an_interrupted_save_leaves_the_old_file(path, whole, model, where, monkeypatch):
    monkeypatch.setattr(f"common.checkpoint.{where}", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(path, model, SETTINGS)
    assert untouched(path, whole)


def test_a_full_disk_leaves_the_old_file(path, whole, model, monkeypatch):
    def full(number):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("common.checkpoint.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_checkpoint(path, model, SETTINGS)
    assert untouched(path, whole)


@pytest.mark.parametrize(("settings", "notes", "said"), [
    ({"bins": np.int64(5)}, {}, r"settings\['bins'\]: .* got numpy.int64; .* \.item\(\)"),
    ({}, {"scores": [1.0, np.float64(2.0)]}, r"notes\['scores'\]\[1\]: .* got numpy.float64"),
    ({}, {"curve": torch.ones(2)}, r"notes\['curve'\]: .* got torch.Tensor"),
    ({}, {"by": {("a", print): 1}}, r"key of notes\['by'\]\[1\]: .* got builtins.builtin_function"),
    ({"activation": MaskInference}, {}, r"settings\['activation'\]: .* got builtins.type"),
])  # fmt: skip
def test_what_could_not_be_read_again_is_refused(path, whole, model, settings, notes, said):
    with pytest.raises(TypeError, match=said):
        save_checkpoint(path, model, settings, **notes)
    assert untouched(path, whole)


class Code:
    """Runs a command when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def pickled(content, path):
    path.write_bytes(pickle.dumps(content))


@pytest.mark.parametrize("write", [torch.save, pickled])
def test_a_file_with_code_is_refused_and_not_run(tmp_path, write):
    path, proof = tmp_path / "model.pt", tmp_path / "it ran"
    write({"model": "MaskInference", "settings": {}, "weights": {}, "notes": Code(proof)}, path)
    with pytest.raises(ValueError, match="does not load as weights only"):
        load_checkpoint(path, MaskInference)
    assert not proof.exists()


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99])
def test_a_truncated_file_is_refused(path, whole, share):
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ValueError, match=r"model\.pt: expected a checkpoint, got a file that does"):
        load_checkpoint(path, MaskInference)


def test_another_class_is_refused(path):
    with pytest.raises(ValueError, match="of Linear, got one of MaskInference; pass that class"):
        load_checkpoint(path, nn.Linear)


@pytest.mark.parametrize("content", [{"weights": {}}, [1, 2], torch.ones(3)], ids=type)
def test_what_is_no_checkpoint_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "other.pt")
    said = f"with model, notes, settings, weights, got {type(content).__name__}; write it with save"
    with pytest.raises(ValueError, match=said):
        load_checkpoint(tmp_path / "other.pt", MaskInference)


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "none.pt", MaskInference)
