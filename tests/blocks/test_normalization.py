"""What is averaged over what: by hand, over bins, over time, in training and after."""

import pytest
import torch

from common.blocks import BatchNorm, InstanceNorm, ScaleAndShift, normalize_by_bin

EPS = 1e-5  # torch adds it to each variance
PAIR = torch.tensor([[[[1.0, 3.0]]], [[[5.0, 7.0]]]])  # (2, 1, 1, 2)


def close(a, b, within=1e-5):
    torch.testing.assert_close(a, torch.as_tensor(b).expand_as(a), rtol=within, atol=within)


def moments(x):
    """Mean and variance of the examples, channels and frames of each bin, (1, 1, freq, 1)."""
    return x.mean((0, 1, 3), keepdim=True), x.var((0, 1, 3), keepdim=True, unbiased=False)


def test_batch_norm_by_hand():
    norm = BatchNorm()  # the mean is 4, the variance 5
    close(norm(PAIR), (PAIR - 4) / (5 + EPS) ** 0.5)
    assert norm.norm.running_mean.item() == pytest.approx(0.1 * 4)
    assert norm.norm.running_var.item() == pytest.approx(0.9 + 0.1 * 20 / 3)  # 20 / 3: unbiased
    close(norm.eval()(PAIR), (PAIR - 0.4) / (0.9 + 2 / 3 + EPS) ** 0.5)


def test_instance_norm_by_hand():
    norm = InstanceNorm()  # the means are 2 and 6, both variances 1
    for training in (True, False):
        close(norm.train(training)(PAIR), torch.tensor([-1.0, 1.0]) / (1 + EPS) ** 0.5)


def test_scale_and_shift_by_hand():
    module = ScaleAndShift(2)
    x = torch.rand(2, 2, 2, 3)
    assert torch.equal(module(x), x)
    module.load_state_dict({"scale": torch.tensor([[2.0], [3.0]]),
                            "shift": torch.tensor([[0.0], [-1.0]])})  # fmt: skip
    close(module(x), torch.stack([2 * x[:, :, 0], 3 * x[:, :, 1] - 1], dim=2))


@pytest.mark.parametrize("channels", [1, 2])
def test_bins_of_their_own_or_one_for_all(channels):
    x = torch.rand(3, channels, 5, 7) * torch.arange(1.0, 6.0)[:, None]
    mean, variance = moments(x)
    close(BatchNorm(5)(x), (x - mean) / (variance + EPS).sqrt())
    close(BatchNorm()(x), (x - x.mean()) / (x.var(unbiased=False) + EPS).sqrt())
    alone = torch.cat([BatchNorm(5)(example[None]) for example in x])
    close(InstanceNorm(5)(x), alone)
    close(InstanceNorm()(x), torch.cat([BatchNorm()(example[None]) for example in x]))


def test_batch_norm_scales_and_shifts_each_bin_by_what_it_learned():
    norm = BatchNorm(5)
    x, gain, offset = torch.rand(3, 2, 5, 7), torch.arange(5.0), torch.arange(5.0) - 2
    plain = norm(x)
    norm.load_state_dict({**norm.state_dict(), "norm.weight": gain, "norm.bias": offset})
    close(norm(x), gain[:, None] * plain + offset[:, None])


def test_only_instance_norm_removes_the_level_of_a_song():
    quiet = torch.rand(1, 1, 5, 7)
    loud = quiet + 6  # in decibels: twice the amplitude
    close(InstanceNorm()(loud), InstanceNorm()(quiet), 1e-4)
    norm = BatchNorm().eval()
    close(norm(loud) - norm(quiet), 6.0, 1e-4)


def test_normalize_by_bin_is_what_both_run():
    x = torch.rand(3, 2, 5, 7)
    for module in (BatchNorm(5), InstanceNorm(5), BatchNorm(), InstanceNorm()):
        assert torch.equal(normalize_by_bin(module.norm, x), module(x))


every_one = pytest.mark.parametrize("make", [BatchNorm, InstanceNorm, ScaleAndShift])


@every_one
def test_another_number_of_bins_is_refused_and_not_mixed(make):
    said = r"x: expected \(batch, channel, freq 5, frame\), got shape \(2, 1, 10, 7\)"
    with pytest.raises(ValueError, match=said):
        make(5)(torch.rand(2, 1, 10, 7))


@pytest.mark.parametrize(("make", "learned"), [
    (BatchNorm, 2), (InstanceNorm, 0), (ScaleAndShift, 2)])
def test_what_they_learn_for_each_feature(make, learned):
    for features in (1, 513):
        assert sum(weight.numel() for weight in make(features).parameters()) == learned * features


@every_one
def test_no_features_are_refused(make):
    with pytest.raises(ValueError, match="features: expected a whole number above 0, got 0"):
        make(0)


@pytest.mark.parametrize(("norm", "examples"), [(InstanceNorm(5), 2), (BatchNorm(5), 1)])
def test_one_number_has_no_deviation(norm, examples):
    with pytest.raises(ValueError, match="Expected more than 1"):  # torch's words
        norm(torch.rand(examples, 1, 5, 1))


def test_representations_name_the_features():
    assert repr(ScaleAndShift(513)) == "ScaleAndShift(513)"
    assert "BatchNorm1d(513," in repr(BatchNorm(513))
    assert "InstanceNorm1d(1," in repr(InstanceNorm())
