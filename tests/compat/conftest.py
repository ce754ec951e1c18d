"""Fixtures of the tests of compat. See material.py for the sounds."""

from __future__ import annotations

import pytest

from tests.compat import material

# nussl says this whenever a signal changes its length, which it is asked to do here.
QUIET = "ignore:Shape of new audio_data does not match current audio_data:UserWarning"


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/compat" in item.path.as_posix():
            item.add_marker(pytest.mark.filterwarnings(QUIET))


@pytest.fixture
def sounds():
    """drums, bass, other and vocals as AudioSignals of two seconds at 22050 Hz."""
    return material.audio_signals()


@pytest.fixture
def mixture(sounds):
    return sum(sounds.values())


@pytest.fixture(scope="session")
def musdb_root(tmp_path_factory):
    """A MUSDB18 of wav files, and the stems that both tracks hold."""
    root = tmp_path_factory.mktemp("musdb")
    return root, material.write_musdb(root)


@pytest.fixture(scope="session")
def stem_root(tmp_path_factory):
    """A MUSDB18 of .stem.mp4 files, and the stems that went into the one in train."""
    root = tmp_path_factory.mktemp("stems")
    for subset in ("train", "test"):
        (root / subset).mkdir()
    return root, material.write_stem_file(root / "train" / "Some Artist - First.stem.mp4")


@pytest.fixture(scope="session")
def scaper_folders(tmp_path_factory):
    """Folders of foreground and background sounds for scaper."""
    return material.write_sources_for_scaper(tmp_path_factory.mktemp("scaper"))
