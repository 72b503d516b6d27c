"""How much history a plan's indicators need, and which of them are Python's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from spark_stacker._core import Indicator
from spark_stacker.config import indicators_of
from spark_stacker.trading.python_indicators import IndicatorRole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spark_stacker.config import Settings, StrategySettings

__all__ = ["bars_needed", "python_roles"]

SETTLED = 4
"""Recursive averages forget their first value in about four times their warm-up (e⁻⁸ of it is left)."""

UNKNOWN_NEED = 500
"""Bars given to an indicator that does not say what it needs."""


def bars_needed(plan: Mapping[str, Any]) -> int:
    """Return the bars of history after which every indicator of the plan has settled."""
    needed = 0
    for strategy in plan["strategies"]:
        interval_ns = plan["markets"][strategy["market"]]["interval_ns"]
        for indicator in strategy["indicators"]:
            own_bars = UNKNOWN_NEED
            if indicator["type"] is not None:
                own_bars = SETTLED * Indicator(indicator["type"], indicator["parameters"]).warm_up
            # One bar more of the timeframe, since history may begin in the middle of one.
            needed = max(needed, (own_bars + 1) * (indicator["timeframe_ns"] // interval_ns))
    return needed


def python_roles(
    settings: Settings, strategies: Sequence[StrategySettings], plan: Mapping[str, Any]
) -> list[IndicatorRole]:
    """Return the indicators that the core does not compute, created, each with its place in the plan."""
    roles = []
    for number, (strategy, planned) in enumerate(zip(strategies, plan["strategies"], strict=True)):
        market = plan["markets"][planned["market"]]
        resolved = indicators_of(settings, strategy)
        for position, (indicator, use) in enumerate(zip(resolved, planned["indicators"], strict=True)):
            if use["type"] is not None:
                continue
            from spark_stacker.indicators.indicator_factory import IndicatorFactory

            created = IndicatorFactory.create_indicator(
                indicator.name, indicator.type, dict(indicator.parameters)
            )
            created.symbol = market["symbol"]
            created.interval = timedelta(microseconds=use["timeframe_ns"] // 1_000)
            roles.append(
                IndicatorRole(
                    indicator=created,
                    strategy=number,
                    strategy_name=strategy.name,
                    position=position,
                    market=planned["market"],
                    symbol=market["symbol"],
                    interval_ns=market["interval_ns"],
                    timeframe_ns=use["timeframe_ns"],
                )
            )
    return roles
