"""Replaces ``${NAME}`` and ``${NAME:-default}`` in every string of a configuration by variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from spark_stacker.config.values import FromEnvironment
from spark_stacker.errors import ConfigProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["substitute"]

_VARIABLE = re.compile(r"\$\$|\$\{(?P<inner>[^}]*)\}?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def substitute(value: object, environment: Mapping[str, str]) -> tuple[object, list[ConfigProblem]]:
    """The same tree with variables replaced, and a problem for each that is unset or misspelled.

    ``$$`` is a dollar sign. Replaced strings are ``FromEnvironment``, so that numbers and switches may come
    from the environment too.

    >>> substitute({"port": "${PORT:-8000}"}, {})
    ({'port': '8000'}, [])
    """
    problems: list[ConfigProblem] = []
    return _walk(value, "", environment, problems), problems


def _walk(value: object, place: str, environment: Mapping[str, str], problems: list[ConfigProblem]) -> object:
    if isinstance(value, dict):
        dot = "." if place else ""
        return {
            key: _walk(inner, f"{place}{dot}{key}", environment, problems) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_walk(inner, f"{place}[{index}]", environment, problems) for index, inner in enumerate(value)]
    if isinstance(value, str) and "$" in value:
        return _replace(value, place, environment, problems)
    return value


def _replace(text: str, place: str, environment: Mapping[str, str], problems: list[ConfigProblem]) -> str:
    whole = True
    found = 0

    def variable(match: re.Match[str]) -> str:
        nonlocal whole, found
        if match.group() == "$$":
            return "$"
        found += 1
        name, has_default, default = match.group("inner").partition(":-")
        if not _NAME.fullmatch(name) or not match.group().endswith("}"):
            problems.append(ConfigProblem(place, f"must name a variable as ${{NAME}}, was {match.group()}"))
            return ""
        if name in environment and (environment[name] or not has_default):
            return environment[name]
        if has_default:
            whole = False
            return default
        problems.append(ConfigProblem(place, f"the environment variable {name} is not set"))
        return ""

    replaced = _VARIABLE.sub(variable, text)
    if not found:
        return replaced
    return FromEnvironment(replaced, whole=whole and not _VARIABLE.sub("", text))
