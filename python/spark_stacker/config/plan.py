"""From settings to the plan that the Rust core trades, with every key present."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spark_stacker.config.fees import FALLBACK_FEES, FeeRates
from spark_stacker.config.registry import is_built_in
from spark_stacker.config.resolve import (
    ResolvedIndicator,
    enabled_strategies,
    exchange_of,
    indicators_of,
    instrument_of,
    markets_of,
    symbol_of,
)
from spark_stacker.config.symbols import parse_symbol
from spark_stacker.config.values import interval_name, interval_ns
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spark_stacker.config.instrument import InstrumentSettings
    from spark_stacker.config.resolve import MarketUse
    from spark_stacker.config.settings import LimitSettings, Settings
    from spark_stacker.config.sizing import SizingSettings
    from spark_stacker.config.strategy import StrategySettings

__all__ = ["build_plan", "fee_rates", "require_core_indicators", "venue_plan"]

Plan = dict[str, Any]


def build_plan(
    settings: Settings,
    *,
    strategies: Sequence[str] | None = None,
    intervals_ns: Mapping[str, int] | None = None,
    impacts: Mapping[str, Plan] | None = None,
) -> Plan:
    """The plan of ``strategies`` (by name; all enabled ones if not given) for ``_core.Portfolio``.

    ``intervals_ns`` gives the interval of the candles at hand by symbol (``ETH-USD``); by default the longest
    one that serves all timeframes. All markets share one interval, so that their candles close together.
    ``impacts`` are the calibrated costs by symbol, for the slippage that is made of them. The
    markets of the plan are those of ``markets_of``, in its order. Raises ``ParameterError`` for an unknown
    strategy, when none is enabled, and for candles too coarse for a timeframe or of several intervals.
    """
    chosen = enabled_strategies(settings, strategies)
    if not chosen:
        raise ParameterError("no strategy is enabled")
    markets = markets_of(settings, chosen)
    interval = _interval(markets, intervals_ns or {})
    places = {(market.exchange, market.symbol): index for index, market in enumerate(markets)}
    return {
        "initial_balance": settings.initial_balance,
        "venue": _venue(settings, chosen),
        "markets": [
            {
                "symbol": market.symbol,
                "interval_ns": interval,
                "instrument": _instrument(instrument_of(settings, parse_symbol(market.symbol))),
                "impact": (impacts or {}).get(market.symbol),
            }
            for market in markets
        ],
        "limits": _limits(settings.limits, settings.max_parallel_trades),
        "strategies": [_strategy(settings, strategy, places) for strategy in chosen],
    }


def venue_plan(settings: Settings, *, symbol: str, interval_ns: int, impact: Plan | None = None) -> Plan:
    """The plan of a venue with one market and no strategy, for orders that come from elsewhere."""
    return {
        "initial_balance": settings.initial_balance,
        "venue": _venue(settings, ()),
        "markets": [
            {
                "symbol": symbol,
                "interval_ns": interval_ns,
                "instrument": _instrument(instrument_of(settings, parse_symbol(symbol))),
                "impact": impact,
            }
        ],
        "limits": _limits(settings.limits, settings.max_parallel_trades),
        "strategies": [],
    }


def require_core_indicators(plan: Plan) -> None:
    """Raises `ParameterError` for an indicator of a plan that the core does not compute: on ticks only those
    run.
    """
    for strategy in plan["strategies"]:
        for indicator in strategy["indicators"]:
            if indicator["type"] is None:
                raise ParameterError(
                    f"indicator {indicator['name']!r} is computed in Python; "
                    "on ticks only those of the core run"
                )


def fee_rates(settings: Settings, strategies: Sequence[StrategySettings]) -> FeeRates:
    """Maker's and taker's rate for these strategies; of several exchanges' schedules the dearest of each."""
    exchanges = (exchange_of(settings, strategy) for strategy in strategies)
    types = {exchange.exchange_type if exchange else None for exchange in exchanges} or {None}
    rates = [settings.simulation.fee_rates(kind, fallback=FALLBACK_FEES) for kind in types]
    return FeeRates(maker=max(rate.maker for rate in rates), taker=max(rate.taker for rate in rates))


def _interval(markets: Sequence[MarketUse], given: Mapping[str, int]) -> int:
    """The interval of the candles of all markets."""
    needed = markets[0].interval_ns
    intervals = {market.symbol: given.get(market.symbol, needed) for market in markets}
    for symbol, interval in intervals.items():
        if needed % interval:
            raise ParameterError(
                f"candles of {symbol} must be of {interval_name(needed)} or a part of it, "
                f"were of {interval_name(interval)}"
            )
    if len(set(intervals.values())) > 1:
        listed = ", ".join(f"{symbol} of {interval_name(interval)}" for symbol, interval in intervals.items())
        raise ParameterError(f"candles of all markets must have one interval, were {listed}")
    return next(iter(intervals.values()))


