"""``python -m common.pretrained NAME RUN/best.pt``: pack a trained network to be shipped."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from common.pretrained.files import save_pretrained
from common.pretrained.packing import PRECISIONS


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m common.pretrained", description=__doc__)
    parser.add_argument("name", help="of the file: vocals, small")
    parser.add_argument("checkpoint", type=Path, help="best.pt of a run")
    parser.add_argument("--precision", choices=PRECISIONS, default="half")
    options = parser.parse_args(arguments)
    try:
        path = save_pretrained(options.name, options.checkpoint, options.precision)
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
