"""The one helper of the patches: replace a function of somebody's module, once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


def replace(owner: Any, name: str, make: Callable[[Callable], Callable]) -> None:
    """Set ``owner.name`` to ``make(old)``; a second call with the same ``make`` does nothing.

    ``make`` receives what stood there before, so that the new function can call
    it. The new function keeps the old one's name and docstring.
    """
    old = getattr(owner, name)
    mark = f"{make.__module__}.{make.__qualname__}"
    if getattr(old, "_mended_by", None) == mark:
        return
    new = make(old)
    function = new.__func__ if isinstance(new, staticmethod) else new
    functools.update_wrapper(function, old)
    function._mended_by = mark
    setattr(owner, name, new)
