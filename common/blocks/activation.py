"""What turns a layer's numbers into masks or embeddings.

The chapter *from-numpy-to-torch* builds `activate`, the chapter *embedding* the gate.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from common.checks import check_axes, check_choice, check_count

ACTIVATIONS = ("sigmoid", "softmax", "relu", "tanh", "unit_norm", "l1_norm", "none")


def activate(x: Tensor, kind: str) -> Tensor:
    """Apply an activation.

    Parameters
    ----------
    x : tensor, (batch, source, ...)
    kind : str
        One of `ACTIVATIONS`. ``softmax``, ``unit_norm`` and ``l1_norm`` look across axis 1: the
        sources of a mask, or the dimensions of an embedding. The others look at each number alone.

    Returns
    -------
    tensor, same shape
        ``sigmoid`` in [0, 1]; ``softmax`` in [0, 1] with the sum 1 across axis 1; ``relu`` not
        negative; ``tanh`` in [-1, 1]; ``unit_norm`` of length 1 across axis 1, ``l1_norm`` with
        absolute values that add up to 1, zeros staying zeros; ``none`` as it came.

    Raises
    ------
    ValueError
        If there is no such activation.
    """
    check_choice(kind, "activation", ACTIVATIONS)
    if kind == "sigmoid":
        return torch.sigmoid(x)
    if kind == "softmax":
        return torch.softmax(x, dim=1)
    if kind == "relu":
        return torch.relu(x)
    if kind == "tanh":
        return torch.tanh(x)
    if kind == "unit_norm":
        return F.normalize(x, p=2, dim=1)
    if kind == "l1_norm":
        return F.normalize(x, p=1, dim=1)
    return x


class GatedTanh(nn.Module):
    """A layer that says something, times a layer that says how much of it counts.

    Parameters
    ----------
    features : int

    Notes
    -----
    Van den Oord et al. (2016), "Conditional image generation with PixelCNN decoders", eq. 2.
    """

    def __init__(self, features: int) -> None:
        check_count(features, "features")
        super().__init__()
        self.value = nn.Linear(features, features)
        self.gate = nn.Linear(features, features)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, frame, feature) to (batch, frame, feature), in [-1, 1]."""
        check_axes(x, "x", "batch frame feature", self.gate.weight, feature=self.gate.in_features)
        return torch.tanh(self.value(x)) * torch.sigmoid(self.gate(x))
