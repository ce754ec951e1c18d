"""``python -m tests.benchmarks``: every benchmark of this folder, in one table."""

from __future__ import annotations

import argparse
from importlib import import_module
from pkgutil import iter_modules

from tests.benchmarks import HEADER, __path__


def names() -> list[str]:
    """The benchmarks: the modules of this folder."""
    modules = [found.name for found in iter_modules(__path__) if not found.ispkg]
    return [name for name in modules if name != "__main__"]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measure the book's code beside its peers'. The ratio is the book's cost over "
        "the peer's, with quartiles over pairs: below 1 the book's is less.",
    )
    parser.add_argument("--only", nargs="+", choices=names(), default=names(), metavar="NAME",
                        help=f"some of {', '.join(names())}")  # fmt: skip
    chosen = parser.parse_args(arguments).only
    print(HEADER)
    for name in chosen:
        rows = import_module(f"tests.benchmarks.{name}").measure()
        print(f"-- {name}", *rows, sep="\n", flush=True)


if __name__ == "__main__":
    main()
