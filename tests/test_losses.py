"""Losses: values by hand, what each is least for, silence, orders, refusals."""

from itertools import permutations

import numpy as np
import pytest
import torch

from common.evaluation import si_sdr, usdr
from common.losses import (
    FLOOR,
    l1,
    l2,
    negative_si_sdr,
    negative_snr,
    permutation_invariant,
    target_magnitude,
    weighted,
)
from common.masks import phase_sensitive_mask
from tests.elsewhere import elsewhere

of_any = pytest.mark.parametrize("loss", [l1, l2, negative_snr, negative_si_sdr])
of_waveforms = pytest.mark.parametrize("loss", [negative_snr, negative_si_sdr])
BATCH, SOURCES, CHANNELS, SAMPLES = 3, 2, 2, 400
SHAPE = (BATCH, SOURCES, CHANNELS, SAMPLES)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def one(*numbers):
    """One source of one example in one channel."""
    return torch.tensor(numbers)[None, None, None]


def learn(loss, estimate, target):
    estimate = estimate.clone().requires_grad_()
    value = loss(estimate, target)
    (gradient,) = torch.autograd.grad(value.sum(), estimate)
    return value.detach(), gradient


def test_by_hand():
    estimate, target = one(1.0, 2.0, 3.0, 6.0), one(1.0, 1.0, 1.0, 1.0)
    assert l1(estimate, target).tolist() == [[2.0]]  # (0 + 1 + 2 + 5) / 4
    assert l2(estimate, target).tolist() == [[7.5]]  # (0 + 1 + 4 + 25) / 4
    wave, other = one(1.0, -1.0, 1.0, -1.0), one(1.0, 1.0, -1.0, -1.0)
    assert negative_snr(0.9 * wave, wave).item() == pytest.approx(-20)
    assert negative_snr(3 * wave, wave).item() == pytest.approx(20 * np.log10(2))
    assert negative_si_sdr(wave + 0.1 * other, wave).item() == pytest.approx(-20)
    assert negative_si_sdr(other, wave).item() == pytest.approx(100)  # nothing of it: the floor
    assert negative_si_sdr(wave, wave).item() == pytest.approx(-100)


@of_any
def test_each_source_of_each_example_has_its_own(loss):
    estimate, target = torch.randn(SHAPE), torch.randn(SHAPE)
    values = loss(estimate, target)
    assert values.shape == (BATCH, SOURCES)
    alone = loss(estimate[1:2, 1:], target[1:2, 1:])
    torch.testing.assert_close(values[1:2, 1:], alone)
    channels = torch.stack([loss(estimate[:, :, [c]], target[:, :, [c]]) for c in range(CHANNELS)])
    torch.testing.assert_close(values, channels.mean(dim=0))


@pytest.mark.parametrize("loss", [l1, l2])
@pytest.mark.parametrize("shape", [(1, 2, 3), (2, 3, 1, 5, 7)])
def test_l1_and_l2_take_any_further_axes(loss, shape):
    estimate, target = torch.randn(shape), torch.randn(shape)
    power = 1 if loss is l1 else 2
    expected = ((estimate - target).abs() ** power).numpy().reshape(*shape[:2], -1).mean(axis=-1)
    np.testing.assert_allclose(loss(estimate, target), expected, rtol=1e-5)


@pytest.mark.parametrize(("loss", "least"), [(l1, 1.0), (l2, 3.0)])
def test_the_best_constant_is_the_median_or_the_mean(loss, least):
    target = one(0.0, 0.0, 1.0, 4.0, 10.0)
    constants = torch.arange(0, 10, 0.25)
    values = [loss(torch.full_like(target, c), target).item() for c in constants]
    assert constants[np.argmin(values)] == least


def test_they_are_minus_the_scores_of_the_evaluation():
    target = 0.1 * torch.randn(SHAPE) + 0.05
    estimate = 3 * target + 0.02 * torch.randn(SHAPE)
    expected = -si_sdr(estimate.numpy(), target.numpy())
    np.testing.assert_allclose(negative_si_sdr(estimate, target), expected, atol=1e-3)
    one_channel = (estimate[:, :, :1], target[:, :, :1])
    expected = -usdr(*(x.numpy() for x in one_channel), epsilon=0.0)
    np.testing.assert_allclose(negative_snr(*one_channel), expected, atol=1e-3)


