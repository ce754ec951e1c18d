"""Where nussl's documentation and its code differ, and where nussl and the book do: as it is.

The chapters say what stands here. Should a test fail after an upgrade, so does a chapter.
"""

import numpy as np
import pytest
import torch

from common import blocks, losses
from common.compat import nussl, nussl_axes
from common.losses import permutation_invariant

theirs, loss = nussl.ml.networks.modules, nussl.ml.train.loss


def test_its_decibels_end_at_80_though_documented_as_160():
    module = theirs.AmplitudeToDB()
    assert "Defaults to 1e-8" in " ".join(module.__doc__.split())
    levels = module(torch.tensor([0.0, 1e-8, 1e-5, 1e-3]))
    torch.testing.assert_close(levels, torch.tensor([-80.0, -80.0, -80.0, -60.0]))


def test_a_full_scale_sine_has_magnitude_one_half():
    rate, bin_ = 22050, 40
    sine = np.sin(2 * np.pi * bin_ * rate / 1024 * np.arange(rate) / rate)
    signal = nussl.AudioSignal(audio_data_array=sine, sample_rate=rate,
                               stft_params=nussl.STFTParams(1024, 256, "sqrt_hann"))  # fmt: skip
    signal.stft()
    middle = signal.magnitude_spectrogram_data[:, 40, 0]
    assert middle.argmax() == bin_ and middle.max() == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(("make", "documented", "used"), [
    (theirs.BatchNorm, "BatchNorm2d", torch.nn.BatchNorm1d),
    (theirs.InstanceNorm, "InstanceNorm2d", torch.nn.InstanceNorm1d)])
def test_its_norms_are_documented_in_two_dimensions_and_have_one(make, documented, used):
    assert documented in make.__doc__
    (norm,) = make().children()
    assert type(norm) is used and norm.num_features == 1


@pytest.mark.parametrize("name", ["BatchNorm", "InstanceNorm"])
def test_its_norms_mix_bins_where_the_book_s_refuse(name):
    x = torch.rand(2, 1, 6, 5) * torch.arange(6)[:, None]
    mixed = nussl_axes(getattr(theirs, name)(num_features=3)(nussl_axes(x)))
    of_two = mixed.reshape(2, 1, 3, 10)  # two bins share a mean and a deviation
    axes = (0, 1, 3) if name == "BatchNorm" else (1, 3)
    torch.testing.assert_close(of_two.mean(axes), torch.zeros_like(of_two.mean(axes)))
    assert mixed.mean((0, 1, 3)).abs().min() > 0.1
    with pytest.raises(ValueError, match="freq 3"):
        getattr(blocks, name)(3)(x)


def test_it_has_no_plain_recurrent_layer():
    with pytest.raises(ValueError, match=r"rnn_type must be one of \['lstm', 'gru'\]!"):
        theirs.RecurrentStack(3, 4, 1, True, 0.0, "rnn")


def ones(bias):
    return bias.eq(1).nonzero().flatten().tolist()


def test_the_forget_gate_starts_at_two_there_and_about_one_here():
    their, our = theirs.RecurrentStack(3, 4, 1, False, 0.0).rnn, blocks.RecurrentStack(3, 4).rnn
    assert ones(their.bias_ih_l0) == ones(their.bias_hh_l0) == [4, 5, 6, 7]
    assert ones(our.bias_ih_l0) == [4, 5, 6, 7] and ones(our.bias_hh_l0) == []


def test_in_a_gru_the_ones_straddle_the_reset_and_update_gates():
    module = theirs.RecurrentStack(3, 4, 1, False, 0.0, "gru").rnn
    assert ones(module.bias_ih_l0) == ones(module.bias_hh_l0) == [3, 4, 5]  # gates: 0-3, 4-7, 8-11


def embedding(activation):
    torch.manual_seed(0)
    return theirs.Embedding(7, 4, 3, activation)(torch.linspace(-2, 2, 40).reshape(2, 5, 4))


def test_the_gate_is_documented_under_a_name_that_does_nothing():
    documented = " ".join(theirs.Embedding.__doc__.split())
    assert "'relu', 'gate'." in documented and "gated_tanh" not in documented
    assert torch.equal(embedding(["gate"]), embedding([]))
    assert not torch.equal(embedding(["gated_tanh"]), embedding([]))


def test_a_gate_given_as_a_string_brings_a_tanh():
    assert torch.equal(embedding("gated_tanh"), embedding(["gated_tanh"]).tanh())


@pytest.mark.parametrize(("asked", "done"), [
    (["relu", "sigmoid"], "sigmoid"), (["softmax", "relu"], "relu"), (["relu", "tanh"], "tanh"),
    (["tanh", "sigmoid"], "sigmoid"), (["l1_norm", "unit_norm"], "unit_norm")])
def test_only_the_first_activation_of_its_own_order_is_applied(asked, done):
    assert torch.equal(embedding(asked), embedding([done]))


