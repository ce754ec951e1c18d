"""Songs of any length and rate are separated whole, and their estimates add up."""

import numpy as np
import pytest
import torch
from torch import nn

from common.architectures import MaskInference
from common.separation import mixture_consistency, separate
from common.stft import STFTConfig, istft, magnitude, stft
from tests.elsewhere import elsewhere

RATE = 22050
SMALL = STFTConfig(64, 16)


class Gains(nn.Module):
    """Masks that are the same everywhere; remembers what it was shown."""

    def __init__(self, *gains):
        super().__init__()
        self.gains, self.shown = torch.tensor(gains), []
        self.eval()

    def mask(self, magnitude):
        self.shown.append(tuple(magnitude.shape))
        return self.gains[:, None, None, None] * torch.ones_like(magnitude)[:, None]


def network(sources=2, memory=1.0, **settings):
    """A recurrent network; `memory` is the bias of its forget gates."""
    torch.manual_seed(0)
    model = MaskInference(33, sources, hidden=8, **settings).eval()
    for name, bias in model.recurrent.rnn.named_parameters():
        if name.startswith("bias_ih"):
            bias.data[8:16] = memory
    return model


def noise(seconds, channels=2, rate=RATE):
    return np.random.default_rng(0).normal(
        0, 0.1, (channels, round(seconds * rate))).astype(np.float32)  # fmt: skip


def tone(frequency, rate, channels=1, seconds=0.5):
    x = np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate) * np.hanning(
        round(seconds * rate))  # fmt: skip
    return np.stack([x, 0.5 * x][:channels])


def error_in_db(x, reference):
    return 10 * np.log10(1e-30 + np.sum((x - reference) ** 2) / np.sum(reference**2))


