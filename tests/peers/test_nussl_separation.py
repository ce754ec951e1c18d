"""A network of the book in nussl's DeepMaskEstimation separates as `common.separation` does.

What it takes: the network in nussl's axes, registered under a name of its own; its reference in
nussl's magnitudes, where a full-scale sine has 0.5; and metadata that say how the magnitudes are
made, beside the config, in the file.
"""

import numpy as np
import pytest
import torch
from torch import nn

from common.architectures import MaskInference
from common.compat import nussl, nussl_axes
from common.separation import separate
from common.stft import STFTConfig

RATE, STFT = 22050, STFTConfig()


class InNusslAxes(nn.Module):
    def __init__(self, **settings):
        super().__init__()
        self.net = MaskInference(reference=0.5, **settings)

    def forward(self, magnitude):  # (batch, frame, freq, channel)
        return {"mask": nussl_axes(self.net.mask(nussl_axes(magnitude)))}


def nussl_file(path, network, settings):
    """Write the network as a file for nussl's separation classes."""
    nussl.ml.register_module(InNusslAxes)
    model = nussl.ml.SeparationModel({
        "name": "BookMaskInference",
        "modules": {"mix_magnitude": {}, "net": {"class": "InNusslAxes", "args": settings},
                    "mask": {"class": "Alias"}},
        "connections": [["net", ["mix_magnitude"]], ["mask", ["net:mask"]]],
        "output": ["mask"],
    })  # fmt: skip
    model.layers["net"].net.load_state_dict(network.state_dict())
    transforms = nussl.datasets.transforms
    made = transforms.Compose(
        [transforms.MagnitudeSpectrumApproximation(), transforms.ToSeparationModel()])  # fmt: skip
    model.save(str(path), {
        "sample_rate": RATE, "num_channels": settings["channels"],
        "stft_params": nussl.STFTParams(STFT.window_length, STFT.hop, STFT.window),
        "train_dataset": {"transforms": made},
    })  # fmt: skip


@pytest.mark.parametrize(("channels", "settings"), [
    (1, {}), (2, {}), (2, {"channels": 2}), (2, {"sources": 1})], ids=str)  # fmt: skip
@pytest.mark.parametrize("length", [RATE, RATE + 77])
def test_both_separate_alike(tmp_path, channels, settings, length):
    settings = {"channels": 1, "hidden": 16, **settings}
    network = MaskInference(reference=STFT.full_scale, **settings)
    network(300 * torch.rand(1, settings["channels"], 513, 9) ** 8)  # moves its statistics
    nussl_file(tmp_path / "model.pth", network, settings)

    x = np.random.default_rng(0).normal(0, 0.1, (channels, length)).astype(np.float32)
    signal = nussl.AudioSignal(audio_data_array=x, sample_rate=RATE)
    path = str(tmp_path / "model.pth")
    theirs = nussl.separation.deep.DeepMaskEstimation(signal, path, mask_type="soft")()
    ours = separate(network.eval(), x, RATE, model_rate=RATE, shares=None,
                    per_channel=settings["channels"] == 1)  # fmt: skip
    theirs = np.stack([estimate.audio_data for estimate in theirs])
    assert theirs.shape == ours.shape
    assert np.abs(theirs - ours).max() < 1e-6 * np.abs(x).max()
