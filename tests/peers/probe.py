"""What the peers' names are, take and give: answers in JSON to questions in JSON, one process.

Run by conftest.py, with the peers' folder on the path.
"""

import importlib
import json
import sys
from types import ModuleType

for name in ("", ".transforms", ".functional", ".compliance", ".compliance.kaldi"):
    sys.modules["torchaudio" + name] = ModuleType("torchaudio" + name)  # imported, never used here

import torch  # noqa: E402
from asteroid.dsp.consistency import mixture_consistency as consistent  # noqa: E402
from asteroid.masknn.norms import FeatsGlobLN, GlobLN  # noqa: E402
from asteroid.masknn.recurrent import LSTMMasker  # noqa: E402
from asteroid_filterbanks.transforms import apply_real_mask  # noqa: E402
from openunmix.model import OpenUnmix  # noqa: E402

from common.blocks import InstanceNorm  # noqa: E402
from common.compat import nussl  # noqa: E402
from common.separation import mixture_consistency  # noqa: E402
from tests.peers import open_unmix as same  # noqa: E402
from tests.peers.sizes import BINS, CHANNELS, FEATURES, HIDDEN, MELS, SOURCES  # noqa: E402

RATE = 22050
# What each is made of, where that is not nothing.
ARGUMENTS = {
    "batch norm": dict.fromkeys(["Here", "nussl", "Asteroid", "torch"], (BINS,)),
    "instance norm": dict.fromkeys(["Here", "nussl", "Asteroid", "torch"], (BINS,)),
    "scale and shift": {"Here": (BINS,)},
    "mel projection": {"Here": (BINS, MELS, RATE), "nussl": (RATE, BINS, MELS),
                       "Asteroid": (2 * (BINS - 1), RATE, MELS)},
    "recurrent stack": {"Here": (FEATURES, HIDDEN), "nussl": (FEATURES, HIDDEN, 1, True, 0.0),
                        "Asteroid": ("LSTM", FEATURES, HIDDEN), "torch": (FEATURES, HIDDEN)},
    "mask head": {"Here": (HIDDEN, BINS, SOURCES, CHANNELS), "torch": (HIDDEN, BINS),
                  "nussl": (BINS, HIDDEN, SOURCES, ["sigmoid"], CHANNELS)},
    "whole network": {"Here": (BINS, SOURCES, CHANNELS), "Asteroid": (BINS, SOURCES)},
}  # fmt: skip


def separation_model():
    config = nussl.ml.networks.builders.build_recurrent_mask_inference(
        BINS, HIDDEN, 1, True, 0.0, SOURCES, ["sigmoid"], CHANNELS)  # fmt: skip
    # It counts the inputs of one channel only: test_nussl_networks.py.
    config["modules"]["recurrent_stack"]["args"]["num_features"] = BINS * CHANNELS
    model = nussl.ml.SeparationModel(config).eval()
    return lambda x: model({"mix_magnitude": x})["estimates"]


def made(found, row, column):
    """What to call, of what a name in the table stands for."""
    if not isinstance(found, type):
        return found
    if found is nussl.ml.SeparationModel:
        return separation_model()
    return found(*ARGUMENTS.get(row, {}).get(column, ())).eval()


def call(row, column, name, modules, shapes, batch_in, batch_out):
    """Call a name of the table on tensors of these shapes; `batch_…` is the place of that axis.

    Returns the shape that it gives, and whether the examples of a batch do not touch each other.
    """
    places = [place for place in map(importlib.import_module, modules) if hasattr(place, name)]
    run = made(getattr(places[0], name), row, column)
    inputs = list(map(torch.rand, shapes))
    changed = inputs[0].clone()
    changed.select(batch_in, 0).square_()
    one, other = (run(x, *inputs[1:]) for x in (inputs[0], changed))
    if isinstance(one, tuple):  # with the last state of a recurrent layer
        one, other = one[0], other[0]
    same = [torch.equal(one.select(batch_out, n), other.select(batch_out, n)) for n in (0, 1)]
    return list(one.shape), same == [False, True]


def tried(*question):
    try:
        return call(*question)
    except Exception as error:  # of one name; the others shall still be tried
        return f"{type(error).__name__}: {error}", False


def names(modules):
    return [name for module in modules for name in dir(importlib.import_module(module))]


def facts():
    torch.manual_seed(0)
    x = torch.rand(2, 31, 7)  # (batch, freq, frame)
    norm, masker = FeatsGlobLN(31), LSTMMasker(31, 3, rnn_type="gru").eval()
    norm.gamma.data.uniform_(), norm.beta.data.uniform_()
    ours = InstanceNorm(31)(x[:, None])[:, 0] * norm.gamma[:, None] + norm.beta[:, None]
    masks, louder = masker(x), masker(9 * x)
    open_unmix = OpenUnmix(nb_bins=31, nb_channels=2, hidden_size=10).eval()
    scaled = {name for name, weight in open_unmix.named_parameters() if weight.shape == (31,)}
    learned = torch.nn.LSTM(7, 5, batch_first=True)(x)[0]
    return {
        "FeatsGlobLN: an instance norm of each bin, with gain and offset":
            torch.allclose(norm(x, EPS=1e-5), ours, atol=1e-5),
        "LSTMMasker: masks, no estimates": bool(((masks > 0) & (masks < 1)).all()),
        "LSTMMasker: no levels, a norm over the whole example":
            torch.allclose(masks, louder, atol=1e-5) and isinstance(masker.bn_layer, GlobLN),
        "LSTMMasker: an LSTM, whatever rnn_type says": masker.masker[0].rnn_type == "LSTM",
        "apply_real_mask: multiplies what broadcasts":
            torch.equal(apply_real_mask(x, x[:1, :, :1]), x * x[:1, :, :1]),
        "mixture_consistency: shares by power, as here":
            torch.allclose(consistent(x[:, :1], x[:, :4, None]), mixture_consistency(
                x[:, :4, None], x[:, :1]), atol=1e-5),
        "OpenUnmix: the book's axes, one source":
            open_unmix(torch.rand(3, 2, 31, 7)).shape == (3, 2, 31, 7),
        "OpenUnmix: learns a shift and a scale of each bin":
            scaled == {"input_mean", "input_scale", "output_mean", "output_scale"},
        "OpenUnmix: computes what the book's does": same.is_same(OpenUnmix),
        "LSTM: batch first, if it is made so": learned.shape == (2, 31, 5),
    }  # fmt: skip


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    with torch.no_grad():
        calls = [tried(*question) for question in asked["calls"]]
    there = {column: names(modules) for column, modules in asked["modules"].items()}
    print(json.dumps({"calls": calls, "names": there, "facts": facts()}))
