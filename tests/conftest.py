"""What `make check` leaves out, to stay under a minute; `make test` runs everything."""

import os
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell

HERE = Path(__file__).parent
# They start processes, load nussl, make songs, open a browser.
os.environ["JUPYTER_PATH"] = str(HERE / "notebooks")  # nbval finds the kernel `elsewhere` there
SLOW = tuple(HERE / name for name in ("browser", "colab", "compat", "data", "peers"))


def pytest_ignore_collect(collection_path, config):
    """Where only quick tests are wanted, what the slow ones import is not imported."""
    return True if config.option.markexpr == "not slow" and collection_path in SLOW else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if isinstance(item, IPyNbCell) or any(map(item.path.is_relative_to, SLOW)):
            item.add_marker(pytest.mark.slow)
