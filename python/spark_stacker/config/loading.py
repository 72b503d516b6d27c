"""From a file, or values at hand, to checked settings; everything wrong is reported at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pydantic import ValidationError

from spark_stacker.config.environment import substitute
from spark_stacker.config.exchange import SECRETS
from spark_stacker.config.plugins import load_plugins
from spark_stacker.config.problems import problems_of
from spark_stacker.config.secrets import fetch_secrets
from spark_stacker.config.settings import Settings
from spark_stacker.config.source import read_file
from spark_stacker.config.values import FromEnvironment
from spark_stacker.errors import ConfigError, ConfigProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["load_settings", "parse_settings"]

_TELLING = 8
"""Characters from which a value of the environment is kept out of messages; shorter ones are words."""


def load_settings(path: str | Path, *, environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from a ``.json`` or ``.toml`` file.

    ``environment`` replaces the process's own. Relative paths in the file start at its directory. Raises
    ``ConfigError`` whose message has a line for each mistake, and whose ``problems`` hold them.
    """
    path = Path(path)
    return parse_settings(
        read_file(path), source=str(path), directory=path.absolute().parent, environment=environment
    )


def parse_settings(
    configuration: Mapping[str, object],
    *,
    source: str = "configuration",
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Settings from values as a file would give them; ``source`` names them in messages.

    >>> parse_settings({"max_parallel_trades": 2}).max_parallel_trades
    2
    """
    substituted, problems = substitute(configuration, os.environ if environment is None else environment)
    values = cast("dict[str, object]", substituted)
    problems += fetch_secrets(values, directory=directory or Path())
    problems += load_plugins(values.get("plugins"), directory=directory or Path())
    try:
        settings = Settings.model_validate(values, context={"directory": directory})
    except ValidationError as error:
        reported = {problem.key for problem in problems}
        found = problems_of(error, configuration, Settings)
        problems += [problem for problem in found if problem.key not in reported]
    if problems:
        raise _error(source, _without_secrets(problems, values))
    return settings


def _error(source: str, problems: Sequence[ConfigProblem]) -> ConfigError:
    if len(problems) == 1:
        return ConfigError(f"{source}: {problems[0]}", problems)
    lines = "".join(f"\n  {problem}" for problem in problems)
    return ConfigError(f"{source}: {len(problems)} mistakes{lines}", problems)


def _without_secrets(problems: Sequence[ConfigProblem], values: object) -> list[ConfigProblem]:
    """The problems with every value that came from the environment, a file or the keyring taken out."""
    hidden = sorted({text for text in _fetched(values) if len(text) >= _TELLING}, key=len, reverse=True)

    def scrubbed(message: str) -> str:
        for text in hidden:
            message = message.replace(text, "…")
        return message

    return [ConfigProblem(problem.key, scrubbed(problem.message)) for problem in problems]


def _fetched(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in SECRETS and isinstance(inner, str):
                yield inner
            yield from _fetched(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _fetched(inner)
    elif isinstance(value, FromEnvironment):
        yield value
