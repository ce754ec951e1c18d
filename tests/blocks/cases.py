"""Every public block and architecture, made small, with what it takes and what it gives."""

from types import SimpleNamespace

import torch

from common.architectures import MaskInference, SkipMaskInference
from common.blocks import (
    AmplitudeToDB,
    ApplyMask,
    BatchNorm,
    Embedding,
    GatedTanh,
    InstanceNorm,
    MelProjection,
    RecurrentStack,
    ScaleAndShift,
)

SPECTROGRAM = "batch channel freq frame"
SOURCES = "batch source channel freq frame"
MEL = "batch channel mel frame"
SEQUENCE = "batch frame feature"
HIDDEN = "batch frame hidden"

FIXED = {"mel": 7, "feature": 13, "hidden": 6}
SIZES = {  # primes, and 1 wherever it could matter
    "mono": {"batch": 3, "source": 2, "channel": 1, "freq": 31, "frame": 11},
    "stereo": {"batch": 2, "source": 3, "channel": 2, "freq": 37, "frame": 5},
    "one frame": {"batch": 3, "source": 2, "channel": 2, "freq": 31, "frame": 1},
    "one bin": {"batch": 2, "source": 1, "channel": 1, "freq": 1, "frame": 11},
}

# The module for sizes `s`, the axes that it takes, the axes that it gives.
CASES = {
    "ApplyMask": (lambda s: ApplyMask(), [SOURCES, SPECTROGRAM], SOURCES),
    "AmplitudeToDB": (lambda s: AmplitudeToDB(2.0, -60.0), [SPECTROGRAM], SPECTROGRAM),
    "BatchNorm": (lambda s: BatchNorm(), [SPECTROGRAM], SPECTROGRAM),
    "BatchNorm of bins": (lambda s: BatchNorm(s.freq), [SPECTROGRAM], SPECTROGRAM),
    "InstanceNorm": (lambda s: InstanceNorm(), [SPECTROGRAM], SPECTROGRAM),
    "InstanceNorm of bins": (lambda s: InstanceNorm(s.freq), [SPECTROGRAM], SPECTROGRAM),
    "ScaleAndShift": (lambda s: ScaleAndShift(), [SPECTROGRAM], SPECTROGRAM),
    "ScaleAndShift of bins": (lambda s: ScaleAndShift(s.freq), [SPECTROGRAM], SPECTROGRAM),
    "MelProjection": (
        lambda s: MelProjection(s.freq, s.mel, 22050.0, trainable=True), [SPECTROGRAM], MEL),
    "MelProjection back": (
        lambda s: MelProjection(s.freq, s.mel, 22050.0, "transpose"), [MEL], SPECTROGRAM),
    "MelProjection inverse": (
        lambda s: MelProjection(s.freq, s.mel, 22050.0, "pseudo-inverse"), [MEL], SPECTROGRAM),
    "GatedTanh": (lambda s: GatedTanh(s.feature), [SEQUENCE], SEQUENCE),
    "RecurrentStack rnn": (lambda s: RecurrentStack(s.feature, 3, 1, "rnn"), [SEQUENCE], HIDDEN),
    "RecurrentStack gru": (
        lambda s: RecurrentStack(s.feature, 6, 2, "gru", bidirectional=False), [SEQUENCE], HIDDEN),
    "RecurrentStack lstm": (
        lambda s: RecurrentStack(s.feature, 3, 2, dropout=0.5), [SEQUENCE], HIDDEN),
    "Embedding": (lambda s: Embedding(s.hidden, s.freq, s.source, s.channel), [HIDDEN], SOURCES),
    "Embedding gated": (
        lambda s: Embedding(s.hidden, s.freq, s.source, s.channel, ["gated_tanh", "softmax"]),
        [HIDDEN], SOURCES),
    "MaskInference": (
        lambda s: MaskInference(s.freq, s.source, s.channel, 3), [SPECTROGRAM], SOURCES),
    "SkipMaskInference": (
        lambda s: SkipMaskInference(s.freq, s.source, s.channel, 5, 3), [SPECTROGRAM], SOURCES),
    "MaskInference otherwise": (
        lambda s: MaskInference(s.freq, s.source, s.channel, 3, 1, "gru", bidirectional=False,
                                normalization="instance", per_bin=True, activation="softmax"),
        [SPECTROGRAM], SOURCES),
}  # fmt: skip


def fits(name, sizes):
    return sizes != "one bin" or not name.startswith("MelProjection")  # a band takes two bins


EVERYWHERE = [(name, sizes) for name in CASES for sizes in SIZES if fits(name, sizes)]


def shape(axes, sizes):
    sizes = {**SIZES[sizes], **FIXED}
    return tuple(sizes[axis] for axis in axes.split())


def made(name, sizes="stereo", seed=0):
    """The module, its inputs, and the shape that it should give."""
    make, takes, gives = CASES[name]
    torch.manual_seed(seed)
    module = make(SimpleNamespace(**SIZES[sizes], **FIXED))
    inputs = [torch.rand(shape(axes, sizes)) for axes in takes]
    return module, inputs, shape(gives, sizes)
