"""One-line guards whose errors say what was expected, what came and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def is_tensor(x: Any) -> bool:
    """Whether `x` is a torch tensor, found out without importing torch."""
    return any(base.__module__.split(".")[0] == "torch" for base in type(x).__mro__)


def backend(x: Any):
    """Return the module that computes on `x`: torch for a tensor, NumPy for an array.

    Both modules name the elementwise functions that this book needs alike, so that one
    definition of a mask serves arrays and tensors.
    """
    if is_tensor(x):
        import torch

        return torch
    return np


def check_array(x: Any, name: str) -> None:
    """Raise TypeError unless `x` is a NumPy array or a torch tensor."""
    if not (isinstance(x, np.ndarray) or is_tensor(x)):
        raise TypeError(
            f"{name}: expected a NumPy array or a torch tensor, got {type(x).__name__}; "
            f"wrap it in np.asarray(...)"
        )


def check_floating(x: Any, name: str) -> None:
    """Raise TypeError unless `x` holds real numbers in single or double precision."""
    check_array(x, name)
    if str(x.dtype).removeprefix("torch.") not in ("float32", "float64"):
        raise TypeError(
            f"{name}: expected float32 or float64, got {x.dtype}; convert it first, for example "
            f"16-bit audio with x.astype(np.float32) / 32768"
        )


def check_complex(x: Any, name: str) -> None:
    """Raise TypeError unless `x` holds complex numbers."""
    check_array(x, name)
    if "complex" not in str(x.dtype):
        raise TypeError(
            f"{name}: expected a complex spectrogram, got {x.dtype}; pass the output of stft, "
            f"or magnitude * exp(1j * phase)"
        )


def check_dimensions(x: Any, name: str, axes: Sequence[str]) -> None:
    """Raise ValueError unless `x` has at least the axes named, the last of them last."""
    if x.ndim < len(axes):
        raise ValueError(
            f"{name}: expected at least {len(axes)} axes (..., {', '.join(axes)}), "
            f"got shape {tuple(x.shape)}"
        )


def check_same_shape(**arrays: Any) -> None:
    """Raise ValueError unless all the named arrays have one shape."""
    shapes = {name: tuple(x.shape) for name, x in arrays.items()}
    if len(set(shapes.values())) > 1:
        found = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"expected equal shapes, got {found}; cut or pad them to one length first")


def check_finite(x: Any, name: str) -> None:
    """Raise ValueError if `x` holds NaN or infinity."""
    finite = backend(x).isfinite(x)
    if not bool(finite.all()):
        raise ValueError(
            f"{name}: expected finite numbers, got {int((~finite).sum())} NaN or infinite; "
            f"look for a division by zero where it was made"
        )


def check_positive(value: float, name: str) -> None:
    """Raise ValueError unless `value` is a finite number above zero."""
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{name}: expected a number above 0, got {value}")


def check_axes(x: Any, name: str, axes: str, like: Any = None, **sizes: int) -> None:
    """Raise unless `x` is a real tensor with exactly the axes named, of the sizes given.

    ``check_axes(x, "magnitude", "batch channel freq frame", freq=513)`` lets through a tensor of
    four axes whose third is 513 long. ``...`` stands for any number of axes.
    With a tensor `like`, a weight, `x` must be of its precision and lie on its device.
    """
    names = axes.split()
    expected = ", ".join(f"{axis} {sizes[axis]}" if axis in sizes else axis for axis in names)
    if not is_tensor(x):
        raise TypeError(
            f"{name}: expected a torch tensor ({expected}), got {type(x).__name__}; "
            f"make it one with torch.from_numpy(...)"
        )
    if not x.is_floating_point():
        raise TypeError(
            f"{name}: expected real floating-point numbers, got {x.dtype}; of a complex "
            f"spectrogram pass magnitude(X)"
        )
    if "..." in names:
        place = names.index("...")
        names[place : place + 1] = ["..."] * (x.ndim - len(names) + 1)
    there = dict(zip(names, x.shape, strict=False))
    missing = len(names) - x.ndim
    if missing or any(there[axis] != size for axis, size in sizes.items()):
        mend = f"{name}[None] puts a batch of one in front" if missing == 1 else "permute or cut it"
        raise ValueError(f"{name}: expected ({expected}), got shape {tuple(x.shape)}; {mend}")
    if like is not None:
        check_kind(x, name, like)


def check_kind(x: Any, name: str, like: Any) -> None:
    """Raise TypeError unless tensor `x` is of the precision of `like` and lies on its device."""
    if x.device == like.device and x.dtype == like.dtype:
        return
    if x.device == like.device and backend(x).is_autocast_enabled(x.device.type):
        return  # torch picks the precision of each operation itself
    raise TypeError(
        f"{name}: expected {like.dtype} on {like.device}, as the weights are, got {x.dtype} on "
        f"{x.device}; pass {name}.to({str(like.device)!r}, {like.dtype})"
    )


def check_count(value: int, name: str, above: int = 0) -> None:
    """Raise ValueError unless `value` is a whole number above a bound."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not (whole and value > above):
        raise ValueError(f"{name}: expected a whole number above {above}, got {value!r}")


def check_choice(value: Any, name: str, choices: Sequence[Any]) -> None:
    """Raise ValueError unless `value` is one of the choices."""
    if value not in choices:
        raise ValueError(f"{name}: expected one of {', '.join(map(str, choices))}, got {value!r}")
