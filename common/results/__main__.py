"""``python -m common.results NAME``: measure a committed result again."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from common.results import changed_code, load_result
from common.results.files import HERE

NAMES = ("baselines", "maskers", "choices", "architectures")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m common.results", description=__doc__)
    parser.add_argument("name", choices=[*NAMES, "check"], help="check: which are stale?")
    parser.add_argument("--runs", type=Path, default=Path("runs"),
                        help="the folder of the trainings (default: %(default)s)")  # fmt: skip
    options = parser.parse_args(arguments)
    name = options.name
    if name == "check":
        stale = {path.stem: changed_code(load_result(path.stem)["code"])
                 for path in sorted(HERE.glob("*.json"))}  # fmt: skip
        for result, paths in stale.items():
            print(f"{result}: " + (f"{', '.join(paths)} changed since" if paths else "up to date"))
        return int(any(stale.values()))
    module = import_module(f"common.results.{name}")
    print(f"written to {module.measure(*() if name == 'baselines' else (options.runs,))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
