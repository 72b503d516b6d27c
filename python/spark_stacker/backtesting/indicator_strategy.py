"""A strategy that does nothing but trade the signals of indicator objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from spark_stacker.config import register_indicator_type
from spark_stacker.errors import ParameterError
from spark_stacker.indicators.base_indicator import BaseIndicator
from spark_stacker.indicators.builtin import BUILTIN, BuiltinIndicator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["IndicatorStrategy", "strategy_of_indicators"]

_GIVEN: Final = ("market", "timeframe", "indicators")


@dataclass(frozen=True, slots=True)
class IndicatorStrategy:
    """Values of a strategy and its indicators for a configuration; ``own`` are the objects that Python
    computes.
    """

    strategy: dict[str, object]
    indicators: list[dict[str, object]]
    own: dict[str, BaseIndicator]


def strategy_of_indicators(
    indicators: Sequence[BaseIndicator], *, market: str, interval: str, values: Mapping[str, object]
) -> IndicatorStrategy:
    """A strategy of ``values`` whose voters are ``indicators``; built-in ones are computed by the core."""
    for key in _GIVEN:
        if key in values:
            raise ParameterError(f"{key} of the strategy is given by symbol, interval and indicators")
    entries: list[dict[str, object]] = []
    own: dict[str, BaseIndicator] = {}
    for indicator in indicators:
        if not isinstance(indicator, BaseIndicator):
            raise ParameterError(f"indicators must be of BaseIndicator, was {type(indicator).__name__}")
        if any(entry["name"] == indicator.name for entry in entries):
            raise ParameterError(
                f"indicators must have names of their own, {indicator.name!r} was given twice"
            )
        kind, parameters = _type_of(indicator)
        if kind not in BUILTIN:
            own[indicator.name] = indicator
        entries.append({"name": indicator.name, "type": kind, "parameters": parameters})
    names = [str(entry["name"]) for entry in entries]
    strategy = {
        "name": " + ".join(names),
        **values,
        "market": market,
        "timeframe": interval,
        "indicators": names,
    }
    return IndicatorStrategy(strategy, entries, own)


def _type_of(indicator: BaseIndicator) -> tuple[str, dict[str, object]]:
    """The type that a configuration names the indicator by; a class of the user's is entered under its own
    name.
    """
    if isinstance(indicator, BuiltinIndicator) and type(indicator) is BUILTIN.get(indicator.kind):
        return indicator.kind, dict(indicator.params)
    kind = f"{type(indicator).__module__}.{type(indicator).__qualname__}"
    register_indicator_type(kind)
    return kind, {}
