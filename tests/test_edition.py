"""One version, one address, one licence for each thing, wherever the repository says it."""

import re
import tomllib

import pytest
import yaml

from common.build.book import ROOT, Book
from common.data.settings import LICENCE


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


VERSION = tomllib.loads(text("pyproject.toml"))["project"]["version"]
CITATION = yaml.safe_load(text("CITATION.cff"))
# What each file says, as a pattern whose matches are versions; every match counts.
SAID = {
    "CITATION.cff": r"^version: (\S+)$",
    "_config.yml": r"\bv(\d+\.\d+\.\d+)\b",  # the tag that Colab opens
    "book/about.md": r"version = \{(.+?)\}",
}


@pytest.mark.parametrize("name", SAID)
def test_every_file_says_the_same_version(name):
    said = re.findall(SAID[name], text(name), re.MULTILINE)
    assert set(said) <= {VERSION}, f"pyproject.toml says {VERSION}, {name} {said}"
    assert said or name == "_config.yml", f"{name} names no version"


def test_the_newest_change_is_this_version_of_this_day():
    found = re.findall(r"^## (.+?) - (.+)$", text("CHANGELOG.md"), re.MULTILINE)
    assert found[0] == (VERSION, str(CITATION["date-released"]))
    days = [day for _, day in found]
    assert days == sorted(days, reverse=True)


def test_the_citation_is_complete():
    assert {"cff-version", "message", "title", "authors", "version", "license"} <= set(CITATION)
    assert CITATION["authors"] == [{"name": Book().config["author"]}]
    assert CITATION["url"] == Book().config["repository"]["url"]
    for said in (CITATION["url"], CITATION["authors"][0]["name"]):
        assert said in text("book/about.md")


def test_the_licences_are_those_that_the_files_carry():
    assert CITATION["license"] == ["MIT", "CC-BY-4.0"]
    assert text("LICENSE").startswith("MIT License\n")
    carried = text("LICENSE-TEXT")
    assert "SPDX-License-Identifier: CC-BY-4.0\n" in carried
    assert "Section 8 -- Interpretation." in carried  # the licence's last section
    clips = list((ROOT / "common/data/clips").glob("*/clip.json"))
    assert clips and all(f'"licence": "{LICENCE}"' in path.read_text() for path in clips)
    assert LICENCE == "CC BY 4.0"
    owner = f"Copyright (c) {CITATION['date-released'].year} {CITATION['authors'][0]['name']}\n"
    assert owner in text("LICENSE") and owner in carried
