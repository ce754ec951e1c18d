"""nussl, scaper, musdb and museval, mended so that they run on today's libraries::

    from common.compat import nussl, scaper, musdb, museval

Each package is imported when its name is first asked for, with the patches that
it needs (see :mod:`common.compat.loading`). Importing ``common.compat`` itself
costs nothing. No other module imports these four packages directly. `nussl_axes`
turns the book's order of axes into nussl's, and back.
"""

from __future__ import annotations

from types import ModuleType

from common.compat.axes import nussl_axes as nussl_axes

PACKAGES = ("musdb", "museval", "nussl", "scaper")


def __getattr__(name: str) -> ModuleType:
    if name not in PACKAGES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from common.compat.loading import load

    try:
        module = load(name)
    except AttributeError as error:  # "from common.compat import ..." would hide it
        raise ImportError(f"{name} does not import here: {error}") from error
    globals()[name] = module
    return module


def __dir__() -> list[str]:
    return sorted({*globals(), *PACKAGES})
