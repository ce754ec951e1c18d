"""Shipped networks: fewer bits, a hash, and what is refused."""

import json
from functools import partial

import pytest
import torch
from torch import nn

from common.architectures import SkipMaskInference
from common.checkpoint import save_checkpoint
from common.pretrained import load_pretrained, pretrained_names
from common.pretrained.__main__ import main
from common.pretrained.files import save_pretrained
from common.pretrained.packing import pack, unpack

SETTINGS = {"bins": 17, "features": 32, "hidden": 32}


@pytest.fixture
def trained(tmp_path):
    """A checkpoint as training writes it."""
    torch.manual_seed(0)
    model = SkipMaskInference(**SETTINGS)
    model(100 * torch.rand(2, 1, 17, 9))  # moves what the batch norm remembers
    save_checkpoint(tmp_path / "best.pt", model, SETTINGS, rate=22050, sources=["vocals", "rest"])
    log = [{"step": 1, "loss": 0.5}, {"step": 2, "si_sdr": 1.23456, "share": 0.1, "best": True}]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(record) + "\n" for record in log))
    return tmp_path, model.eval()


@pytest.mark.parametrize(("precision", "apart"), [("half", 1e-3), ("8 bit", 2e-2)])
def test_a_packed_network_makes_nearly_the_same_masks(trained, precision, apart):
    folder, model = trained
    save_pretrained("vocals", folder / "best.pt", precision, folder=folder)
    back, notes = load_pretrained("vocals", folder=folder)
    x = 100 * torch.rand(1, 1, 17, 20)
    assert 0 < (back.mask(x) - model.mask(x)).abs().max() < apart
    assert not back.training and notes["rate"] == 22050 and notes["precision"] == precision
    assert notes["validations"] == [{"step": 2, "si_sdr": 1.235, "share": 0.1}]
    packed, whole = ((folder / name).stat().st_size for name in ("vocals.pt", "best.pt"))
    assert packed < {"half": 0.6, "8 bit": 0.45}[precision] * whole


def test_by_hand():
    weights = {"w": torch.tensor([[1.0, -0.5, 0.004], [0.0, 0.0, 0.0]]), "b": torch.tensor([0.1]),
               "n": torch.tensor(3)}  # fmt: skip
    packed = pack(weights, "8 bit")
    assert packed["w"].tolist() == [[127, -64, 1], [0, 0, 0]]
    assert packed["b"].dtype == torch.float16 and packed["n"].item() == 3
    back = unpack(packed)
    assert list(back) == ["w", "b", "n"]
    torch.testing.assert_close(back["w"][0], torch.tensor([127.0, -64, 1]) / 127)
    assert torch.equal(back["w"][1], torch.zeros(3)) and back["b"].dtype == torch.float32


@pytest.mark.parametrize("precision", ["half", "8 bit"])
def test_a_weight_may_be_called_scale(precision):
    weights = {"standardize.scale": torch.tensor([[1.0], [0.5]]), "scale": torch.tensor(2.0),
               "a.scale": torch.tensor([[4.0]]), "a": torch.tensor([3.0])}  # fmt: skip
    back = unpack(pack(weights, precision))
    assert list(back) == list(weights)
    for name, value in weights.items():
        assert torch.equal(back[name], value)


def test_weights_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="w: expected weights up to 65504, got 70000"):
        pack({"w": torch.tensor([7e4])}, "half")
    with pytest.raises(ValueError, match="precision: expected one of half, 8 bit, got '4 bit'"):
        pack({}, "4 bit")


def test_the_command_packs_and_a_changed_file_is_refused(trained, monkeypatch, capsys):
    folder, _ = trained
    to_folder = partial(save_pretrained, folder=folder)
    monkeypatch.setattr("common.pretrained.__main__.save_pretrained", to_folder)
    assert main(["small", str(folder / "best.pt"), "--precision", "8 bit"]) == 0
    assert "small.pt: 0.0" in capsys.readouterr().out
    assert pretrained_names(folder=folder) == ["small"]
    with open(folder / "small.pt", "ab") as file:
        file.write(b"x")
    with pytest.raises(ValueError, match=r"small.pt: expected the file with the SHA-256 .*, got"):
        load_pretrained("small", folder=folder)
    with pytest.raises(ValueError, match="name: expected one of small, got 'large'"):
        load_pretrained("large", folder=folder)


def test_another_checkpoint_is_refused_and_nothing_is_written(tmp_path, capsys):
    save_checkpoint(tmp_path / "other.pt", nn.Linear(1, 1), {})
    assert main(["vocals", str(tmp_path / "other.pt")]) == 1
    assert "expected a checkpoint of BandSplit or Chimera or" in capsys.readouterr().err
    assert main(["vocals", str(tmp_path / "none.pt")]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["other.pt"]


def test_what_is_shipped_is_whole():
    for name in pretrained_names():
        model, notes = load_pretrained(name)
        assert notes["sources"][0] == "vocals" and notes["rate"] == 22050 and "stft" in notes
        json.dumps(notes)
        assert all(weight.isfinite().all() for weight in model.state_dict().values())
