"""Patches of nussl's networks: building them and loading their checkpoints."""

from __future__ import annotations

import inspect
from types import SimpleNamespace

import numpy as np


def librosa_mel() -> None:
    """MelProjection calls librosa.filters.mel by position."""
    import librosa
    from nussl.ml.networks.modules import blocks

    def mel(sr, n_fft, n_mels=128, **kwargs):
        return librosa.filters.mel(sr=sr, n_fft=n_fft, n_mels=n_mels, **kwargs)

    blocks.librosa = SimpleNamespace(filters=SimpleNamespace(mel=mel))


def classes_in_checkpoints() -> None:
    """torch.load opens weights only since 2.6 and refuses the classes that nussl saves beside."""
    import torch
    from nussl import STFTParams
    from nussl.datasets import transforms

    own = [c for _, c in inspect.getmembers(transforms, inspect.isclass)]
    own = [c for c in own if c.__module__ == transforms.__name__]
    # A history of losses holds NumPy scalars: their constructor, under its two names, and types.
    scalar = np.float64(0).__reduce__()[0]
    types = [type(np.dtype(t)) for t in ("float64", "float32", "int64", "int32", "bool")]
    numpy_scalars = [(scalar, "numpy.core.multiarray.scalar"), scalar, np.dtype, *types]
    torch.serialization.add_safe_globals([STFTParams, *own, *numpy_scalars])