def test_si_sdr_is_blind_to_gain_and_offset_and_snr_is_not():
    target = torch.randn(SHAPE)
    estimate = target + 0.3 * torch.randn(SHAPE)
    changed = -0.2 * estimate + 0.7
    torch.testing.assert_close(negative_si_sdr(changed, target), negative_si_sdr(estimate, target))
    assert (negative_snr(changed, target) > negative_snr(estimate, target) + 1).all()


@of_waveforms
@pytest.mark.parametrize("silent", ["estimate", "target", "both"])
@pytest.mark.parametrize("level", [0.0, 0.3])  # silence, and a constant
def test_silence_has_a_finite_loss_and_gradient(loss, silent, level):
    constant = torch.full(SHAPE, level)
    estimate = torch.randn(SHAPE) if silent == "target" else constant
    target = torch.randn(SHAPE) if silent == "estimate" else constant
    value, gradient = learn(loss, estimate, target)
    assert value.isfinite().all() and gradient.isfinite().all()
    assert value.abs().max() < 110 and gradient.abs().max() < 100


@of_waveforms
def test_a_silent_target_asks_for_silence(loss):
    target, estimate = torch.zeros(SHAPE), 0.1 * torch.randn(SHAPE)
    value, gradient = learn(loss, estimate, target)
    assert (value > 75).all()  # the estimate's -20 dB above the floor's -100
    softer, _ = learn(loss, estimate - 0.1 * gradient, target)
    assert (softer < value).all()
    assert loss(torch.zeros(SHAPE), target).abs().max() == 0


def test_the_floor_is_100_db_below_full_scale():
    assert 10 * np.log10(FLOOR) == pytest.approx(-100)
    assert negative_snr(one(1.0, -1.0), one(1.0, -1.0)).item() == pytest.approx(-100)
    soft = one(0.1, -0.1)
    assert negative_snr(soft, soft).item() == pytest.approx(-80, abs=1e-3)


def test_target_magnitudes_by_hand():
    S = torch.tensor([1, 1, 2, -1, 1], dtype=torch.complex64)
    X = S + torch.tensor([1, 1j, -1, 2, -1])  # 2, 1 + i, 1, 1, 0
    expected = {
        "magnitude": [1, 1, 2, 1, 1],
        "phase_sensitive": [1, np.sqrt(0.5), 2, -1, 0],
        "truncated": [1, np.sqrt(0.5), 1, 0, 0],
    }
    for kind, values in expected.items():
        target = target_magnitude(S[None, None, None, None], X[None, None, None], kind)
        assert target.shape == (1, 1, 1, 1, 5)
        np.testing.assert_allclose(target.flatten(), values, atol=1e-6)


def spectrograms():
    S = torch.randn(BATCH, SOURCES, CHANNELS, 9, 5, dtype=torch.complex64)
    return S, S.sum(dim=1)


def test_the_truncated_target_is_least_for_the_best_mask():
    S, X = spectrograms()
    mask = phase_sensitive_mask(S, X[:, None].expand_as(S))
    truncated = target_magnitude(S, X)
    assert l2(mask * X[:, None].abs(), truncated).max() < 1e-10
    assert torch.equal(truncated, target_magnitude(S, X, "truncated"))
    assert (target_magnitude(S, X, "magnitude") >= truncated - 1e-6).all()


def test_a_target_that_does_not_fit_is_refused():
    S, X = spectrograms()
    with pytest.raises(ValueError, match=r"kind: expected one of magnitude, .* got 'phase'"):
        target_magnitude(S, X, "phase")
    with pytest.raises(TypeError, match="mixture: expected a complex spectrogram"):
        target_magnitude(S, X.abs())
    for mixture in (X[:, None], X[..., :1], X[:1]):
        with pytest.raises(ValueError, match=r"equal shapes, got source\[:, 0\] \(3, 2, 9, 5\), m"):
            target_magnitude(S, mixture)