@pytest.mark.parametrize("rate", [8000, RATE, 44100, 48000, 192000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kind", [np.float32, np.float64, torch.float32])
def test_any_rate_and_channels_come_back_as_they_came(rate, channels, kind):
    x = tone(440, rate, channels)
    mixture = torch.tensor(x, dtype=kind) if isinstance(kind, torch.dtype) else x.astype(kind)
    before = np.array(mixture)
    plain = separate(Gains(0.25, 0.5), mixture, rate, model_rate=RATE, shares=None)
    whole = separate(Gains(0.25, 0.5), mixture, rate, model_rate=RATE)
    for estimates in (plain, whole):
        assert type(estimates) is type(mixture) and estimates.dtype == mixture.dtype
        assert estimates.shape == (2, *mixture.shape)
    assert error_in_db(np.asarray(plain), np.stack([x / 4, x / 2])) < -80
    assert error_in_db(np.asarray(whole), np.stack([0.3 * x, 0.7 * x])) < -80  # 1/4 + 1/5 of 1/4
    assert np.array_equal(before, np.asarray(mixture))


@pytest.mark.parametrize("shares", ["equal", "power"])
@pytest.mark.parametrize("rate", [8000, RATE, 44100])
def test_estimates_add_up_to_the_mixture(shares, rate):
    x = noise(1.3, rate=rate)
    y = separate(network(3), x, rate, model_rate=RATE, config=SMALL, shares=shares)
    assert np.abs(y.sum(axis=0) - x).max() < 4 * np.finfo(np.float32).eps * np.abs(x).max()
    plain = separate(network(3), x, rate, model_rate=RATE, config=SMALL, shares=None)
    assert error_in_db(plain.sum(axis=0), x) > -20


def test_one_mask_gives_a_second_source_the_rest():
    x = noise(0.5, channels=1)
    model = network(1)
    (alone,) = separate(model, x, RATE, model_rate=RATE, config=SMALL, shares=None)
    vocals, rest = separate(model, x, RATE, model_rate=RATE, config=SMALL)
    assert np.array_equal(vocals, alone)
    np.testing.assert_allclose(rest, x - alone, atol=1e-7)


def test_what_the_network_cannot_hear_stays_in_the_last_source():
    low, high = tone(440, 44100), tone(15000, 44100)
    first, last = separate(Gains(0.5, 0.5), low + high, 44100, model_rate=RATE)
    assert error_in_db(first, low / 2) < -60
    assert error_in_db(last, low / 2 + high) < -60
    for estimate in separate(Gains(0.5, 0.5), low + high, 44100, model_rate=RATE, shares=None):
        assert error_in_db(estimate, low / 2) < -60


@pytest.mark.parametrize("length", [2 * RATE, 3 * RATE - 1, 3 * RATE + 17])
@pytest.mark.parametrize("chunk", [0.5, 0.77])
def test_chunks_are_the_whole(length, chunk):
    x, model = noise(4)[:, :length], network(memory=4.0)  # forgets within half a second
    how = {"model_rate": RATE, "config": SMALL, "shares": None}
    whole = separate(model, x, RATE, chunk=10, **how)
    short, long = (error_in_db(separate(model, x, RATE, chunk=chunk, context=context, **how), whole)
                   for context in (0.01, 0.4))  # fmt: skip
    assert short > -60 > long > -200


def test_the_whole_is_the_masked_mixture():
    x, model = noise(0.4), network()
    y = separate(model, x, RATE, model_rate=RATE, config=SMALL, shares=None)
    for channel in (0, 1):
        X = stft(torch.from_numpy(x[channel : channel + 1]), SMALL)  # (channel, freq, frame)
        mask = model.mask(magnitude(X)[None])[0].detach()  # (source, channel, freq, frame)
        expected = istft(mask * X, length=x.shape[-1], config=SMALL)
        np.testing.assert_allclose(y[:, channel : channel + 1], expected, atol=1e-6)


def test_without_memory_the_seams_are_exact():
    x = noise(3)
    y = separate(Gains(0.5), x, RATE, model_rate=RATE, shares=None, chunk=0.4, context=0.05)
    np.testing.assert_allclose(y[0], x / 2, atol=1e-7)


@pytest.mark.parametrize("seconds", [3, 9])
def test_the_network_never_sees_more_than_a_window(seconds):
    model = Gains(0.5)
    separate(model, noise(seconds), RATE, model_rate=RATE, chunk=0.5, context=0.25)
    frames = 2 * round(0.25 * RATE / 256) + round(0.5 * RATE / 256) + 1
    assert {shape[:3] for shape in model.shown} == {(2, 1, 513)}
    assert max(shape[-1] for shape in model.shown) == frames


def test_instance_norm_takes_its_statistics_from_the_window():
    x = noise(3) * np.linspace(0, 1, 3 * RATE, dtype=np.float32)
    how = {"model_rate": RATE, "config": SMALL, "context": 0.5}
    model = network(normalization="instance")
    chunks, whole = (separate(model, x, RATE, chunk=chunk, **how) for chunk in (0.5, 10))
    assert error_in_db(chunks, whole) > -60


def test_a_mono_network_takes_each_channel_by_itself():
    x = noise(0.5)
    both, *each = (separate(network(), y, RATE, model_rate=RATE, config=SMALL, shares="equal")
                   for y in (x, x[:1], x[1:]))  # fmt: skip
    np.testing.assert_allclose(both, np.concatenate(each, axis=1), atol=1e-6)


def test_a_stereo_network_takes_both_channels_together():
    model, x = network(channels=2), noise(0.5)
    y = separate(model, x, RATE, model_rate=RATE, config=SMALL, shares=None, per_channel=False)
    X = stft(torch.from_numpy(x), SMALL)
    mask = model.mask(magnitude(X)[None])[0].detach()
    np.testing.assert_allclose(y, istft(mask * X, length=x.shape[-1], config=SMALL), atol=1e-6)
    with pytest.raises(ValueError, match="channel 2"):
        separate(model, x, RATE, model_rate=RATE, config=SMALL)


@pytest.mark.parametrize("rate", [8000, RATE, 44100, 192000])
def test_one_sample_is_a_song(rate):
    x = np.array([[0.5]], np.float32)
    y = separate(network(), x, rate, model_rate=RATE, config=SMALL)
    assert y.shape == (2, 1, 1)
    np.testing.assert_allclose(y.sum(axis=0), x, atol=1e-7)


def test_silence_stays_silence():
    y = separate(network(), np.zeros((2, 1000)), 44100, model_rate=RATE, config=SMALL)
    assert y.shape == (2, 2, 1000) and not y.any()


def test_the_model_is_used_where_it_lies_and_learns_nothing():
    x, model = torch.from_numpy(noise(0.05)), network()
    expected = separate(model, x, RATE, model_rate=RATE, config=SMALL)
    assert not expected.requires_grad
    with elsewhere() as device:
        y = separate(model.to(device), x, RATE, model_rate=RATE, config=SMALL)
        assert y.device.type == "cpu"
    torch.testing.assert_close(y, expected)


def test_progress_is_shown_when_asked_for(capsys):
    separate(Gains(0.5), noise(1), RATE, model_rate=RATE, chunk=0.2, context=0.1)
    assert capsys.readouterr().err == ""
    separate(Gains(0.5), noise(1), RATE, model_rate=RATE, chunk=0.2, context=0.1, progress=True)
    assert "separating: 100%" in capsys.readouterr().err


SONG = np.zeros((2, 100), np.float32)


@pytest.mark.parametrize(("mixture", "kind", "said"), [
    (SONG[0], ValueError, r"expected \(channel, sample\) .* got shape \(100,\); x\[None\]"),
    (SONG.T, ValueError, r"got shape \(100, 2\); .* x.T turns \(sample, channel\)"),
    (SONG[:, :0], ValueError, r"and some samples, got shape \(2, 0\)"),
    (SONG + np.nan, ValueError, "mixture: expected finite numbers, got 200 NaN or infinite"),
    (SONG.astype(np.int16), TypeError, "mixture: expected float32 or float64, got int16"),
    ([0.0], TypeError, "mixture: expected a NumPy array or a torch tensor, got list"),
])  # fmt: skip
def test_what_is_no_song_is_refused(mixture, kind, said):
    with pytest.raises(kind, match=said):
        separate(Gains(0.5), mixture, RATE, model_rate=RATE)


@pytest.mark.parametrize(("model", "kind", "said"), [
    (nn.Identity().eval(), ValueError, r"estimates: expected \(batch 2, source, channel 1, sample"),
    (MaskInference, TypeError, "expected a network, got type; pass, for example, a MaskInference"),
    (MaskInference(), ValueError, r"model: expected evaluation mode, .* call model.eval\(\) first"),
])  # fmt: skip
def test_what_separates_nothing_is_refused(model, kind, said):
    with pytest.raises(kind, match=said):
        separate(model, SONG, RATE, model_rate=RATE)


@pytest.mark.parametrize("per_channel", [True, False])
def test_a_network_without_masks_gets_the_waveform(per_channel):
    class Halves(nn.Module):
        def forward(self, mixture):
            assert mixture.shape[:2] == ((2, 1) if per_channel else (1, 2))
            return torch.stack([mixture / 4, mixture / 2], dim=1)

    x = noise(3.0)
    estimates = separate(Halves().eval(), x, RATE, model_rate=RATE, chunk=0.5, context=0.1,
                         shares=None, per_channel=per_channel)  # fmt: skip
    np.testing.assert_allclose(estimates, [x / 4, x / 2], atol=1e-6)


def test_estimates_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="estimates: expected finite numbers, got 200 NaN"):
        separate(Gains(np.nan), SONG, RATE, model_rate=RATE)


def test_shares_that_there_are_not_are_refused_before_the_work():
    with pytest.raises(ValueError, match="shares: expected one of power, equal, None, got 'all'"):
        separate(Gains(0.5), SONG, RATE, model_rate=RATE, shares="all")


@pytest.mark.parametrize("name", ["rate", "model_rate", "chunk", "context"])
def test_a_number_that_is_not_above_zero_is_refused(name):
    how = {"rate": RATE, "model_rate": RATE, name: 0}
    with pytest.raises(ValueError, match=f"{name}: expected a number above 0, got 0"):
        separate(Gains(0.5), SONG, **how)


@pytest.mark.parametrize(("shares", "estimates", "expected"), [
    ("equal", [1, 3], [2, 4]),  # 2 is lacking: 1 for each
    ("power", [1, 3], [1.2, 4.8]),  # powers 1 and 9: 0.2 and 1.8
    ("power", [2, 6], [1.8, 4.2]),  # 2 too much
    ("power", [0, 0], [3, 3]),
    ("power", [0, 1], [0, 6]),
])  # fmt: skip
def test_mixture_consistency_by_hand(shares, estimates, expected):
    x = torch.tensor(estimates, dtype=torch.float64)[:, None, None]  # (source, channel, sample)
    y = mixture_consistency(x, torch.full((1, 1), 6.0, dtype=torch.float64), shares=shares)
    torch.testing.assert_close(y.flatten(), torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize("shares", ["equal", "power"])
def test_mixture_consistency_is_for_each_example_and_passes_gradients(shares):
    torch.manual_seed(0)
    x, mixture = torch.randn(2, 3, 2, 5, dtype=torch.float64), torch.randn(2, 2, 5).double()
    y = mixture_consistency(x, mixture, shares=shares)
    torch.testing.assert_close(y.sum(dim=1), mixture)
    torch.testing.assert_close(y[0], mixture_consistency(x[0], mixture[0], shares=shares))
    torch.testing.assert_close(y, mixture_consistency(y, mixture, shares=shares))
    assert torch.autograd.gradcheck(
        lambda x, m: mixture_consistency(x, m, shares=shares),
        (x.requires_grad_(), mixture.requires_grad_()))  # fmt: skip
    silent = torch.zeros(2, 1, 4, requires_grad=True)
    mixture_consistency(silent, torch.ones(1, 4), shares=shares).square().sum().backward()
    assert silent.grad.isfinite().all()


@pytest.mark.parametrize(("estimates", "mixture", "shares", "said"), [
    ((3, 2, 5), (2, 4), "equal", r"equal shapes, got estimate \(2, 5\), mixture \(2, 4\)"),
    ((4, 3, 2, 5), (2, 5), "equal", r"estimate \(4, 2, 5\), mixture \(2, 5\)"),
    ((2, 5), (2, 5), "equal", r"estimates: expected \(\.\.\., source, channel, sample\)"),
    ((3, 2, 5), (2, 5), "loudness", "shares: expected one of power, equal, got 'loudness'"),
])  # fmt: skip
def test_estimates_that_do_not_fit_are_refused(estimates, mixture, shares, said):
    with pytest.raises(ValueError, match=said):
        mixture_consistency(torch.rand(estimates), torch.rand(mixture), shares=shares)
