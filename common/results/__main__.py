"""``python -m common.results NAME``: measure a committed result again."""

from __future__ import annotations

import argparse
import sys

from common.results import changed_code, load_result
from common.results.files import HERE


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m common.results", description=__doc__)
    parser.add_argument("name", choices=["baselines", "check"], help="check: which are stale?")
    name = parser.parse_args(arguments).name
    if name == "check":
        stale = {path.stem: changed_code(load_result(path.stem)["code"])
                 for path in sorted(HERE.glob("*.json"))}  # fmt: skip
        for result, paths in stale.items():
            print(f"{result}: " + (f"{', '.join(paths)} changed since" if paths else "up to date"))
        return int(any(stale.values()))
    from common.results.baselines import measure

    print(f"written to {measure()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
