"""Every exception of the package, grouped by what the one who meets it should do.

::

    SparkStackerError
    ├── InputError                 mend the input and try again
    │   ├── ParameterError         a parameter, name or setting outside what is allowed
    │   ├── ConfigError            a configuration file: file, key, value, what was expected
    │   ├── DataError              candles or other market data: place, value, rule
    │   └── StrategyError          user code (indicator, strategy function) that failed
    ├── OrderRefusedError          this order is refused, trading goes on
    ├── RetryableError             the same call may succeed later (network, rate limit)
    ├── StopTradingError           stop the bot: going on would be unsafe
    └── InternalError              a defect of this package

``exit_code`` is what the command line ends with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ConfigError",
    "ConfigProblem",
    "DataError",
    "InputError",
    "InternalError",
    "OrderRefusedError",
    "ParameterError",
    "RetryableError",
    "SparkStackerError",
    "StopTradingError",
    "StrategyError",
]


class SparkStackerError(Exception):
    """Base of all exceptions of the package."""

    exit_code = 1


class InputError(SparkStackerError, ValueError):
    """Something given from outside is wrong; nothing was done."""

    exit_code = 2


class ParameterError(InputError):
    """A parameter, a name or a setting is outside what is allowed."""


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One mistake in a configuration: its place, as ``strategies[0].stop_loss_pct``, and what is wrong."""

    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.key}: {self.message}" if self.key else self.message


class ConfigError(InputError):
    """A configuration is wrong; the message names file, key, value and what was expected.

    ``problems`` holds every mistake found, each with its key.
    """

    exit_code = 3

    def __init__(self, message: str, problems: Sequence[ConfigProblem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class DataError(InputError):
    """Market data break a rule; the message names place, value and rule."""

    exit_code = 4


class StrategyError(InputError):
    """User code (an indicator or a strategy function) failed or returned what it must not."""

    exit_code = 5


class OrderRefusedError(SparkStackerError):
    """An order was refused; trading goes on."""

    exit_code = 6


class RetryableError(SparkStackerError):
    """The same call may succeed later."""

    exit_code = 7


class StopTradingError(SparkStackerError):
    """Going on would be unsafe."""

    exit_code = 8


class InternalError(SparkStackerError):
    """A defect of this package; please report it."""

    exit_code = 70
