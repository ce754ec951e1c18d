"""A configuration file read into frozen dataclasses; what does not fit is refused in words."""

from __future__ import annotations

import inspect
import tomllib
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


class ConfigError(ValueError):
    """A configuration does not fit; the message says what was expected, and what came."""


def read_table(path: Path | str, changes: Iterable[str] = ()) -> dict[str, Any]:
    """Read a TOML file, and change some of it.

    Parameters
    ----------
    path : path
    changes : iterable of str
        ``"training.steps=100"``: a key with its tables, and a value as in TOML. A text needs no
        quotation marks.

    Raises
    ------
    ConfigError
        If the file is missing or no TOML, or a change is not of that form.
    """
    try:
        with open(path, "rb") as file:
            table = tomllib.load(file)
    except FileNotFoundError:
        raise ConfigError(f"{path}: expected a configuration file, found none") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: expected TOML, got something else ({error})") from error
    for change in changes:
        merge(table, parse_change(change))
    return table


def parse_change(change: str) -> dict[str, Any]:
    """One change as a table: ``a.b=1`` to ``{"a": {"b": 1}}``."""
    key, equals, value = change.partition("=")
    for text in (value, f'"{value}"'):
        try:
            if equals:
                return tomllib.loads(f"{key} = {text}")
        except tomllib.TOMLDecodeError:
            continue
    raise ConfigError(f"{change!r}: expected key=value, for example training.steps=100")


def merge(table: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Put changes into a table, table by table."""
    for key, value in changes.items():
        if isinstance(value, Mapping) and isinstance(table.get(key), dict):
            merge(table[key], value)
        else:
            table[key] = value


def build(make: Callable[..., T], table: Mapping[str, Any], where: str = "") -> T:
    """Call a class with a table's values as keyword arguments, checked against its signature.

    Parameters
    ----------
    make : class
        A dataclass, or any other class whose arguments have types. One whose type is a dataclass
        is built from a table of its own.
    table : mapping
    where : str
        The table's name, for the messages: ``training``.

    Raises
    ------
    ConfigError
        If a key is unknown or missing, a value is of another type, or the class refuses it.
    """
    hints = check_keys(make, table, where)
    values = {name: read_value(hints[name], table[name], dotted(where, name)) for name in table}
    try:
        return make(**values)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{where}: {error}" if where else str(error)) from error


def check_keys(make: Callable, table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The types of a class's arguments; raise ConfigError unless the table's keys fit them."""
    arguments = inspect.signature(make).parameters
    for key in table:
        if key not in arguments:
            near = get_close_matches(key, arguments, n=1, cutoff=0.5)
            mend = f"do you mean {near[0]}?" if near else f"there are {', '.join(arguments)}"
            raise ConfigError(f"{dotted(where, key)}: expected a key that is known; {mend}")
    for name, argument in arguments.items():
        if argument.default is argument.empty and name not in table:
            raise ConfigError(f"{dotted(where, name)}: expected a value, got none; add it")
    hints = get_type_hints(make if is_dataclass(make) else make.__init__)
    return {name: hints[name] for name in arguments}


def read_value(hint: Any, value: Any, where: str) -> Any:
    """A value of TOML as a type of Python, or ConfigError."""
    origin, inner = get_origin(hint), get_args(hint)
    if is_dataclass(hint) and isinstance(value, Mapping):
        return build(hint, value, where)
    if origin in (Union, types.UnionType):
        for choice in inner:
            try:
                return read_value(choice, value, where)
            except ConfigError:
                continue
    elif origin is tuple and isinstance(value, list):
        kinds = inner[:1] * len(value) if inner[-1] is ... else inner
        if len(kinds) == len(value):
            pairs = zip(kinds, value, strict=True)
            return tuple(read_value(kind, item, where) for kind, item in pairs)
    elif origin is Sequence and isinstance(value, list):
        return [read_value(inner[0], item, where) for item in value]
    elif origin is Mapping and isinstance(value, Mapping):
        return dict(value)
    elif hint is float and type(value) is int:
        return float(value)
    elif type(value) is hint:
        return value
    raise ConfigError(f"{where}: expected {described(hint)}, got {value!r}")


def described(hint: Any) -> str:
    """A type in words."""
    origin, inner = get_origin(hint), get_args(hint)
    words = [described(kind) for kind in inner if kind not in (..., type(None))]
    if origin in (Union, types.UnionType):
        return " or ".join(words)
    if origin is tuple and ... not in inner:
        return f"a list of {len(words)}, each {words[0]}"
    if origin in (tuple, Sequence):
        return f"a list, each {words[0]}"
    return WORDS.get(hint, "a table")


def dotted(where: str, name: str) -> str:
    """A key with its table: ``training.steps``."""
    return f"{where}.{name}" if where else name
