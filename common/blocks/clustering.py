"""From embeddings to masks, by k-means. The chapter *deep-clustering* builds it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from common.checks import check_axes, check_count, check_positive


def spread_centres(embedding: Tensor, weights: Tensor, sources: int) -> Tensor:
    """Where k-means starts: at the embedding of the loudest bin, then where no centre is near.

    Parameters
    ----------
    embedding : tensor, (batch, size, channel, freq, frame)
        Of unit length along axis 1.
    weights : tensor, (batch, channel, freq, frame), not negative
        How much each bin counts; the mixture's magnitude.
    sources : int
        Centres to make.

    Returns
    -------
    tensor, (batch, source, size)
        Each further centre is the embedding of the bin that differs most, weighted, from its
        nearest centre. A right angle is as different as can be, as in the loss: what lies beyond
        is an outlier more often than a source. Nothing is drawn by chance.

    Raises
    ------
    TypeError, ValueError
        If the axes do not fit.
    """
    check_weights(embedding, weights)
    check_count(sources, "sources")
    points, weights = embedding.flatten(2), weights.flatten(1)  # (batch, size, bin), (batch, bin)
    differs, centres = torch.ones_like(weights), []
    for _ in range(sources):
        place = (weights * differs).argmax(dim=1)  # (batch,)
        centres.append(points.take_along_dim(place[:, None, None], dim=2))  # (batch, size, 1)
        similar = torch.cat(centres, dim=2).mT @ points  # (batch, source, bin)
        differs = 1 - similar.amax(dim=1).clamp(min=0)  # (batch, bin)
    return torch.cat(centres, dim=2).mT


def find_centres(embedding: Tensor, weights: Tensor, start: Tensor, steps: int = 20) -> Tensor:
    """Weighted k-means on the unit sphere.

    Each step gives every bin to the centre most like it, and then puts each centre in the middle of
    its bins.

    Parameters
    ----------
    embedding : tensor, (batch, size, channel, freq, frame)
        Of unit length along axis 1.
    weights : tensor, (batch, channel, freq, frame), not negative
        How much each bin counts; the mixture's magnitude.
    start : tensor, (batch, source, size)
        The centres to begin with; those found keep their order.
    steps : int

    Returns
    -------
    tensor, (batch, source, size)
        Of unit length; zeros where a centre has no bins.

    Raises
    ------
    TypeError, ValueError
        If the axes do not fit.

    Notes
    -----
    On the sphere ``|v - c|² = 2 - 2 v · c``: the most similar centre is the nearest. Dhillon and
    Modha (2001), "Concept decompositions for large sparse text data using clustering".
    """
    check_weights(embedding, weights)
    check_centres(embedding, start)
    points, weights = embedding.flatten(2), weights.flatten(1).unsqueeze(1)  # (batch, size, bin)
    centres = start
    for _ in range(steps):
        nearest = (centres @ points).argmax(dim=1)  # (batch, bin)
        won = F.one_hot(nearest, start.shape[1]).mT * weights  # (batch, source, bin)
        centres = F.normalize(won @ points.mT, dim=2)  # (batch, source, size)
    return centres


def cluster_masks(embedding: Tensor, centres: Tensor, hardness: float | None = None) -> Tensor:
    """Share out the bins among centres.

    Parameters
    ----------
    embedding : tensor, (batch, size, channel, freq, frame)
        Of unit length along axis 1.
    centres : tensor, (batch, source, size)
    hardness : float, optional
        α of the soft masks ``exp(-α |v - c|²)``, divided by their sum over sources. Without it each
        bin goes as a whole to its nearest centre.

    Returns
    -------
    tensor, (batch, source, channel, freq, frame)
        In [0, 1]; the masks of all sources add up to 1.

    Raises
    ------
    TypeError, ValueError
        If the axes do not fit, or the hardness is not above 0.

    Notes
    -----
    Hershey, Chen, Le Roux and Watanabe (2016), "Deep clustering: discriminative embeddings for
    segmentation and separation"; the soft masks: Isik, Le Roux, Chen, Watanabe and Hershey (2016),
    "Single-channel multi-speaker separation using deep clustering".
    """
    check_centres(embedding, centres)
    check_hardness(hardness)
    similar = torch.einsum("bnd,bdcft->bncft", centres, embedding)
    if hardness is None:
        won = F.one_hot(similar.argmax(dim=1), centres.shape[1])  # (batch, ..., frame, source)
        return won.movedim(-1, 1).to(similar)  # (batch, source, channel, freq, frame)
    return torch.softmax(2 * hardness * similar, dim=1)


def check_weights(embedding: Tensor, weights: Tensor) -> None:
    """Raise unless there is one weight for each bin's embedding."""
    check_axes(embedding, "embedding", "batch size channel freq frame")
    batch, _, *bins = embedding.shape
    sizes = dict(zip(("batch", "channel", "freq", "frame"), (batch, *bins), strict=True))
    check_axes(weights, "weights", "batch channel freq frame", embedding, **sizes)


def check_centres(embedding: Tensor, centres: Tensor) -> None:
    """Raise unless the centres are such embeddings, for as many examples."""
    check_axes(embedding, "embedding", "batch size channel freq frame")
    batch, size, *_ = embedding.shape
    check_axes(centres, "centres", "batch source size", embedding, batch=batch, size=size)


def check_hardness(hardness: float | None) -> None:
    """Raise ValueError unless it is None or a number above 0."""
    if hardness is not None:
        check_positive(hardness, "hardness")
