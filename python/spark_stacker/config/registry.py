"""Names that a configuration may use and upper layers define: indicator types and exchange types.

The built-in indicators are those of the Rust catalogue. ``IndicatorFactory`` and ``ConnectorFactory`` enter
what users register there, so that ``type = "my_indicator"`` is checked like a built-in one.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from spark_stacker.config.fees import FEE_SCHEDULES
from spark_stacker.config.suggestions import did_you_mean
from spark_stacker.errors import ConfigError, ConfigProblem, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spark_stacker.config.values import Scalar

    ParameterCheck = Callable[[Mapping[str, Scalar]], object]

__all__ = [
    "check_indicator",
    "exchange_types",
    "indicator_types",
    "is_built_in",
    "register_exchange_type",
    "register_indicator_type",
    "resolved_parameters",
]

_own_indicators: dict[str, ParameterCheck | None] = {}
_own_exchanges: set[str] = set()


def register_indicator_type(kind: str, check: ParameterCheck | None = None) -> None:
    """Makes ``kind`` an indicator's type; ``check`` raises ``ParameterError`` for wrong parameters."""
    _own_indicators[kind] = check


def register_exchange_type(kind: str) -> None:
    """Makes ``kind`` usable as an exchange's type."""
    _own_exchanges.add(kind)


def exchange_types() -> list[str]:
    """Every exchange type that a configuration may name."""
    return sorted({"replay", *FEE_SCHEDULES, *_own_exchanges})


def is_built_in(kind: str) -> bool:
    """Whether the Rust core computes this type; others hand their signals in."""
    return kind in _built_in_types() and kind not in _own_indicators


def indicator_types() -> list[str]:
    """Every indicator type that a configuration may name."""
    return sorted({*_built_in_types(), *_own_indicators})


def check_indicator(kind: str, parameters: Mapping[str, Scalar]) -> None:
    """Raises ``ConfigError``, its keys relative to the indicator, for an unknown type or wrong parameters."""
    known = indicator_types()
    if kind not in known:
        raise _refusal("type", f'must be one of {", ".join(known)}, was "{kind}"{did_you_mean(kind, known)}')
    try:
        if kind in _own_indicators:
            check = _own_indicators[kind]
            if check is not None:
                check(parameters)
        else:
            from spark_stacker import _core

            _core.Indicator(kind, dict(parameters))
    except InputError as error:  # an own type may also fail with StrategyError
        raise _refusal(*_locate(str(error), parameters)) from None


def resolved_parameters(kind: str, parameters: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Every parameter of an indicator, defaults and aliases resolved; for registered types those given."""
    if not is_built_in(kind):
        return dict(parameters)
    from spark_stacker import _core

    return dict(_core.Indicator(kind, dict(parameters)).parameters)


@cache
def _built_in_types() -> tuple[str, ...]:
    from spark_stacker import _core

    return tuple(str(entry["type"]) for entry in _core.indicator_catalog())


def _refusal(key: str, message: str) -> ConfigError:
    problem = ConfigProblem(key, message)
    return ConfigError(str(problem), [problem])


def _locate(message: str, parameters: Mapping[str, Scalar]) -> tuple[str, str]:
    """Key and rest of a message that begins with a parameter's name or quotes it first."""
    first, _, rest = message.partition(" ")
    if first in parameters:
        return f"parameters.{first}", rest
    quoted = message.split('"')
    if len(quoted) > 1 and quoted[1] in parameters:
        return f"parameters.{quoted[1]}", message
    return "parameters", message