def _venue(settings: Settings, strategies: Sequence[StrategySettings]) -> Plan:
    simulation = settings.simulation
    rates = fee_rates(settings, strategies)
    return {
        "maker_fee_rate": rates.maker,
        "taker_fee_rate": rates.taker,
        "liquidation_fee_rate": simulation.liquidation_fee,
        "fee_in_base": simulation.fee_in_base,
        "fill_on_touch": simulation.fill_on_touch,
        "margin_mode": simulation.margin_mode,
        "seed": simulation.seed,
        "slippage": simulation.slippage.model_dump(exclude={"venue", "path", "root"}),
    }


def _instrument(instrument: InstrumentSettings | None) -> Plan | None:
    if instrument is None:
        return None
    return {
        "market_type": instrument.market_type,
        "tick_size": instrument.tick_size,
        "lot_size": instrument.lot_size,
        "min_quantity": instrument.min_quantity,
        "min_notional": instrument.min_notional,
        "margin_tiers": _margin_tiers(instrument),
    }


def _margin_tiers(instrument: InstrumentSettings) -> list[Plan]:
    if instrument.max_leverage is not None:
        # Half the initial margin at the highest leverage: hyperliquid.gitbook.io, Margining.
        rate = 0.5 / instrument.max_leverage
        return [_tier(0.0, rate, 0.0, instrument.max_leverage)]
    tiers: list[Plan] = []
    for tier in instrument.margin_tiers:
        deduction = tier.deduction
        if deduction is None:
            before = tiers[-1] if tiers else {"deduction": 0.0, "maintenance_rate": tier.maintenance_rate}
            step = tier.maintenance_rate - before["maintenance_rate"]
            deduction = before["deduction"] + tier.min_notional * step
        tiers.append(_tier(tier.min_notional, tier.maintenance_rate, deduction, tier.max_leverage))
    return tiers


def _tier(min_notional: float, maintenance_rate: float, deduction: float, max_leverage: float) -> Plan:
    return {
        "min_notional": min_notional,
        "maintenance_rate": maintenance_rate,
        "deduction": deduction,
        "max_leverage": max_leverage,
    }


def _limits(limits: LimitSettings, max_parallel_trades: int) -> Plan:
    return {"max_parallel_trades": max_parallel_trades, **limits.model_dump()}


def _strategy(
    settings: Settings, strategy: StrategySettings, places: Mapping[tuple[str | None, str], int]
) -> Plan:
    exchange = exchange_of(settings, strategy)
    market = (exchange.name if exchange else None, str(symbol_of(settings, strategy)))
    holding = strategy.max_holding_time
    return {
        "name": strategy.name,
        "market": places[market],
        "timeframe_ns": interval_ns(strategy.timeframe),
        "indicators": [_indicator(indicator) for indicator in indicators_of(settings, strategy)],
        "signal_mode": strategy.signal_mode,
        "min_confidence": strategy.min_confidence,
        "side": strategy.side,
        "exit_on_opposite": strategy.exit_on_opposite,
        "max_entries": strategy.max_entries,
        "sizing": {**_sizing(strategy.sizing), "max_position_size": strategy.max_position_size},
        "leverage": strategy.main_leverage,
        "stop_loss_pct": strategy.stop_loss_pct,
        "take_profit_pct": strategy.take_profit_pct,
        "trailing_stop_pct": strategy.trailing_stop_pct,
        "break_even_pct": strategy.break_even_pct,
        "max_holding_ns": None if holding is None else interval_ns(holding),
        "hedge": _hedge(strategy),
    }


def _indicator(indicator: ResolvedIndicator) -> Plan:
    return {
        "name": indicator.name,
        "type": indicator.type if is_built_in(indicator.type) else None,
        "parameters": dict(indicator.parameters),
        "timeframe_ns": interval_ns(indicator.timeframe),
        "weight": indicator.weight,
        "signal_ttl": indicator.signal_ttl,
    }


def _sizing(sizing: SizingSettings) -> Plan:
    values = sizing.model_dump()
    if "kelly_from_trades" in values:
        values["from_trades"] = values.pop("kelly_from_trades")
    return values


def _hedge(strategy: StrategySettings) -> Plan | None:
    if strategy.hedge_ratio == 0:
        return None
    return {
        "ratio": strategy.hedge_ratio,
        "leverage": strategy.hedge_leverage,
        "net_stop_loss_pct": strategy.hedge_net_stop_loss_pct,
        "reduce_at_pct": strategy.hedge_reduce_at_pct,
        "reduce_by_pct": strategy.hedge_reduce_by_pct,
        "keep_on_reversal": strategy.hedge_keep_on_reversal,
    }
