"""Masks made small for a page: averaged over patches, in steps of 1/255, compressed."""

from __future__ import annotations

import zlib

import numpy as np


def pooled(M: np.ndarray, full: tuple[int, int], pool: tuple[int, int]) -> np.ndarray:
    """Average masks over patches of (freq, frame) `pool`, those at the edge over what there is."""
    if len(pool) != 2 or any(int(p) != p or p < 1 for p in pool):
        raise ValueError(f"pool: expected two whole numbers from 1 up, (freq, frame), got {pool}")
    size = tuple(-(-n // p) for n, p in zip(full, pool, strict=True))
    if M.shape[-2:] == size:
        return M
    if M.shape[-2:] != full:
        also = f", or {size} as pooled by {tuple(pool)}" if size != full else ""
        raise ValueError(
            f"masks: expected (freq, frame) = {full} for this mixture and config{also}, "
            f"got {M.shape[-2:]}"
        )
    M = M.astype(float)
    for axis, p in zip((-2, -1), pool, strict=True):
        starts = np.arange(0, M.shape[axis], p)
        counts = np.minimum(p, M.shape[axis] - starts)
        sums = np.add.reduceat(M, starts, axis=axis)
        M = sums / (counts[:, None] if axis == -2 else counts)
    return M


def quantise_masks(M: np.ndarray) -> np.ndarray:
    """Return masks as the nearest 255ths, uint8."""
    return np.floor(M * 255.0 + 0.5).clip(0, 255).astype(np.uint8)


def upsampled(M: np.ndarray, full: tuple[int, int], pool: tuple[int, int], how: str) -> np.ndarray:
    """Bring masks, (..., freq, frame), back to their `full` size.

    Nearest: every place of a patch has its value. Bilinear: a patch's value stands at its middle.
    """
    for axis, (n, p) in zip((-2, -1), zip(full, pool, strict=True), strict=True):
        if how == "nearest":
            M = np.take(M, np.arange(n) // p, axis=axis)
            continue
        last = M.shape[axis] - 1
        x = np.clip((np.arange(n) - (p - 1) / 2) / p, 0, last)
        low = np.floor(x).astype(int)
        share = x - low if axis == -1 else (x - low)[:, None]
        above = np.take(M, np.minimum(low + 1, last), axis=axis)
        M = np.take(M, low, axis=axis) * (1 - share) + above * share
    return M


def pack(masks: np.ndarray) -> bytes:
    """Compress masks, (step, channel, freq, frame) uint8.

    Kept are differences, modulo 256, of a step from the one before, and in these of a frame from
    the one before; (step, channel, frame, freq), as zlib.
    """
    q = np.ascontiguousarray(masks.swapaxes(-1, -2))
    over_steps = np.diff(q, axis=0, prepend=np.zeros_like(q[:1]))
    over_frames = np.diff(over_steps, axis=2, prepend=np.zeros_like(q[:, :, :1]))
    return zlib.compress(over_frames.tobytes(), 9)
