"""Every public block and architecture, made small, with what it takes and what it gives."""

from types import SimpleNamespace

import torch
from torch import nn

from common.architectures import (
    BandSplit,
    Chimera,
    ConvTasNet,
    DeepClustering,
    DualPath,
    MaskInference,
    OpenUnmix,
    SkipMaskInference,
    TasNet,
    UNet,
)
from common.blocks import (
    AmplitudeToDB,
    ApplyMask,
    BandDecoder,
    BandEncoder,
    BatchNorm,
    DecoderStage,
    DilatedBlock,
    DilatedStack,
    DualPathBlock,
    Embedding,
    EncoderStage,
    GatedTanh,
    GlobalNorm,
    InstanceNorm,
    LearnedDecoder,
    LearnedEncoder,
    MelProjection,
    NormalizedLinear,
    RecurrentStack,
    ResidualRNN,
    ScaleAndShift,
)

SPECTROGRAM = "batch channel freq frame"
SOURCES = "batch source channel freq frame"
MEL = "batch channel mel frame"
SEQUENCE = "batch frame feature"
HIDDEN = "batch frame hidden"
POINTS = "batch size channel freq frame"
MAPS = "batch map freq frame"
SMALLER = "batch hidden half-freq half-frame"
FEATURES = "batch feature frame"
ROWS = "batch feature row frame"
BANDS = "batch feature band frame"
AUDIO = "batch channel sample"
ESTIMATES = "batch source channel sample"

FIXED = {"mel": 7, "feature": 13, "hidden": 6, "size": 5, "map": 3, "row": 3, "filter": 5,
         "both": 26}  # fmt: skip
SIZES = {  # primes, and 1 wherever it could matter; hops are 4 samples
    "mono": {"batch": 3, "source": 2, "channel": 1, "freq": 31, "frame": 11,
             "sample": 97, "hop": 26, "whole": 100, "band": 2},
    "stereo": {"batch": 2, "source": 3, "channel": 2, "freq": 37, "frame": 5,
               "sample": 61, "hop": 17, "whole": 64, "band": 2},
    "one frame": {"batch": 3, "source": 2, "channel": 2, "freq": 31, "frame": 1,
                  "sample": 1, "hop": 2, "whole": 4, "band": 2},
    "one bin": {"batch": 2, "source": 1, "channel": 1, "freq": 1, "frame": 11,
                "sample": 37, "hop": 11, "whole": 40, "band": 1},
}


class Through(nn.Module):
    """A module, called in another way than by its inputs alone."""

    def __init__(self, module, call):
        super().__init__()
        self.module, self.call = module, call

    def forward(self, *inputs):
        return self.call(self.module, *inputs)


