"""The table of names in the chapter *mask-inference* is true, entry by entry."""

import json

import pytest

from tests.peers.names import MADE, table

ENTRIES, _ = table()


@pytest.fixture(scope="module")
def wrong(in_peers):
    return json.loads(in_peers("tests.peers.names"))


@pytest.mark.parametrize("key", ENTRIES)
def test_an_entry_holds(wrong, key):
    assert wrong[key] is None


def test_every_entry_is_tried():
    named = {key for key, entry in ENTRIES.items() if entry != "none"}
    assert named == set(MADE)


def test_torch_has_no_name_for_what_the_table_says_it_lacks():
    import torch

    lacking = ("AmplitudeToDB", "MelScale", "ScaleAndShift", "MaskInference")
    assert not any(hasattr(place, name) for place in (torch, torch.nn) for name in lacking)
