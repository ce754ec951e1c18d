"""Our networks beside Asteroid's with the same weights: JSON of how far apart they are.

Run by test_asteroid_networks.py, with the peers' folder on the path.
"""

import json
import sys
from types import ModuleType

for name in ("", ".transforms", ".functional", ".compliance", ".compliance.kaldi"):
    sys.modules["torchaudio" + name] = ModuleType("torchaudio" + name)  # imported, never used here

import torch  # noqa: E402
from asteroid.masknn.norms import GlobLN  # noqa: E402
from asteroid.masknn.recurrent import DPRNNBlock  # noqa: E402
from asteroid.models import ConvTasNet as TheirConvTasNet  # noqa: E402
from asteroid_filterbanks import Decoder, Encoder, FreeFB  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from common.architectures import ConvTasNet  # noqa: E402
from common.blocks import DualPathBlock, GlobalNorm, LearnedDecoder, LearnedEncoder  # noqa: E402

FILTERS, LENGTH, HOP, FEATURES, HIDDEN, LAYERS, REPEATS, SOURCES = 13, 8, 4, 5, 7, 3, 2, 3
OVERLAP = LENGTH - HOP  # samples that our filters begin early, and end late


def padded(x):
    """What the book's encoder puts around a sound whose samples fill whole hops."""
    return F.pad(x, (OVERLAP, OVERLAP))


def apart(ours, theirs):
    """The greatest difference, as a share of the greatest number."""
    assert ours.shape == theirs.shape and bool(theirs.any())
    return ((ours - theirs).abs().max() / theirs.abs().max()).item()


def give(ours, theirs, name_of, turn=lambda name, value: value):
    """Draw our weights, and give theirs the same, under the names that they have there."""
    for weight in ours.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    state = theirs.state_dict()
    for name, value in ours.state_dict().items():
        there = name_of(name)
        state[there] = turn(name, value).reshape(state[there].shape)
    theirs.load_state_dict(state)


def compare(ours, theirs, name_of, inputs, call=None, turn=lambda name, value: value):
    """How far outputs are apart, and gradients, of the input and of each of our weights."""
    give(ours, theirs, name_of, turn)
    here, there = (inputs.clone().requires_grad_() for _ in range(2))
    y, z = ours(here), (call or theirs)(there)
    probe = torch.linspace(-1, 2, y.numel()).reshape(y.shape)
    (y * probe).sum().backward(), (z * probe).sum().backward()
    weights = dict(theirs.named_parameters())
    gradients = [apart(turn(name, weight.grad).flatten(), weights[name_of(name)].grad.flatten())
                 for name, weight in ours.named_parameters()]  # fmt: skip
    return max(apart(y, z), apart(here.grad, there.grad), *gradients)


def encoder():
    ours = LearnedEncoder(FILTERS, LENGTH, HOP, "none")
    theirs = Encoder(FreeFB(FILTERS, LENGTH, HOP))
    return compare(ours, theirs, lambda name: "filterbank._filters", torch.randn(2, 2, 60),
                   call=lambda x: theirs(padded(x)))  # fmt: skip


def decoder():
    ours, theirs = LearnedDecoder(FILTERS, LENGTH, HOP), Decoder(FreeFB(FILTERS, LENGTH, HOP))
    return compare(ours, theirs, lambda name: "filterbank._filters",
                   torch.randn(2, SOURCES, 2, FILTERS, 16),
                   call=lambda y: theirs(y)[..., OVERLAP:-OVERLAP])  # fmt: skip


def norm(*rows):
    return compare(GlobalNorm(FEATURES), GlobLN(FEATURES),
                   {"norm.weight": "gamma", "norm.bias": "beta"}.get,
                   3 + torch.randn(2, FEATURES, *rows, 11))  # fmt: skip


def block_name(name):
    """Of a convolution or a norm in a block."""
    for ours, theirs in {"widen.": "shared_block.", "look.0": "shared_block.3",
                         "look.1": "shared_block.4", "look.2": "shared_block.5",
                         "residual": "res_conv", "skip": "skip_conv",
                         ".norm.weight": ".gamma", ".norm.bias": ".beta"}.items():  # fmt: skip
        name = name.replace(ours, theirs)
    return name


def conv_tasnet_name(name):
    for ours, theirs in {"encode.filters.weight": "encoder.filterbank._filters",
                         "decode.filters.weight": "decoder.filterbank._filters",
                         "normalize.norm.weight": "masker.bottleneck.0.gamma",
                         "normalize.norm.bias": "masker.bottleneck.0.beta",
                         "bottleneck.": "masker.bottleneck.1.", "rectify": "masker.mask_net.0",
                         "embed.linear": "masker.mask_net.1"}.items():  # fmt: skip
        if name.startswith(ours):
            return theirs + name.removeprefix(ours)
    return block_name(name.replace("convolve.blocks", "masker.TCN"))


def sources_first(name, value):
    """The layer of the masks: here it counts the sources of each filter, there the other way."""
    if not name.startswith("embed"):
        return value
    return value.reshape(FILTERS, SOURCES, -1).transpose(0, 1)


def conv_tasnet(activation):
    ours = ConvTasNet(SOURCES, 1, FILTERS, LENGTH, HOP, FEATURES, HIDDEN, LAYERS, REPEATS,
                      activation=activation)  # fmt: skip
    theirs = TheirConvTasNet(
        SOURCES, n_filters=FILTERS, kernel_size=LENGTH, stride=HOP, n_blocks=LAYERS,
        n_repeats=REPEATS, bn_chan=FEATURES, hid_chan=HIDDEN, skip_chan=FEATURES,
        mask_act=activation, encoder_activation="relu", sample_rate=22050)  # fmt: skip
    return compare(ours, theirs, conv_tasnet_name, torch.randn(2, 1, 60),
                   call=lambda x: theirs(padded(x))[..., OVERLAP:-OVERLAP].unsqueeze(2),
                   turn=sources_first)  # fmt: skip


def dual_path_name(name):
    for ours, theirs in {"along.": "intra.", "across.": "inter.", ".recurrent": "_RNN",
                         ".linear": "_linear", ".normalize.norm.weight": "_norm.gamma",
                         ".normalize.norm.bias": "_norm.beta"}.items():  # fmt: skip
        name = name.replace(ours, theirs)
    return name.replace("intra._", "intra_").replace("inter._", "inter_")


def dual_path_block():
    ours, theirs = DualPathBlock(FEATURES, HIDDEN), DPRNNBlock(FEATURES, HIDDEN)
    return compare(ours, theirs, dual_path_name, torch.randn(2, FEATURES, 4, 6),
                   call=lambda x: theirs(x.transpose(2, 3)).transpose(2, 3))  # fmt: skip


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)  # what differs is then no rounding
    print(json.dumps({
        "learned encoder, two channels": encoder(),
        "learned decoder, three sources of two channels": decoder(),
        "global norm": norm(),
        "global norm of rows": norm(4),
        "Conv-TasNet, sigmoid": conv_tasnet("sigmoid"),
        "Conv-TasNet, softmax": conv_tasnet("softmax"),
        "Conv-TasNet, relu": conv_tasnet("relu"),
        "dual-path block": dual_path_block(),
    }))  # fmt: skip
