"""Each block gives and learns what nussl's gives and learns, to 1e-5."""

import pytest
import torch
from torch import nn

from common import blocks
from common.compat import nussl
from tests.peers.parity import close, compare

theirs = nussl.ml.networks.modules
BATCH, CHANNELS, BINS, FRAMES, FEATURES, HIDDEN, SOURCES = 3, 2, 31, 11, 13, 5, 2

both_ways = pytest.mark.parametrize("bidirectional", [True, False])
features = pytest.mark.parametrize("features", [1, BINS])
mono_and_stereo = pytest.mark.parametrize("channels", [1, CHANNELS])


def spectrogram(channels=CHANNELS, bins=BINS):
    return torch.rand(BATCH, channels, bins, FRAMES, requires_grad=True)


def sequence(features=FEATURES):
    return torch.randn(BATCH, FRAMES, features, requires_grad=True)


@mono_and_stereo
@pytest.mark.parametrize("level", [1e-3, 1.0, 300.0])
def test_amplitude_to_db(level, channels):
    x = (level * spectrogram(channels) - level / 4).clamp(min=0)
    compare(blocks.AmplitudeToDB(), theirs.AmplitudeToDB(), x.detach().requires_grad_())


@mono_and_stereo
@features
@pytest.mark.parametrize("training", [True, False])
def test_batch_norm(features, training, channels):
    ours, other = blocks.BatchNorm(features), theirs.BatchNorm(features)
    ours(10 * spectrogram(channels))  # running statistics that are no longer 0 and 1
    compare(ours.train(training), other.train(training), spectrogram(channels))


@mono_and_stereo
@features
def test_instance_norm(features, channels):
    compare(blocks.InstanceNorm(features), theirs.InstanceNorm(features), spectrogram(channels))


@mono_and_stereo
def test_scale_and_shift(channels):
    compare(blocks.ScaleAndShift(), theirs.ShiftAndScale(), spectrogram(channels))


@both_ways
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_recurrent_stack(kind, layers, bidirectional):
    ours = blocks.RecurrentStack(FEATURES, HIDDEN, layers, kind, bidirectional)
    other = theirs.RecurrentStack(FEATURES, HIDDEN, layers, bidirectional, 0.0, kind)
    compare(ours, other, sequence())


@both_ways
@pytest.mark.parametrize("layers", [1, 3])
def test_the_plain_recurrent_stack_that_nussl_lacks(layers, bidirectional):
    ours = blocks.RecurrentStack(FEATURES, HIDDEN, layers, "rnn", bidirectional)
    layer = nn.RNN(FEATURES, HIDDEN, layers, batch_first=True, bidirectional=bidirectional)
    compare(ours, nn.ModuleDict({"rnn": layer}), sequence(), call=lambda x: layer(x)[0])


@mono_and_stereo
@pytest.mark.parametrize(("activation", "in_nussl"), [
    ("none", []), ("sigmoid", None), ("tanh", None), ("relu", None), ("softmax", None),
    ("unit_norm", None), ("l1_norm", None), ("sigmoid", ["sigmoid"]),
    (["gated_tanh"], None), (["gated_tanh", "sigmoid"], None), (["sigmoid", "unit_norm"], None),
    (["relu", "l1_norm"], None), (["gated_tanh", "softmax", "unit_norm"], None),
], ids=str)  # fmt: skip
def test_embedding(activation, in_nussl, channels):
    ours = blocks.Embedding(FEATURES, BINS, SOURCES, channels, activation)
    in_nussl = activation if in_nussl is None else in_nussl
    other = theirs.Embedding(BINS, FEATURES, SOURCES, in_nussl, num_audio_channels=channels)
    compare(ours, other, sequence())


@pytest.mark.parametrize("trainable", [True, False])
@pytest.mark.parametrize(("direction", "in_nussl"), [
    ("forward", "forward"), ("pseudo-inverse", "backward")])  # fmt: skip
def test_mel_projection(direction, in_nussl, trainable):
    ours = blocks.MelProjection(BINS, 7, 22050.0, direction, trainable)
    other = theirs.MelProjection(22050, BINS, 7, in_nussl, trainable=trainable)
    close(ours.bands, other.transform.weight)
    x = spectrogram(bins=ours.bands.shape[1])
    masks = torch.rand(BATCH, SOURCES, *x.shape[1:], requires_grad=True)
    for representation in (x, masks):
        compare(ours, other, representation, only_theirs=["transform.bias"])


@mono_and_stereo
def test_apply_mask(channels):
    mixture = spectrogram(channels)
    mask = torch.rand(BATCH, SOURCES, *mixture.shape[1:], requires_grad=True)
    compare(blocks.ApplyMask(), theirs.Mask(), mask, mixture.detach())


def test_dual_path_block():
    paths = [theirs.RecurrentStack(FEATURES, HIDDEN, 1, True, 0.0, "lstm") for _ in range(2)]
    other = theirs.DualPathBlock(FEATURES, 2 * HIDDEN, *paths)
    x = torch.randn(BATCH, FEATURES, 4, FRAMES, requires_grad=True)
    compare(blocks.DualPathBlock(FEATURES, HIDDEN), other, x,
            call=lambda y: other(y.transpose(1, 2)).transpose(1, 2))  # fmt: skip
