"""Which number of a frame becomes which bin of which source, and what is done to it after."""

import pytest
import torch

from common.blocks import Embedding, activate

BINS, CHANNELS, SOURCES, HIDDEN = 5, 2, 3, 4


def embedding(activation="none"):
    return Embedding(HIDDEN, BINS, SOURCES, CHANNELS, activation)


def test_by_hand():
    module = embedding()
    numbers = torch.arange(float(BINS * CHANNELS * SOURCES))
    module.load_state_dict({"linear.weight": torch.zeros(len(numbers), HIDDEN),
                            "linear.bias": numbers})  # fmt: skip
    y = module(torch.rand(1, 7, HIDDEN))
    for frame in range(7):
        for source in range(SOURCES):
            for channel in range(CHANNELS):
                expected = torch.arange(BINS) * CHANNELS * SOURCES + channel * SOURCES + source
                assert torch.equal(y[0, source, channel, :, frame], expected.float())


def test_each_frame_comes_from_its_own_features():
    module, x = embedding(), torch.rand(2, 7, HIDDEN)
    one_by_one = [module(x[:, [frame]]) for frame in range(7)]
    torch.testing.assert_close(module(x), torch.cat(one_by_one, dim=-1))


def test_activations_are_applied_in_turn():
    plain, x = embedding(), torch.rand(2, 7, HIDDEN)
    outputs = []
    for kinds in (["tanh", "relu", "l1_norm"], ["l1_norm", "relu", "tanh"]):
        module, y = embedding(kinds), plain(x)
        module.load_state_dict(plain.state_dict())
        for kind in kinds:
            y = activate(y, kind)
        assert torch.equal(module(x), y)
        outputs.append(y)
    assert not torch.allclose(*outputs)


@pytest.mark.parametrize("activation", ["softmax", "l1_norm", "unit_norm"])
def test_activations_look_across_sources(activation):
    y = embedding(activation)(torch.rand(2, 7, HIDDEN))
    total = y.norm(p=2 if activation == "unit_norm" else 1, dim=1)
    torch.testing.assert_close(total, torch.ones(2, CHANNELS, BINS, 7))


@pytest.mark.parametrize("activation", [
    "gated_tanh", ["gated_tanh"], ["sigmoid", "gated_tanh"], ["gated_tanh", "sigmoid"]])
def test_a_gate_goes_before_the_linear_layer(activation):
    module, x = embedding(activation), torch.rand(2, 7, HIDDEN)
    plain = embedding("sigmoid" if "sigmoid" in activation else "none")
    plain.linear.load_state_dict(module.linear.state_dict())
    assert torch.equal(module(x), plain(module.gate(x)))
    assert not torch.allclose(module(x), plain(x))


def test_it_lies_in_memory_as_spectrograms_do():
    assert embedding()(torch.rand(2, 7, HIDDEN)).stride(-1) == 1


def test_it_learns_a_linear_layer_and_perhaps_a_gate():
    linear = (HIDDEN + 1) * BINS * CHANNELS * SOURCES
    for activation, gate in [("softmax", 0), ("gated_tanh", 2 * (HIDDEN + 1) * HIDDEN)]:
        learned = sum(weight.numel() for weight in embedding(activation).parameters())
        assert learned == linear + gate


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_sizes_of_nothing_are_refused(place):
    sizes = [HIDDEN, BINS, SOURCES, CHANNELS]
    sizes[place] = 0
    name = ["hidden", "bins", "size", "channels"][place]
    with pytest.raises(ValueError, match=f"^{name}: expected a whole number above 0, got 0"):
        Embedding(*sizes)


@pytest.mark.parametrize("activation", ["gate", ["sigmoid", "gate"]])
def test_an_unknown_activation_is_refused(activation):
    with pytest.raises(ValueError, match=r"activation: expected one of .*gated_tanh, got 'gate'"):
        embedding(activation)


def test_other_features_are_refused():
    said = r"x: expected \(batch, frame, hidden 4\), got shape \(2, 7, 3\)"
    with pytest.raises(ValueError, match=said):
        embedding()(torch.rand(2, 7, 3))


def test_its_representation_names_the_sizes_and_activations():
    said = "bins=5, channels=2, size=3, activations=[relu, l1_norm]"
    assert said in repr(embedding(["gated_tanh", "relu", "l1_norm"]))
