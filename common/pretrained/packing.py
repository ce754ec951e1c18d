"""Weights in fewer bits, and back."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from common.checks import check_choice

PRECISIONS = ("half", "8 bit")
SCALE = ".scale"


def pack(weights: Mapping[str, Tensor], precision: str) -> dict[str, Tensor]:
    """Weights in half precision, or their matrices in 8 bits a number.

    Parameters
    ----------
    weights : dict of tensor
        A network's ``state_dict``.
    precision : str
        ``half``; or ``8 bit``: each row of a matrix as whole numbers from -127 to 127, with a scale
        of its own under the name of the matrix and ``.scale``. All else is in half precision then.

    Returns
    -------
    dict of tensor, which `unpack` takes

    Raises
    ------
    ValueError
        If there is no such precision, or a weight is too large for half precision.
    """
    check_choice(precision, "precision", PRECISIONS)
    packed = {}
    for name, value in weights.items():
        if not value.is_floating_point():
            packed[name] = value.clone()
        elif precision == "8 bit" and value.ndim == 2:
            scale = value.abs().amax(dim=1, keepdim=True).clamp(min=1e-6) / 127  # (row, 1)
            packed[name] = (value / scale).round().to(torch.int8)  # (row, column)
            packed[name + SCALE] = scale.float()
        else:
            packed[name] = value.half()
            if not packed[name].isfinite().all():
                raise ValueError(
                    f"{name}: expected weights up to 65504, got {value.abs().max():g}; train with "
                    f"a smaller learning rate, or clip the gradients"
                )
    return packed


def unpack(packed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What `pack` packed as a ``state_dict`` in single precision."""
    weights = {}
    for name, value in packed.items():
        if value.dtype == torch.int8:
            weights[name] = value * packed[name + SCALE]
        elif not is_scale(name, packed):
            weights[name] = value.float() if value.is_floating_point() else value
    return weights


def is_scale(name: str, packed: Mapping[str, Tensor]) -> bool:
    """Whether it belongs to a matrix in 8 bits, and is not a weight that is called a scale."""
    matrix = packed.get(name.removesuffix(SCALE))
    return name.endswith(SCALE) and matrix is not None and matrix.dtype == torch.int8
