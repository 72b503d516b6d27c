"""Reads a file, JSON or TOML, into plain values; mistakes of the format come with line and column."""

from __future__ import annotations

import json
import sys
import tomllib
from typing import TYPE_CHECKING

from spark_stacker.errors import ConfigError, ConfigProblem

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_file", "read_json", "read_toml"]

_LARGEST = 10_000_000
"""Bytes beyond which a file is no configuration."""
_DEEPEST = 50
"""Tables and lists within one another beyond which it is none either."""
_TOO_LONG = f"a whole number has more than {sys.get_int_max_str_digits():,} digits"


def read_file(path: Path) -> dict[str, object]:
    """The content of ``path``; its ending says which format it has.

    Raises ``ConfigError`` when the file cannot be read or is not well-formed.
    """
    readers = {".json": read_json, ".toml": read_toml}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ConfigError(f"{path}: must end in .json or .toml")
    try:
        if path.stat().st_size > _LARGEST:
            raise ConfigError(f"{path}: too large for a configuration")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: must be UTF-8 text, byte {error.start} is not") from None
    value = reader(text, source=str(path))
    if _is_deeper(value, _DEEPEST):
        raise ConfigError(f"{path}: nested too deeply")
    return value


def read_json(text: str, *, source: str) -> dict[str, object]:
    """A JSON object; duplicate keys, NaN and infinities are mistakes."""
    try:
        value = json.loads(text, object_pairs_hook=_Object, parse_constant=_NotJson)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{source}: line {error.lineno}, column {error.colno}: {error.msg}") from None
    except ValueError:
        raise ConfigError(f"{source}: {_TOO_LONG}") from None
    except RecursionError:
        raise ConfigError(f"{source}: nested too deeply") from None
    if not isinstance(value, dict):
        raise ConfigError(f"{source}: must be an object, {{…}}")
    problems = list(_mistakes(value, ""))
    if problems:
        raise ConfigError("\n".join(f"{source}: {problem}" for problem in problems), problems)
    return value


def read_toml(text: str, *, source: str) -> dict[str, object]:
    """A TOML document."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).rstrip(")").rpartition(" (at ")
        raise ConfigError(f"{source}: {place}: {message}" if message else f"{source}: {error}") from None
    except ValueError:
        raise ConfigError(f"{source}: {_TOO_LONG}") from None
    except RecursionError:
        raise ConfigError(f"{source}: nested too deeply") from None


def _is_deeper(value: object, limit: int) -> bool:
    """Whether tables and lists stand within one another more than ``limit`` times."""
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


class _Object(dict[str, object]):
    """A JSON object that remembers which of its keys came more than once."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        keys = [key for key, _ in pairs]
        self.repeated = sorted({key for key in keys if keys.count(key) > 1}) if len(self) < len(keys) else []


class _NotJson(str):
    """``NaN`` or an infinity, which Python's reader takes and JSON does not know."""

    __slots__ = ()


def _mistakes(value: object, place: str) -> list[ConfigProblem]:
    if isinstance(value, _NotJson):
        return [ConfigProblem(place, f"must be a finite number, was {value}")]
    problems: list[ConfigProblem] = []
    if isinstance(value, _Object):
        dot = "." if place else ""
        problems += [ConfigProblem(f"{place}{dot}{key}", "the key appears twice") for key in value.repeated]
        for key, inner in value.items():
            problems += _mistakes(inner, f"{place}{dot}{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            problems += _mistakes(inner, f"{place}[{index}]")
    return problems