def both_heads(chimera, x):
    """Two sources that depend on all that it learns."""
    embedding, mask = chimera.heads(x)
    return mask * embedding.sum(dim=1, keepdim=True)


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
    "NormalizedLinear": (lambda s: NormalizedLinear(s.feature, s.hidden), [SEQUENCE], HIDDEN),
    "EncoderStage": (lambda s: EncoderStage(s.map, s.hidden), [MAPS], SMALLER),
    "DecoderStage": (
        lambda s: Through(DecoderStage(s.hidden, s.map), lambda m, x: m(x, (s.freq, s.frame))),
        [SMALLER], MAPS),
    "DeepClustering": (
        lambda s: DeepClustering(s.freq, s.source, s.channel, s.size, 3), [SPECTROGRAM], POINTS),
    "Chimera": (
        lambda s: Through(Chimera(s.freq, s.source, s.channel, s.size, 3,
                                  embedding_activation="none"), both_heads),
        [SPECTROGRAM], SOURCES),
    "OpenUnmix": (
        lambda s: OpenUnmix(s.freq, s.source, s.channel, 6, dropout=0.0), [SPECTROGRAM], SOURCES),
    "OpenUnmix one way": (
        lambda s: OpenUnmix(s.freq, s.source, s.channel, 6, 1, False, 0.0),
        [SPECTROGRAM], SOURCES),
    "UNet": (
        lambda s: UNet(s.source, s.channel, 3, 3, dropout=0.0), [SPECTROGRAM], SOURCES),
    "UNet of one stage": (
        lambda s: UNet(s.source, s.channel, 3, 1), [SPECTROGRAM], SOURCES),
    "LearnedEncoder": (
        lambda s: LearnedEncoder(s.filter, 8, 4, "none"), [AUDIO], "batch channel filter hop"),
    "LearnedDecoder": (lambda s: LearnedDecoder(s.filter, 8, 4),
                       ["batch source channel filter hop"], "batch source channel whole"),
    "GlobalNorm": (lambda s: GlobalNorm(s.feature), [FEATURES], FEATURES),
    "GlobalNorm of rows": (lambda s: GlobalNorm(s.feature), [ROWS], ROWS),
    "DilatedBlock": (
        lambda s: SideBySide(DilatedBlock(s.feature, 7, 5, 2)), [FEATURES], "batch both frame"),
    "DilatedStack": (lambda s: DilatedStack(s.feature, 7, 2, 2), [FEATURES], FEATURES),
    "ResidualRNN": (lambda s: ResidualRNN(s.feature, 3), [ROWS], ROWS),
    "ResidualRNN norm first": (lambda s: ResidualRNN(s.feature, 3, True), [ROWS], ROWS),
    "DualPathBlock": (lambda s: DualPathBlock(s.feature, 3), [ROWS], ROWS),
    "BandEncoder": (
        lambda s: BandEncoder(widths(s.freq), s.channel, s.feature), [SPECTROGRAM], BANDS),
    "BandDecoder": (
        lambda s: BandDecoder(widths(s.freq), s.channel, s.feature, 3), [BANDS], SPECTROGRAM),
    "TasNet": (lambda s: TasNet(s.source, s.channel, s.filter, 8, 4, 3), [AUDIO], ESTIMATES),
    "ConvTasNet": (lambda s: ConvTasNet(s.source, s.channel, s.filter, 8, 4, 7, 7, 2, 2),
                   [AUDIO], ESTIMATES),
    "DualPath": (lambda s: DualPath(s.source, s.channel, s.filter, 8, 4, 7, 6, 3, 2),
                 [AUDIO], ESTIMATES),
    "BandSplit": (lambda s: BandSplit(s.source, s.channel, 16, 4, (2, 3, 4), 7, 3, 2),
                  [AUDIO], ESTIMATES),
    "MaskInference": (
        lambda s: MaskInference(s.freq, s.source, s.channel, 3), [SPECTROGRAM], SOURCES),
    "SkipMaskInference": (
        lambda s: SkipMaskInference(s.freq, s.source, s.channel, 5, 3), [SPECTROGRAM], SOURCES),
    "MaskInference otherwise": (
        lambda s: MaskInference(s.freq, s.source, s.channel, 3, 1, "gru", bidirectional=False,
                                normalization="instance", per_bin=True, activation="softmax"),
        [SPECTROGRAM], SOURCES),
}  # fmt: skip


class SideBySide(nn.Module):
    """The two outputs of a block as one."""

    def __init__(self, block):
        super().__init__()
        self.block = block

    def forward(self, x):
        return torch.cat(self.block(x), dim=1)


def widths(freq):
    return [1, freq - 1] if freq > 1 else [1]


def fits(name, sizes):
    return sizes != "one bin" or not name.startswith("MelProjection")  # a band takes two bins


EVERYWHERE = [(name, sizes) for name in CASES for sizes in SIZES if fits(name, sizes)]


def shape(axes, sizes):
    sizes = {**SIZES[sizes], **FIXED}
    sizes |= {f"half-{axis}": -(-sizes[axis] // 2) for axis in ("freq", "frame")}
    return tuple(sizes[axis] for axis in axes.split())


def made(name, sizes="stereo", seed=0):
    """The module, its inputs, and the shape that it should give."""
    make, takes, gives = CASES[name]
    torch.manual_seed(seed)
    module = make(SimpleNamespace(**SIZES[sizes], **FIXED))
    inputs = [torch.rand(shape(axes, sizes)) for axes in takes]
    return module, inputs, shape(gives, sizes)
