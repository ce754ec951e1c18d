"""What training makes small. The chapter *losses* builds it.

Each loss compares estimates with their targets, two tensors of one shape (batch, source, channel,
...), and returns (batch, source): the mean over all further axes. Which loss of the literature it
is depends on what is compared:

* mask approximation, two masks: ``l1(mask, ideal_ratio_mask(S, N))``;
* magnitude approximation, also called signal approximation, the masked mixture with
  ``target_magnitude(S, X, "magnitude")``, and phase-sensitive approximation, with another kind;
* two waveforms: `l1`, `l2`, `negative_snr` and `negative_si_sdr`.

`deep_clustering` compares embeddings with `loudest_source` and returns one number for each example,
(batch,); the chapter *deep-clustering* builds these two.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import torch
from torch import Tensor

from common.checks import check_axes, check_choice, check_complex, check_count, check_same_shape
from common.masks import audible, ideal_binary_mask, phase_sensitive_mask

__all__ = [
    "deep_clustering",
    "l1",
    "l2",
    "loudest_source",
    "negative_si_sdr",
    "negative_snr",
    "permutation_invariant",
    "target_magnitude",
    "weighted",
]

Loss = Callable[[Tensor, Tensor], Tensor]

FLOOR = 1e-10  # mean power: -100 dB of full scale, about the noise of 16 bits
TARGETS = ("magnitude", "phase_sensitive", "truncated")


def l1(estimate: Tensor, target: Tensor) -> Tensor:
    """Mean absolute error, (batch, source), of masks, magnitudes or waveforms.

    Parameters
    ----------
    estimate, target : tensor, (batch, source, channel, ...)

    Returns
    -------
    tensor, (batch, source)
        In the unit of the tensors. Of all constants the median of the target has the least.

    Raises
    ------
    TypeError, ValueError
        If they are not real, or their shapes differ.

    Examples
    --------
    >>> estimate, target = torch.zeros(1, 2, 1, 3), torch.ones(1, 2, 1, 3)
    >>> l1(estimate, target)  # (batch, source)
    tensor([[1., 1.]])
    """
    check_pair(estimate, target)
    return (estimate - target).abs().flatten(2).mean(dim=2)  # (batch, source)


def l2(estimate: Tensor, target: Tensor) -> Tensor:
    """Mean squared error, (batch, source), of masks, magnitudes or waveforms.

    Parameters
    ----------
    estimate, target : tensor, (batch, source, channel, ...)

    Returns
    -------
    tensor, (batch, source)
        In the tensors' unit squared. Of all constants the mean of the target has the least.

    Raises
    ------
    TypeError, ValueError
        If they are not real, or their shapes differ.

    Notes
    -----
    On masks and on masked magnitudes: Weninger, Hershey, Le Roux and Schuller (2014),
    "Discriminatively trained recurrent neural networks for single-channel speech separation".
    """
    check_pair(estimate, target)
    return (estimate - target).square().flatten(2).mean(dim=2)  # (batch, source)


def negative_snr(estimate: Tensor, target: Tensor) -> Tensor:
    """Minus the signal-to-noise ratio of waveforms, (batch, source), in dB.

    Parameters
    ----------
    estimate, target : tensor, (batch, source, channel, sample)
        At full scale 1.

    Returns
    -------
    tensor, (batch, source)
        The mean over channels of ``10 log10((|ŝ - s|² + FLOOR) / (|s|² + FLOOR))``, powers as
        means over samples. With the floor, silence of either has a finite loss and gradient, and no
        loss is below -100 dB minus the target's level.

    Raises
    ------
    TypeError, ValueError
        If they are not real waveforms, or their shapes differ.
    """
    check_waveforms(estimate, target)
    signal = target.square().mean(dim=-1) + FLOOR  # (batch, source, channel)
    noise = (estimate - target).square().mean(dim=-1) + FLOOR  # (batch, source, channel)
    return 10 * torch.log10(noise / signal).mean(dim=-1)  # (batch, source)


def negative_si_sdr(estimate: Tensor, target: Tensor) -> Tensor:
    """Minus the SI-SDR of `common.evaluation`, (batch, source), in dB.

    Means are removed, and the target is scaled to fit the estimate; then it is `negative_snr`.

    Parameters
    ----------
    estimate, target : tensor, (batch, source, channel, sample)
        At full scale 1.

    Returns
    -------
    tensor, (batch, source)
        The mean over channels. An estimate that is silent gives 0 and no gradient. Where the
        target is silent, the loss is the estimate's level above ``FLOOR``.

    Raises
    ------
    TypeError, ValueError
        If they are not real waveforms, or their shapes differ.

    Notes
    -----
    Le Roux, Wisdom, Erdogan and Hershey (2019), "SDR - half-baked or well done?". Removing the
    means is this book's choice (and nussl's).
    """
    check_waveforms(estimate, target)
    estimate = estimate - estimate.mean(dim=-1, keepdim=True)
    target = target - target.mean(dim=-1, keepdim=True)
    power = target.square().mean(dim=-1, keepdim=True)  # (batch, source, channel, 1)
    scale = (estimate * target).mean(dim=-1, keepdim=True) / (power + FLOOR)
    return negative_snr(estimate, scale * target)  # (batch, source)


def target_magnitude(source: Tensor, mixture: Tensor, kind: str = "truncated") -> Tensor:
    """What the masked magnitude of a mixture should come to.

    Parameters
    ----------
    source : tensor, (batch, source, channel, freq, frame), complex
    mixture : tensor, (batch, channel, freq, frame), complex
    kind : str
        ``magnitude``: ``|S|``. ``phase_sensitive``: ``|S| cos θ``, with θ the angle between S and
        X: the part of S that has the mixture's phase. ``truncated``: that, clipped to
        ``[0, |X|]``, where a mask in [0, 1] can follow. The last two are 0 where the mixture is.

    Returns
    -------
    tensor, (batch, source, channel, freq, frame), real

    Raises
    ------
    TypeError, ValueError
        If they are not complex, their shapes do not fit, or there is no such kind.

    Notes
    -----
    Weninger et al. (2014) for ``|S|``; Erdogan, Hershey, Watanabe and Le Roux (2015),
    "Phase-sensitive and recognition-boosted speech separation using deep recurrent neural
    networks", for the cosine and the clipping.
    """
    check_choice(kind, "kind", TARGETS)
    check_complex(source, "source")
    check_complex(mixture, "mixture")
    check_same_shape(**{"source[:, 0]": source[:, 0], "mixture": mixture})
    if kind == "magnitude":
        return source.abs()
    mixture = mixture.unsqueeze(1).expand_as(source)  # (batch, source, channel, freq, frame)
    mask = phase_sensitive_mask(source, mixture, clip=kind == "truncated")
    return mask * mixture.abs()


def loudest_source(source: Tensor, mixture: Tensor, floor: float = -40.0) -> Tensor:
    """Whose each bin is: 1 for the loudest source, 0 for the others.

    Parameters
    ----------
    source : tensor, (batch, source, channel, freq, frame), complex
        Two or more sources.
    mixture : tensor, (batch, channel, freq, frame), complex
    floor : float
        Of `common.masks.audible`, in dB from the loudest bin of each channel.

    Returns
    -------
    tensor, (batch, source, channel, freq, frame), 0.0 or 1.0
        One-hot along the sources; all zeros in bins that are silent, or that no source wins.

    Raises
    ------
    TypeError, ValueError
        If they are not complex, their shapes do not fit, or there is one source only.
    """
    check_complex(source, "source")
    check_complex(mixture, "mixture")
    check_same_shape(**{"source[:, 0]": source[:, 0], "mixture": mixture})
    each = source.unbind(dim=1)
    won = [ideal_binary_mask(one, *each[:i], *each[i + 1 :]) for i, one in enumerate(each)]
    return torch.stack(won, dim=1) * audible(mixture, floor=floor).unsqueeze(1)


def deep_clustering(embedding: Tensor, target: Tensor, weights: Tensor | None = None) -> Tensor:
    """How far pairs of bins are from lying together if, and only if, they are of one source.

    The mean over all pairs of bins of ``(v_i · v_j - y_i · y_j)²``: the embeddings' similarity
    against 1 for a pair of one source, 0 for any other. With the bins as rows of V and Y it is
    ``|VVᵀ - YYᵀ|²``, computed as ``|VᵀV|² - 2 |VᵀY|² + |YᵀY|²``, which never makes a matrix of all
    pairs.

    Parameters
    ----------
    embedding : tensor, (batch, size, channel, freq, frame)
        Of unit length along axis 1.
    target : tensor, (batch, source, channel, freq, frame)
        One-hot along axis 1, as `loudest_source` makes it. Bins of zeros are left out.
    weights : tensor, (batch, channel, freq, frame), not negative, optional
        How much each bin counts; a pair counts by the product of its two. Without them every bin
        counts the same; the mixture's magnitude makes loud bins matter.

    Returns
    -------
    tensor, (batch,)
        In [0, 4]; in [0, 1] where no two embeddings have a negative product. 0, and no gradient,
        where all bins are left out.

    Raises
    ------
    TypeError, ValueError
        If they are not real, or their axes do not fit.

    Notes
    -----
    Hershey, Chen, Le Roux and Watanabe (2016), "Deep clustering: discriminative embeddings for
    segmentation and separation", eq. 2. The weights: Wang, Le Roux and Hershey (2018), "Alternative
    objective functions for deep clustering", eq. 7; nussl's are the roots of these.
    """
    check_bins(embedding, target, weights)
    counts = target.sum(dim=1) if weights is None else weights * target.sum(dim=1)
    share = counts.flatten(1) / counts.flatten(1).sum(dim=1, keepdim=True).clamp(min=FLOOR)
    root = share.sqrt().unsqueeze(1)  # (batch, 1, bin)
    V = embedding.flatten(2) * root  # (batch, size, bin)
    Y = target.flatten(2) * root  # (batch, source, bin)
    squares = [(a @ b.mT).square().sum(dim=(1, 2)) for a, b in ((V, V), (V, Y), (Y, Y))]  # (batch,)
    return squares[0] - 2 * squares[1] + squares[2]


def permutation_invariant(loss: Loss) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Compare the estimates with the targets in the order that makes the loss least.

    For sources of one kind, two voices, of which none is the first. One order for the whole of an
    example: all its channels, bins and frames.

    Parameters
    ----------
    loss : callable
        One of this module, (estimate, target) to (batch, source).

    Returns
    -------
    callable
        (estimate, target), both (batch, source, channel, ...), to two tensors: the least mean over
        sources, (batch,), and its order, (batch, source): which target each estimate was compared
        with.

    Notes
    -----
    Yu, Kolbæk, Tan and Jensen (2017), "Permutation invariant training of deep models for
    speaker-independent multi-talker speech separation"; one order for the whole of an utterance is
    that of Kolbæk, Yu, Tan and Jensen (2017), "Multitalker speech separation with utterance-level
    permutation invariant training of deep recurrent neural networks".

    Examples
    --------
    >>> target = torch.tensor([[[[1.0, 1.0]], [[0.0, 0.0]]]])  # (batch, source, channel, sample)
    >>> loss, order = permutation_invariant(l2)(target.flip(1), target)
    >>> loss, order
    (tensor([0.]), tensor([[1, 0]]))
    """

    def least(estimate: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        check_pair(estimate, target)
        sources = range(target.shape[1])
        each = [loss(estimate, target[:, j : j + 1].expand_as(target)) for j in sources]
        pairs = torch.stack(each, dim=2)  # (batch, estimate, target)
        orders = torch.tensor(list(permutations(sources)), device=pairs.device)
        means = pairs[:, sources, orders].mean(dim=2)  # (batch, order)
        value, best = means.min(dim=1)  # (batch,)
        return value, orders[best]  # (batch,), (batch, source)

    return least


def weighted(*parts: tuple[float, Loss]) -> Loss:
    """Add up losses of one estimate, each with a weight.

    Parameters
    ----------
    *parts : (float, callable)
        A weight and a loss, (estimate, target) to (batch, source).

    Returns
    -------
    callable
        (estimate, target) to (batch, source).

    Raises
    ------
    ValueError
        If there are no parts.

    Examples
    --------
    >>> estimate, target = torch.zeros(1, 1, 1, 3), torch.full((1, 1, 1, 3), 2.0)
    >>> weighted((1.0, l1), (0.5, l2))(estimate, target)  # 2 + 0.5 * 4
    tensor([[4.]])
    """
    check_count(len(parts), "number of parts")

    def total(estimate: Tensor, target: Tensor) -> Tensor:
        return sum(weight * loss(estimate, target) for weight, loss in parts)

    return total


def check_pair(estimate: Tensor, target: Tensor, axes: str = "batch source channel ...") -> None:
    """Raise unless both are real tensors of one shape with these axes."""
    check_axes(estimate, "estimate", axes)
    check_axes(target, "target", axes)
    check_same_shape(estimate=estimate, target=target)


def check_waveforms(estimate: Tensor, target: Tensor) -> None:
    """Raise unless both are real tensors of one shape, (batch, source, channel, sample)."""
    check_pair(estimate, target, "batch source channel sample")


def check_bins(embedding: Tensor, target: Tensor, weights: Tensor | None) -> None:
    """Raise unless embeddings, targets and weights are of the same bins of the same examples."""
    check_axes(embedding, "embedding", "batch size channel freq frame")
    sizes = dict(zip(("batch", "size", "channel", "freq", "frame"), embedding.shape, strict=True))
    del sizes["size"]
    check_axes(target, "target", "batch source channel freq frame", **sizes)
    if weights is not None:
        check_axes(weights, "weights", "batch channel freq frame", **sizes)
