"""nussl's transforms.Cache without zarr: one .npz a data item, written whole or not at all.

zarr 3 has no object arrays. The files hold arrays and JSON only: nothing is unpickled.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from common.compat.mending import replace


def cache_in_files() -> None:
    """transforms.Cache opens a zarr array of pickled objects, which zarr 3 cannot."""
    from nussl.datasets import transforms

    def _open_cache(self, location):
        self.cache = Path(location)
        if self.overwrite:
            self.cache.mkdir(parents=True, exist_ok=True)

    def info(self):
        return f"{len(list(self.cache.glob('*.npz')))} items in {self.cache}"

    def __call__(self, data):
        if "index" not in data:
            raise transforms.TransformException(f"Expected 'index' in dictionary, got {list(data)}")
        path = self.cache / f"{data['index']}.npz"
        if self.overwrite:
            write_item(path, data)
        if not path.exists():
            raise transforms.TransformException(
                f"There is no item {data['index']} in the cache {self.cache}: "
                "read every item of the dataset once with cache_populated = False."
            )
        return read_item(path)

    replace(transforms.Cache, "_open_cache", lambda old: _open_cache)
    replace(transforms.Cache, "__call__", lambda old: __call__)
    transforms.Cache.info = property(info)


def write_item(path: Path, data: dict) -> None:
    """Write a dictionary of arrays, tensors, AudioSignals and plain values, atomically."""
    arrays: list[np.ndarray] = []
    tree = json.dumps(_encode(data, arrays))
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with open(handle, "wb") as file:
            np.savez(file, *arrays, tree=np.array(tree))
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def read_item(path: Path) -> dict:
    """Read what ``write_item`` wrote."""
    with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
        return _decode(json.loads(str(arrays["tree"])), arrays)


def _encode(value: Any, arrays: list[np.ndarray]) -> Any:
    """Return ``value`` for JSON, as itself or as ``[kind, ...]``; arrays go to the list."""
    import nussl
    import torch

    if value is None or isinstance(value, str | bool | int | float):
        return value.item() if isinstance(value, np.generic) else value
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError(f"transforms.Cache stores dictionaries with text keys, not {value}.")
        return ["dict", {key: _encode(item, arrays) for key, item in value.items()}]
    if isinstance(value, nussl.STFTParams):
        return ["stft_params", list(value)]
    if isinstance(value, list | tuple):
        return [type(value).__name__, [_encode(item, arrays) for item in value]]
    if isinstance(value, nussl.AudioSignal):
        audio = value.audio_data.copy()
        parts = (audio, value.sample_rate, value.stft_params, value.path_to_input_file)
        return ["audio", [_encode(part, arrays) for part in parts]]
    if isinstance(value, torch.Tensor):
        arrays.append(value.detach().cpu().numpy())
        return ["tensor", len(arrays) - 1]
    if isinstance(value, np.ndarray | np.generic) and value.dtype != object:
        arrays.append(np.asarray(value))
        return ["array", len(arrays) - 1]
    raise TypeError(
        f"transforms.Cache stores arrays, tensors, AudioSignals and plain values, not a "
        f"{type(value).__name__}: put transforms.ToSeparationModel() before the Cache."
    )


def _decode(node: Any, arrays: Any) -> Any:
    import nussl
    import torch

    if not isinstance(node, list):
        return node
    kind, content = node
    if kind == "dict":
        return {key: _decode(item, arrays) for key, item in content.items()}
    if kind in ("list", "tuple"):
        items = [_decode(item, arrays) for item in content]
        return tuple(items) if kind == "tuple" else items
    if kind == "stft_params":
        return nussl.STFTParams(*content)
    if kind == "audio":
        audio, rate, stft_params, path = (_decode(part, arrays) for part in content)
        signal = nussl.AudioSignal(
            audio_data_array=audio, sample_rate=rate, stft_params=stft_params
        )
        signal.path_to_input_file = path
        return signal
    array = arrays[f"arr_{content}"]
    return torch.from_numpy(array) if kind == "tensor" else array
