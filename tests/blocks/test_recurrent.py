"""What a recurrent layer remembers: by hand, in both directions, and how it starts."""

import pytest
import torch
from torch import nn

from common.blocks import RecurrentStack


def stack(kind="lstm", layers=1, **more):
    return RecurrentStack(3, 5, layers, kind, **more)


def test_a_cell_by_hand():
    module = RecurrentStack(1, 1, kind="rnn", bidirectional=False)
    module.load_state_dict({"rnn.weight_ih_l0": torch.tensor([[0.5]]),
                            "rnn.weight_hh_l0": torch.tensor([[-2.0]]),
                            "rnn.bias_ih_l0": torch.tensor([1.0]),
                            "rnn.bias_hh_l0": torch.tensor([0.0])})  # fmt: skip
    first = torch.tensor(0.5 * 2 + 1).tanh()
    second = (0.5 * -4 + 1 - 2 * first).tanh()
    y = module(torch.tensor([[[2.0], [-4.0]]]))
    torch.testing.assert_close(y.flatten(), torch.stack([first, second]))


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_the_second_half_reads_from_the_end(kind):
    module, x = stack(kind), torch.rand(2, 7, 3)
    one_way = stack(kind, bidirectional=False)
    backwards = {name: module.state_dict()[f"{name}_reverse"] for name in one_way.state_dict()}
    one_way.load_state_dict(backwards)
    torch.testing.assert_close(module(x)[..., 5:], one_way(x.flip(1)).flip(1))


@pytest.mark.parametrize(("bidirectional", "heard"), [(True, [0, 1, 2, 3, 4]), (False, [2, 3, 4])])
def test_a_frame_is_heard_in_later_frames_and_in_both_directions_everywhere(bidirectional, heard):
    module, x = stack(bidirectional=bidirectional), torch.rand(1, 5, 3)
    changed = x.clone()
    changed[:, 2] += 1
    differs = (module(x) != module(changed)).any(dim=-1)[0]
    assert differs.nonzero().flatten().tolist() == heard


@pytest.mark.parametrize(("kind", "layers", "bidirectional", "gates"), [
    ("rnn", 1, False, 1), ("gru", 1, True, 3), ("lstm", 1, True, 4), ("lstm", 3, True, 4),
    ("gru", 2, False, 3)])
def test_what_it_learns_and_how_wide_it_is(kind, layers, bidirectional, gates):
    module = stack(kind, layers, bidirectional=bidirectional)
    directions = 1 + bidirectional
    inputs = [3] + [5 * directions] * (layers - 1)
    expected = sum(directions * gates * 5 * (n + 5 + 2) for n in inputs)
    assert sum(weight.numel() for weight in module.parameters()) == expected
    assert module.size == module(torch.rand(1, 2, 3)).shape[-1] == 5 * directions


def test_an_lstm_starts_with_its_forget_gates_open_and_nothing_else_does():
    ours, theirs = started("lstm", nn.LSTM)
    for name, bias in theirs.items():
        if name.startswith("bias_ih"):
            bias[5:10] = 1  # torch's order: input, forget, cell, output
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize(("kind", "make"), [("rnn", nn.RNN), ("gru", nn.GRU)])
def test_other_kinds_start_as_torch_starts_them(kind, make):
    ours, theirs = started(kind, make)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def started(kind, make):
    """The first weights of our stack, and of torch's layers, from one seed."""
    torch.manual_seed(1)
    ours = stack(kind, 2).rnn.state_dict()
    torch.manual_seed(1)
    return ours, make(3, 5, 2, bidirectional=True).state_dict()


def test_dropout_works_between_layers_in_training_only():
    module, x = stack(layers=2, dropout=0.5), torch.rand(2, 7, 3)
    without = stack(layers=2)
    without.load_state_dict(module.state_dict())
    assert not torch.allclose(module(x), without(x))
    assert torch.equal(module.eval()(x), without(x))


@pytest.mark.parametrize(("settings", "said"), [
    ((0, 5), "features: expected a whole number above 0, got 0"),
    ((3, 2.5), "hidden: expected a whole number above 0, got 2.5"),
    ((3, 5, 0), "layers: expected a whole number above 0, got 0"),
    ((3, 5, 1, "LSTM"), "kind: expected one of rnn, gru, lstm, got 'LSTM'"),
    ((3, 5, 2, "gru", True, 1.0), r"dropout: expected a share in \[0, 1\), got 1.0"),
    ((3, 5, 2, "gru", True, -0.1), r"dropout: expected a share in \[0, 1\), got -0.1"),
    ((3, 5, 1, "gru", True, 0.5), "dropout: expected 0, .* there is one, got 0.5; take layers=2"),
])  # fmt: skip
def test_settings_that_make_no_stack_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        RecurrentStack(*settings)


def test_other_features_are_refused():
    said = r"x: expected \(batch, frame, feature 3\), got shape \(2, 7, 4\)"
    with pytest.raises(ValueError, match=said):
        stack()(torch.rand(2, 7, 4))


def test_its_representation_names_kind_and_sizes():
    assert "GRU(3, 5, num_layers=2, batch_first=True, bidirectional=True)" in repr(stack("gru", 2))
