"""nussl's datasets in the worker processes of a DataLoader."""

from __future__ import annotations

from functools import reduce
from importlib import import_module

from common.compat.mending import replace


def datasets_in_workers() -> None:
    """A worker that is not forked (macOS, Windows) unpickles a dataset by importing nussl bare."""
    from nussl.datasets import BaseDataset

    def __reduce_ex__(self, protocol):
        cls = type(self)
        return empty_dataset, (cls.__module__, cls.__qualname__), self.__dict__

    replace(BaseDataset, "__reduce_ex__", lambda old: __reduce_ex__)


def empty_dataset(module: str, name: str):
    """Load nussl with its patches, then make a dataset whose state pickle fills in."""
    from common.compat.loading import load

    load("nussl")
    cls = reduce(getattr, name.split("."), import_module(module))
    return cls.__new__(cls)
