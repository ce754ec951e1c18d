"""A configuration file becomes typed settings; what does not fit is refused, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from common.training.config import ConfigError, build, read_table


@dataclass(frozen=True)
class Inner:
    count: int = 1
    rate: float = 2.0

    def __post_init__(self):
        if self.count < 0:
            raise ValueError("count: expected 0 or more")


@dataclass(frozen=True)
class Outer:
    name: str
    loud: bool = False
    pair: tuple[float, float] = (0.0, 1.0)
    names: tuple[str, ...] = ()
    limit: float | None = None
    inner: Inner = Inner()
    settings: Mapping[str, object] | None = None


class Block:
    def __init__(self, size: int, activation: str | Sequence[str] = "relu") -> None:
        self.size, self.activation = size, activation


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "run.toml"
        path.write_text(text)
        return path

    return write


def test_every_kind_of_value(file):
    text = """
        name = "run"
        loud = true
        pair = [-3, 3.5]
        names = ["a", "b"]
        limit = 2
        [inner]
        count = 4
        [settings]
        hidden = 3
    """
    made = build(Outer, read_table(file(text)))
    assert made == Outer("run", True, (-3.0, 3.5), ("a", "b"), 2.0, Inner(4), {"hidden": 3})
    assert type(made.limit) is float


def test_what_is_left_out_has_its_default():
    assert build(Outer, {"name": "run"}) == Outer("run")


def test_arguments_of_any_class_are_checked():
    assert build(Block, {"size": 3, "activation": ["a", "b"]}).activation == ["a", "b"]
    assert build(Block, {"size": 3, "activation": "a"}).activation == "a"
    with pytest.raises(ConfigError, match=r"model\.size: expected a whole number, got 'big'"):
        build(Block, {"size": "big"}, "model")


@pytest.mark.parametrize(("table", "said"), [
    ({"name": "x", "lound": True}, "lound: expected a key that is known; do you mean loud?"),
    ({"name": "x", "zzz": 1}, "zzz: expected a key that is known; there are name, loud, pair,"),
    ({"name": "x", "inner": {"cout": 1}}, "inner.cout: expected a key that is known; do you mean"),
    ({}, "name: expected a value, got none; add it"),
    ({"name": 3}, "name: expected a text, got 3"),
    ({"name": "x", "loud": 1}, "loud: expected true or false, got 1"),
    ({"name": "x", "limit": "a"}, "limit: expected a number, got 'a'"),
    ({"name": "x", "limit": True}, "limit: expected a number, got True"),
    ({"name": "x", "pair": [1]}, r"pair: expected a list of 2, each a number, got \[1\]"),
    ({"name": "x", "pair": 1}, "pair: expected a list of 2, each a number, got 1"),
    ({"name": "x", "names": "ab"}, "names: expected a list, each a text, got 'ab'"),
    ({"name": "x", "names": [1]}, "names: expected a text, got 1"),
    ({"name": "x", "inner": 3}, "inner: expected a table, got 3"),
    ({"name": "x", "inner": {"count": 1.5}}, r"inner.count: expected a whole number, got 1\.5"),
    ({"name": "x", "inner": {"count": -1}}, "inner: count: expected 0 or more"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(table, said):
    with pytest.raises(ConfigError, match=said):
        build(Outer, table)


def test_settings_change_from_outside(file):
    path = file('name = "run"\n[inner]\ncount = 4\nrate = 1.0\n')
    table = read_table(path, ["inner.count=5", "name=other", "pair=[1, 2]", "limit = 1e-3"])
    made = build(Outer, table)
    assert made == Outer("other", pair=(1.0, 2.0), limit=1e-3, inner=Inner(5, 1.0))


@pytest.mark.parametrize("change", ["inner.count", "=3", "a b=3", ""])
def test_a_change_must_be_one(file, change):
    with pytest.raises(ConfigError, match="expected key=value, for example"):
        read_table(file(""), [change])


def test_a_file_must_be_there_and_toml(file, tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: expected a configuration file, found none"):
        read_table(tmp_path / "none.toml")
    with pytest.raises(
        ConfigError, match=r"run\.toml: expected TOML, got something else \(.*line 1"
    ):
        read_table(file("steps: 3"))
