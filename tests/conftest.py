"""What `make check` leaves out, to stay under a minute; `make test` runs everything."""

from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell

HERE = Path(__file__).parent
# They start processes, load nussl, make songs, open a browser.
SLOW = tuple(HERE / name for name in ("browser", "colab", "compat", "data", "peers"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if isinstance(item, IPyNbCell) or any(map(item.path.is_relative_to, SLOW)):
            item.add_marker(pytest.mark.slow)