def test_each_example_has_its_own_order():
    a, b, c = (torch.randn(CHANNELS, SAMPLES) for _ in range(3))
    estimate = torch.stack([torch.stack([a, b, c]), torch.stack([b, c, a])])
    target = torch.stack([torch.stack([a, b, c])] * 2)
    value, order = permutation_invariant(l1)(estimate, target)
    assert order.tolist() == [[0, 1, 2], [1, 2, 0]]  # estimate 0 of example 1 is target 1, ...
    assert value.tolist() == [0, 0]
    for example in range(2):
        assert torch.equal(estimate[example], target[example, order[example]])


@of_any
@pytest.mark.parametrize("sources", [1, 2, 3])
def test_it_is_the_least_among_all_orders(loss, sources):
    shape = (5, sources, CHANNELS, 50)
    estimate, target = torch.randn(shape), torch.randn(shape)
    value, order = permutation_invariant(loss)(estimate, target)
    rivals = [loss(estimate, target[:, list(p)]).mean(1) for p in permutations(range(sources))]
    torch.testing.assert_close(value, torch.stack(rivals).amin(dim=0))
    chosen = torch.stack([x[o] for x, o in zip(target, order, strict=True)])
    torch.testing.assert_close(loss(estimate, chosen).mean(dim=1), value)


def test_only_the_chosen_order_is_learned_from():
    estimate, target = torch.randn(SHAPE), torch.randn(SHAPE)
    order = permutation_invariant(l2)(estimate, target)[1]
    chosen = torch.stack([x[o] for x, o in zip(target, order, strict=True)])
    _, gradient = learn(lambda e, t: permutation_invariant(l2)(e, t)[0], estimate, target)
    _, expected = learn(lambda e, t: l2(e, t).mean(dim=1), estimate, chosen)
    torch.testing.assert_close(gradient, expected)


def test_a_weighted_sum():
    estimate, target = torch.randn(SHAPE), torch.randn(SHAPE)
    both = weighted((2.0, l1), (0.5, negative_si_sdr))
    expected = 2 * l1(estimate, target) + 0.5 * negative_si_sdr(estimate, target)
    torch.testing.assert_close(both(estimate, target), expected)
    assert permutation_invariant(both)(estimate, target)[0].shape == (BATCH,)
    with pytest.raises(ValueError, match="number of parts: expected a whole number above 0"):
        weighted()


COMPARED = [l1, l2, negative_snr, negative_si_sdr, permutation_invariant(l1)]


@pytest.mark.parametrize("loss", COMPARED)
@pytest.mark.parametrize(("change", "error", "said"), [
    (lambda x: x[:, :1], ValueError, r"equal shapes, got estimate \(3, 2, 2, 400\), target \(3, 1"),
    (lambda x: x[..., :1], ValueError, r"equal shapes, .*, target \(3, 2, 2, 1\); cut or pad"),
    (lambda x: x[0, 0], ValueError, r"target: expected \(batch, source, channel, .* got shape \(2"),
    (lambda x: x.numpy(), TypeError, "target: expected a torch tensor"),
    (lambda x: x.to(torch.complex64), TypeError, "target: expected real floating-point numbers"),
], ids=["fewer sources", "one sample", "no batch", "NumPy", "complex"])  # fmt: skip
def test_nothing_is_broadcast_in_silence(loss, change, error, said):
    x = torch.randn(SHAPE)
    with pytest.raises(error, match=said):
        loss(x, change(x))


@of_waveforms
def test_a_spectrogram_is_no_waveform(loss):
    x = torch.rand(2, 2, 1, 5, 7)
    with pytest.raises(ValueError, match=r"\(batch, source, channel, sample\), got shape \(2, 2"):
        loss(x, x)


@pytest.mark.parametrize("loss", COMPARED)
def test_it_follows_its_tensors(loss):
    estimate, target = torch.randn(SHAPE), torch.randn(SHAPE)
    expected = loss(estimate, target)
    with elsewhere() as device:
        there = loss(estimate.to(device), target.to(device))
    for a, b in zip(expected, there, strict=True):
        assert b.device.type == device.type
        torch.testing.assert_close(b.cpu(), a)
    assert loss(estimate.double(), target.double())[0].dtype == torch.float64
