"""Songs of any length and rate, separated by a network.

The chapter *results* separates songs with it, ``python -m common.separate`` a file.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from common.checks import (
    check_axes,
    check_choice,
    check_finite,
    check_floating,
    check_positive,
    check_same_shape,
    is_tensor,
)
from common.data.files import convert
from common.stft import STFTConfig, istft, magnitude, stft

SHARES = ("power", "equal")


def separate(
    model: nn.Module,
    mixture: Any,
    rate: float,
    *,
    model_rate: float,
    config: STFTConfig = STFTConfig(),
    shares: str | None = "power",
    per_channel: bool = True,
    chunk: float = 30.0,
    context: float = 8.0,
    progress: bool = False,
) -> Any:
    """Separate a song.

    The song goes through the network in windows, each a chunk with a context on both sides whose
    estimates are thrown away; the chunks are joined with a short cross-fade. So the network needs
    no more memory for a long song than for a short one; only the song and its estimates grow.

    The network hears nothing above half of `model_rate`. Unless `shares` is None, what lies there
    goes to the last source, so that the estimates add up to the mixture. Little of it is voice: in
    seven songs at 44.1 kHz, heard to 11 kHz, it had 25 to 37 dB less power than all of the voice.

    Parameters
    ----------
    model : nn.Module
        Its ``mask`` turns magnitudes, (batch, channel, freq, frame), into masks, (batch, source,
        channel, freq, frame); if it has none, it turns mixtures, (batch, channel, sample), into
        estimates, (batch, source, channel, sample). In evaluation mode; it runs where its weights
        lie.
    mixture : array or tensor, (channel, sample), float32 or float64
        Mono or stereo.
    rate, model_rate : float
        Samples a second: of the song, and of the songs that the network learned from. If they
        differ, the song is resampled for the network, and the estimates back.
    config : STFTConfig
        The transform that the network learned with; windows begin on its frames.
    shares : str or None
        One of `SHARES`, for `mixture_consistency`; a network with one mask gets a second source,
        the rest of the mixture. None leaves the estimates as the masks make them.
    per_channel : bool
        Whether the network takes one channel, so that each is separated by itself.
    chunk, context : float
        Seconds. A chunk longer than the song takes it whole. The context is as long as a trained
        BLSTM of two layers needs to make the same estimates as from the whole song, but for
        -60 dB. `InstanceNorm` takes its statistics from the window: there, chunks matter.
    progress : bool
        Show a progress bar.

    Returns
    -------
    array or tensor, as the mixture is, (source, channel, sample)

    Raises
    ------
    TypeError, ValueError
        If the mixture is no sound of one or two channels, or the model cannot separate it.

    Examples
    --------
    >>> from common.data import load_clip
    >>> from common.pretrained import load_pretrained
    >>> song = load_clip("harbour-lights")
    >>> model, notes = load_pretrained("small")
    >>> estimates = separate(model, song.mixture, song.rate, model_rate=notes["rate"])
    >>> estimates.shape  # (source, channel, sample)
    (2, 1, 176400)
    """
    check_song(mixture)
    check_model(model)
    for name, value in (("rate", rate), ("model_rate", model_rate), ("chunk", chunk),
                        ("context", context)):  # fmt: skip
        check_positive(value, name)
    check_choice(shares, "shares", (*SHARES, None))
    x = mixture.detach().cpu().numpy() if is_tensor(mixture) else mixture
    heard = torch.from_numpy(_resample(x, rate, model_rate))
    chunk, context = (max(1, round(s * model_rate / config.hop)) * config.hop
                      for s in (chunk, context))  # fmt: skip
    estimate = partial(_estimate, model, config=config, per_channel=per_channel)
    parts = _by_windows(estimate, heard, config, chunk, context, progress)
    check_finite(parts, "estimates")  # a network that diverged
    if shares is not None and len(parts) > 1:
        parts = mixture_consistency(parts, heard, shares=shares)
    sources = len(parts) if shares is None else max(2, len(parts))
    estimates = np.zeros((sources, *x.shape), x.dtype)
    for i, part in enumerate(parts):
        estimates[i] = _resample(part.numpy(), model_rate, rate, x.shape[-1])
    if shares is not None:
        estimates[-1] += x - estimates.sum(axis=0)  # of one mask, all of the second source
    return torch.from_numpy(estimates).to(mixture.device) if is_tensor(mixture) else estimates


def mixture_consistency(estimates: Tensor, mixture: Tensor, *, shares: str = "power") -> Tensor:
    """Deal out to the estimates what they lack, or have too much, to add up to the mixture.

    Parameters
    ----------
    estimates : tensor, (..., source, channel, sample)
    mixture : tensor, (..., channel, sample)
    shares : str
        ``equal``, which moves the estimates as little as it can; or ``power``, in proportion to
        their mean squares. Where all of them are silent, the two are the same.

    Returns
    -------
    tensor, (..., source, channel, sample)
        Gradients pass, to the shares too.

    Raises
    ------
    TypeError, ValueError
        If the axes do not fit, or there are no such shares.

    Notes
    -----
    Wisdom, Hershey, Wilson, Thorpe, Chinen, Patton and Saurous (2019), "Differentiable consistency
    constraints for improved deep speech enhancement".
    """
    check_choice(shares, "shares", SHARES)
    check_axes(estimates, "estimates", "... source channel sample")
    check_axes(mixture, "mixture", "... channel sample", estimates)
    check_same_shape(estimate=estimates.select(-3, 0), mixture=mixture)
    share = torch.full_like(estimates[..., :1, :1], 1 / estimates.shape[-3])
    if shares == "power":
        power = estimates.square().mean(dim=(-2, -1), keepdim=True)  # (..., source, 1, 1)
        total = power.sum(dim=-3, keepdim=True)  # (..., 1, 1, 1)
        share = torch.where(total > 0, power / torch.where(total > 0, total, 1), share)
    rest = mixture.unsqueeze(-3) - estimates.sum(dim=-3, keepdim=True)
    return estimates + share * rest  # (..., source, channel, sample)


def check_song(mixture: Any) -> None:
    """Raise unless `mixture` is a song, mono or stereo, that is not empty and finite."""
    check_floating(mixture, "mixture")
    shape = tuple(mixture.shape)
    if len(shape) != 2 or shape[0] not in (1, 2) or shape[1] == 0:
        raise ValueError(
            f"mixture: expected (channel, sample) with 1 or 2 channels and some samples, got shape "
            f"{shape}; x[None] makes mono of (sample,), x.T turns (sample, channel)"
        )
    check_finite(mixture, "mixture")


def check_model(model: Any) -> None:
    """Raise unless `model` is a network in evaluation mode."""
    if not isinstance(model, nn.Module):
        raise TypeError(
            f"model: expected a network, got {type(model).__name__}; pass, for example, a "
            f"MaskInference"
        )
    if model.training:
        raise ValueError("model: expected evaluation mode, got training; call model.eval() first")


@torch.no_grad()
def _estimate(model: nn.Module, x: Tensor, config: STFTConfig, per_channel: bool) -> Tensor:
    """A mixture, (channel, sample), to estimates, (source, channel, sample)."""
    mixtures = x.to(next(model.parameters(), x))
    mixtures = mixtures.unsqueeze(1 if per_channel else 0)  # (batch, channel, sample)
    if hasattr(model, "mask"):
        X = stft(mixtures, config)  # (batch, channel, freq, frame)
        estimates = model.mask(magnitude(X)) * X.unsqueeze(1)
        estimates = istft(estimates, length=x.shape[-1], config=config)
    else:
        estimates = model(mixtures)  # (batch, source, channel, sample)
    check_axes(estimates, "estimates", "batch source channel sample", batch=len(mixtures),
               channel=mixtures.shape[1], sample=x.shape[1])  # fmt: skip
    return estimates.transpose(0, 1).flatten(1, 2).to(x)


def _by_windows(
    estimate: Callable[[Tensor], Tensor],
    x: Tensor,
    config: STFTConfig,
    chunk: int,
    context: int,
    progress: bool,
) -> Tensor:
    """Estimate a mixture, (channel, sample), window by window: (source, channel, sample).

    A window is a chunk with a context before and after, in samples. All windows begin on a frame
    of the mixture, so that their frames are the mixture's. Each fades in, around the seam between
    two chunks, over the one before, whose last context falls away.
    """
    length = x.shape[-1]
    x = nn.functional.pad(x, (0, -length % config.hop))
    window = min(chunk + 2 * context, x.shape[-1])
    last = x.shape[-1] - window
    firsts = [*range(0, last, chunk), last]
    fade = min(config.window_length, context)
    ramp = (torch.arange(2 * fade) + 0.5) / (2 * fade)
    for i, first in enumerate(tqdm(firsts, "separating", unit="chunk", disable=not progress)):
        new = estimate(x[:, first : first + window])  # (source, channel, sample)
        if i == 0:
            whole = new.new_empty(*new.shape[:-1], x.shape[-1])
        else:
            begin = i * chunk + context - fade
            new, old = new[..., begin - first :], whole[..., begin : begin + 2 * fade]
            new[..., : 2 * fade].lerp_(old, 1 - ramp)
        whole[..., first + window - new.shape[-1] : first + window] = new
    return whole[..., :length]


def _resample(x: np.ndarray, rate: float, to_rate: float, length: int | None = None) -> np.ndarray:
    """(channel, sample) as float32 at another rate, cut or filled up to `length` samples."""
    y = convert(x, rate, to_rate=to_rate, channels=len(x))
    length = length or max(1, y.shape[-1])
    return np.pad(y[:, :length], ((0, 0), (0, max(0, length - y.shape[-1]))))
