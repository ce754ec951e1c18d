"""Open-Unmix: its steps in a row; what the package's computes is in tests/peers."""

import pytest
import torch

from common.architectures import OpenUnmix
from common.checkpoint import load_checkpoint, save_checkpoint

BINS = 17


def network(**settings):
    return OpenUnmix(BINS, hidden=6, **settings)


def mixture(channels=1, frames=7):
    return 100 * torch.rand(2, channels, BINS, frames) ** 4


def test_forward_is_its_steps_in_a_row():
    model, x = network(channels=2).eval(), mixture(2)
    model.standardize.scale.data.uniform_(), model.rescale.scale.data.uniform_()
    scaled = model.standardize(x)
    squeezed = model.squeeze(torch.cat([scaled[:, 0], scaled[:, 1]], dim=1).transpose(1, 2)).tanh()
    both = torch.cat([squeezed, model.recurrent(squeezed)], dim=-1)
    each = model.expand(model.combine(both).relu()).transpose(1, 2).split(BINS, dim=1)
    channels = model.rescale(torch.stack(each, dim=1)).relu()  # (batch, source * channel, ...)
    mask = torch.stack([channels[:, :2], channels[:, 2:]], dim=1)
    torch.testing.assert_close(model.mask(x), mask)
    torch.testing.assert_close(model(x), mask * x[:, None])


def test_without_memory_a_frame_still_knows_itself():
    model, x = network().eval(), mixture()
    for weight in model.recurrent.parameters():
        weight.data.zero_()
    changed = x.clone()
    changed[..., 3] = mixture()[..., 3]
    same = (model.mask(changed) == model.mask(x)).all(dim=3).all(dim=1)[0, 0]  # (frame,)
    assert same.tolist() == [True, True, True, False, True, True, True]


def test_masks_start_around_one_and_may_pass_it():
    mask = network(dropout=0.0).mask(mixture())
    assert mask.min() >= 0 and mask.max() > 1
    assert 0.5 < mask.mean() < 1.5


def test_the_input_s_shift_learns_nothing_because_batch_norm_removes_it():
    model, x = network(dropout=0.0).double(), mixture().double()
    before = model(x)
    model.standardize.shift.data += torch.rand(BINS, 1)
    torch.testing.assert_close(model(x), before, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("frames", [1, 2, 50])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_length(frames, channels):
    model = network(sources=3, channels=channels).eval()
    assert model(mixture(channels, frames)).shape == (2, 3, channels, BINS, frames)


def test_settings_reach_their_blocks():
    for bidirectional, hidden in [(True, 3), (False, 6)]:
        model = network(sources=3, channels=2, layers=2, bidirectional=bidirectional, dropout=0.25)
        rnn = model.recurrent.rnn
        assert (rnn.input_size, rnn.hidden_size, rnn.num_layers) == (6, hidden, 2)
        assert (rnn.bidirectional, rnn.dropout) == (bidirectional, 0.25)
        assert model.squeeze.linear.in_features == 2 * BINS
        assert model.expand.linear.out_features == 3 * 2 * BINS


def test_what_the_paper_s_network_learns():
    """Open-Unmix for one source: 2049 bins of two channels, of which all are heard."""
    model = OpenUnmix(2049, sources=1, channels=2, hidden=512)
    lstm = 3 * 2 * 4 * 256 * (512 + 256 + 2)
    linear = 4098 * 512 + 1024 * 512 + 512 * 4098
    norms = 2 * (512 + 512 + 4098)
    expected = lstm + linear + norms + 4 * 2049
    assert sum(weight.numel() for weight in model.parameters()) == expected


def test_a_checkpoint_brings_it_back(tmp_path):
    settings = {"bins": BINS, "hidden": 6}
    model, x = OpenUnmix(**settings), mixture()
    model(x)  # statistics
    save_checkpoint(tmp_path / "it.pt", model, settings)
    again, _ = load_checkpoint(tmp_path / "it.pt", OpenUnmix)
    assert torch.equal(again(x), model.eval()(x))


@pytest.mark.parametrize(("settings", "said"), [
    ({"bins": 0}, "bins: expected a whole number above 0, got 0"),
    ({"sources": 0}, "sources: expected a whole number above 0, got 0"),
    ({"channels": 0}, "channels: expected a whole number above 0, got 0"),
    ({"hidden": 0}, "hidden: expected a whole number above 0, got 0"),
    ({"hidden": 7}, "hidden: expected an even number, got 7; take 8"),
    ({"layers": 1}, "dropout: expected 0, .* there is one, got 0.4; take layers=2"),
])  # fmt: skip
def test_settings_that_make_no_network_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        OpenUnmix(**settings)


@pytest.mark.parametrize("shape", [(2, 2, BINS, 7), (2, 1, BINS + 1, 7), (1, BINS, 7)])
def test_another_mixture_than_it_was_made_for_is_refused(shape):
    said = r"magnitude: expected \(batch, channel 1, freq 17, frame\), got shape \("
    with pytest.raises(ValueError, match=said):
        network()(torch.rand(shape))