def test_softmax_runs_over_the_last_axis_the_sources():
    total = embedding(["softmax"]).sum(dim=-1)
    assert total.shape == (2, 5, 7, 1)  # (batch, frame, freq, channel)
    torch.testing.assert_close(total, torch.ones_like(total))


def test_its_mask_takes_another_axis_than_documented_and_detaches_the_mixture():
    assert "the mask shape will be (nb, nt, nf, ns)" in theirs.Mask.__doc__
    mixture = torch.rand(2, 5, 7, 1, requires_grad=True)
    mask = torch.rand(2, 5, 7, 1, 3, requires_grad=True)
    theirs.Mask()(mask, mixture).sum().backward()
    assert mixture.grad is None and mask.grad.any()


def test_masks_leave_their_range_in_its_mel_projection_unless_clamped():
    bands = torch.rand(2, 5, 7, 1)
    back = theirs.MelProjection(22050, 65, 7, "backward")(bands)
    assert back.min() < 0 and back.max() > 1
    clamped = theirs.MelProjection(22050, 65, 7, "backward", clamp=True)(bands)
    assert torch.equal(clamped, back.clamp(0, 1))


def test_its_trainable_mel_projection_learns_an_offset_too():
    def learned(module):
        return {name for name, weight in module.named_parameters() if weight.requires_grad}

    assert learned(theirs.MelProjection(22050, 65, 7, trainable=True)) == {
        "transform.weight", "transform.bias"}  # fmt: skip
    assert learned(blocks.MelProjection(65, 7, 22050.0, trainable=True)) == {"bands"}


def test_its_axes_are_the_book_s_turned_round():
    magnitude = torch.rand(2, 1, 7, 5)  # (batch, channel, freq, frame)
    config = nussl.ml.networks.builders.build_recurrent_mask_inference(
        7, 3, 1, True, 0.0, num_sources=2, mask_activation=["sigmoid"])  # fmt: skip
    out = nussl.ml.SeparationModel(config)({"mix_magnitude": nussl_axes(magnitude)})
    assert out["estimates"].shape == (2, 5, 7, 1, 2)
    assert nussl_axes(out["mask"]).shape == (2, 2, 1, 7, 5)


@pytest.mark.parametrize("kind", ["PermutationInvariantLoss", "CombinationInvariantLoss"])
@pytest.mark.parametrize(("element", "ours"), [("L1Loss", losses.l1), ("MSELoss", losses.l2)])
def test_its_elementwise_losses_take_another_order_for_each_number(element, ours, kind):
    assert "Takes the best permutation" in loss.PermutationInvariantLoss.__doc__
    estimate, target = torch.rand(3, 50, 2), torch.rand(3, 50, 2)  # (batch, sample, source)
    value = getattr(loss, kind)(getattr(loss, element)())(estimate, target)
    each = [x.reshape(150, 2, 1) for x in (estimate, target)]  # every sample an example
    torch.testing.assert_close(value, permutation_invariant(ours)(*each)[0].mean())
    whole = [x.transpose(1, 2)[:, :, None] for x in (estimate, target)]
    assert value < 0.95 * permutation_invariant(ours)(*whole)[0].mean()


def test_its_si_sdr_of_silence_is_nan_or_teaches_nothing():
    silence, noise = torch.zeros(1, 500, 1), torch.randn(1, 500, 1)  # (batch, sample, source)
    assert loss.SISDRLoss()(silence, silence).isnan()
    estimate = noise.clone().requires_grad_()
    value = loss.SISDRLoss()(estimate, silence)
    assert value.item() == pytest.approx(80)
    assert not torch.autograd.grad(value, estimate)[0].any()
    ours = losses.negative_si_sdr(*(x.transpose(1, 2)[:, None] for x in (estimate, silence)))
    assert torch.autograd.grad(ours.sum(), estimate)[0].any()


def test_its_chunks_add_up_to_twice_the_sequence_and_leave_out_an_end_that_fills_none():
    path = theirs.DualPath(0, 4, 2, 3, 3)  # no layers: chunks, and their overlap-add
    for layer in (path.bottleneck, path.inv_bottleneck):
        layer.weight.data, layer.bias.data = torch.eye(3), torch.zeros(3)
    path.prelu.weight.data.fill_(1.0)
    x = torch.randn(2, 9, 3, 1)  # (batch, frame, feature, channel)
    times = torch.tensor([1.0, 1, 2, 2, 2, 2, 1, 1, 0])[:, None, None]
    y = path.bottleneck_norm(x.transpose(1, 2)).transpose(1, 2)
    torch.testing.assert_close(path(x), times * y)
    sequence = x[..., 0].transpose(1, 2)  # (batch, feature, frame)
    assert torch.equal(blocks.from_chunks(blocks.to_chunks(sequence, 4), 9), sequence)
