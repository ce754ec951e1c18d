"""One mixture of a second, learned by heart: how much better than the mixture the estimates get."""

import math

import torch

from common.data.mixing import Example
from common.evaluation import si_sdr
from common.stft import STFTConfig

RATE = 8000
CONFIG = STFTConfig(window_length=256, hop=64)
BINS = CONFIG.window_length // 2 + 1


def example():
    """A note with vibrato, and beats of noise."""
    time = torch.arange(RATE) / RATE
    pitch = 2 * math.pi * (220 * time + 2 * torch.sin(2 * math.pi * 5 * time))
    note = sum(torch.sin(k * pitch) / k for k in range(1, 9))
    noise = torch.randn(RATE, generator=torch.Generator().manual_seed(0))
    beats = noise * torch.exp(-20 * (time % 0.25))
    sources = torch.stack([0.1 * note, 0.2 * beats])[None, :, None]  # (1, source, 1, sample)
    return Example(sources.sum(dim=1), sources, torch.zeros(1))


def improvement(model, objective, steps, learning_rate=1e-2):
    """Train, and return SI-SDR above the mixture's, (source,), in dB."""
    it = example()
    optimizer = torch.optim.Adam(model.train().parameters(), learning_rate)
    for _ in range(steps):
        loss = objective(model, it).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return gain(objective, model)


@torch.no_grad()
def gain(objective, model):
    it = example()
    estimates = objective.separate(model.eval(), it.mixture)[0].numpy()
    sources = it.sources[0].numpy()  # (source, channel, sample)
    return si_sdr(estimates, sources) - si_sdr(it.mixture.expand(2, 1, -1).numpy(), sources)
