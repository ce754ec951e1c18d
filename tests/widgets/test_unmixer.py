"""Unmixer, its Python side: what it takes, what it refuses, and what a page gets."""

import zlib

import numpy as np
import pytest
import torch

from common.architectures import SkipMaskInference
from common.stft import STFTConfig
from common.viz.widgets import AudioBank, Unmixer
from common.viz.widgets.unmixer import pack_weights

RATE = 8000
CONFIG = STFTConfig(window_length=64, hop=16)
EXAMPLE = {"hum": np.sin(np.arange(RATE) / 20)}


def network(**settings):
    torch.manual_seed(0)
    return SkipMaskInference(**{"bins": 33, "features": 8, "hidden": 12, **settings})


def unmixer(weights=None, example=EXAMPLE, **options):
    weights = network().state_dict() if weights is None else weights
    return Unmixer(weights, example, **{"rate": RATE, "config": CONFIG, **options})


def unpacked(entries, data):
    """The weights as the page reads them."""
    data, found = zlib.decompress(data), {}
    for entry in entries:
        rows, *columns = entry["shape"]
        x = np.frombuffer(data, "<f4", rows, 4 * entry["numbers"])
        if columns:
            codes = np.frombuffer(data, "i1", rows * columns[0], entry["codes"])
            x = codes.reshape(entry["shape"]).astype(np.float32) * x[:, None]
        found[entry["name"]] = x
    return found


def test_weights_come_back_within_half_a_step_of_their_row():
    weights = {name: x.numpy() for name, x in network().state_dict().items()}
    found = unpacked(*pack_weights(weights))
    assert set(weights) - set(found) == {"normalize.norm.num_batches_tracked"}
    for name, x in found.items():
        most = np.abs(weights[name]).max(axis=-1, keepdims=True) / 127 if x.ndim == 2 else 0
        assert (np.abs(x - weights[name]) <= 0.5001 * most + 1e-9).all(), name


def test_weights_of_8_bits_stay_as_they_are():
    entries, data = pack_weights({n: x.numpy() for n, x in network().state_dict().items()})
    once = unpacked(entries, data)
    twice = unpacked(*pack_weights(once))
    for name, x in once.items():
        np.testing.assert_allclose(twice[name], x, rtol=3e-7, err_msg=name)


def test_it_shows_and_names_itself():
    shown = unmixer(label="Unmix")
    assert repr(shown) == "Unmixer(Unmix)"
    assert shown._repr_mimebundle_()[0]["image/png"].startswith("iVBORw0K")
    assert shown.settings["layers"] == 2 and shown.settings["sources"] == 2
    assert shown.settings["least"] == pytest.approx(1e-4 * CONFIG.full_scale)


@pytest.mark.parametrize(("change", "said"), [
    ({"weights": {"linear.weight": np.ones((2, 3))}}, "expected the state_dict of a SkipMaskInf"),
    ({"weights": network(kind="gru").state_dict()}, r"weight_ih_l0 of shape \(48, 8\), got \(36"),
    ({"weights": network(bidirectional=False).state_dict()}, "weight_ih_l0_reverse of shape"),
    ({"weights": network(channels=2).state_dict()}, r"project.weight of shape \(8, 33\), got"),
    ({"weights": network(sources=3).state_dict()}, "embed.linear.weight of shape"),
    ({"weights": network(activation=["gated_tanh", "sigmoid"]).state_dict()}, "embed.gate"),
    ({"weights": network(features=10).state_dict()}, "multiples of 4, got 10 and 12"),
    ({"config": STFTConfig(window_length=128, hop=32)}, r"\(8, 65\), got \(8, 33\)"),
    ({"example": {}}, "at least one"),
    ({"example": {"a": np.ones(9), "b": np.ones(9)}}, "one sound at 8000 Hz, got 2"),
    ({"example": AudioBank(EXAMPLE, rate=11025)}, "got 1 at 11025 Hz"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        unmixer(**change)
