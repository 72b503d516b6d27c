"""What a configuration would do, in words and worked numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spark_stacker.config.exchange import SECRETS
from spark_stacker.config.plan import fee_rates
from spark_stacker.config.registry import resolved_parameters
from spark_stacker.config.resolve import (
    enabled_strategies,
    exchange_of,
    hedge_exchange,
    indicators_of,
    instrument_of,
    main_exchange,
    symbol_of,
)
from spark_stacker.config.sizing import FixedUnits, FixedUsd, Kelly, PercentEquity, RiskBased

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spark_stacker.config.exchange import ExchangeSettings
    from spark_stacker.config.settings import Settings
    from spark_stacker.config.strategy import StrategySettings

__all__ = ["Section", "explain", "warnings_of"]


@dataclass(frozen=True, slots=True)
class Section:
    """A headed list of facts: what they are about, each as label and text."""

    heading: str
    facts: tuple[tuple[str, str], ...]


def explain(settings: Settings) -> list[Section]:
    """Sections in reading order; of secrets they say ``set`` or ``missing``."""
    return [
        Section("run", tuple(_run(settings))),
        *(
            Section(f"exchange {exchange.name}", tuple(_exchange(settings, exchange)))
            for exchange in settings.exchanges
        ),
        *(
            Section(f"strategy {strategy.name}", tuple(_strategy(settings, strategy)))
            for strategy in settings.strategies
        ),
        Section("limits", tuple(_limits(settings))),
        Section("simulated venue", tuple(_simulation(settings))),
    ]


def warnings_of(settings: Settings) -> list[str]:
    """What is allowed but hardly meant."""
    warnings = []
    if not any(strategy.enabled for strategy in settings.strategies):
        warnings.append("no strategy is enabled: nothing would be traded")
    if settings.webhook_enabled:
        warnings.append("webhook_enabled: this version serves no webhook")
    used = [indicators_of(settings, strategy) for strategy in enabled_strategies(settings)]
    names = {indicator.name for indicators in used for indicator in indicators}
    warnings += [
        f"indicator {indicator.name} is enabled, and no strategy uses it"
        for indicator in settings.indicators
        if indicator.enabled and indicator.name not in names
    ]
    for strategy in enabled_strategies(settings):
        warnings += [
            f"strategy {strategy.name}: {warning}" for warning in _strategy_warnings(settings, strategy)
        ]
    return warnings


def _strategy_warnings(settings: Settings, strategy: StrategySettings) -> Iterator[str]:
    if strategy.stop_loss_pct is not None and strategy.stop_loss_pct * strategy.main_leverage >= 100:
        ruin = 100 / strategy.main_leverage
        yield (
            f"at {strategy.main_leverage:g}x the margin is gone after {ruin:g} % against the position, "
            f"before the stop at {strategy.stop_loss_pct:g} %"
        )
    if isinstance(strategy.sizing, Kelly) and strategy.sizing.win_rate is None:
        yield (
            "never starts: kelly_from_trades refuses entries below 20 closed trades (kelly_trades), and "
            "without an entry no trade closes; win_rate and payoff say what to begin with"
        )
    if instrument_of(settings, symbol_of(settings, strategy)) is None:
        symbol = symbol_of(settings, strategy)
        yield f"{symbol} has no entry in instruments: traded without rounding, minimum and margin tiers"


def _run(settings: Settings) -> Iterator[tuple[str, str]]:
    yield "mode", "dry run: orders go to the simulated venue, none to an exchange"
    yield "initial balance", _money(settings.initial_balance)
    enabled = len(enabled_strategies(settings))
    yield "strategies", f"{enabled} of {len(settings.strategies)} enabled"
    yield "log level", settings.log_level
    metrics = settings.metrics
    yield "metrics", f"http://{metrics.host}:{metrics.port}/metrics" if metrics.enabled else "off"
    yield "state", str(settings.state_directory)


def _exchange(settings: Settings, exchange: ExchangeSettings) -> Iterator[tuple[str, str]]:
    yield "type", exchange.exchange_type + (" (testnet)" if exchange.testnet else "")
    if not exchange.enabled:
        yield "enabled", "no"
    roles = [("main", main_exchange(settings)), ("hedge", hedge_exchange(settings))]
    role = " and ".join(name for name, chosen in roles if chosen is exchange)
    yield "role", role or "only for strategies that name it"
    yield "quote currency", exchange.quote_currency
    if exchange.exchange_type == "replay":
        recorded = [str(file) for file in exchange.files]
        if exchange.venue is not None:
            recorded.append(f"{exchange.venue} in the catalogue")
        yield "candles", ", ".join(recorded) or "none given"
        yield (
            "speed",
            "as fast as possible" if exchange.speed == "max" else f"{exchange.speed:g} times real time",
        )
    else:
        for key in ("wallet_address", *SECRETS):
            yield key, "set" if getattr(exchange, key) else "missing"


def _strategy(settings: Settings, strategy: StrategySettings) -> Iterator[tuple[str, str]]:
    if not strategy.enabled:
        yield "enabled", "no: it would not run"
    exchange = exchange_of(settings, strategy)
    venue = f" on {exchange.name}" if exchange else ""
    yield (
        "market",
        f"{symbol_of(settings, strategy)}{venue}, decided at the close of each {strategy.timeframe} candle",
    )
    indicators = indicators_of(settings, strategy)
    for indicator in indicators:
        resolved = resolved_parameters(indicator.type, indicator.parameters)
        parameters = ", ".join(f"{name} {_plain(value)}" for name, value in resolved.items())
        bars = "bar" if indicator.signal_ttl == 1 else "bars"
        weight = f", weight {indicator.weight:g}" if strategy.signal_mode == "weighted" else ""
        yield (
            f"indicator {indicator.name}",
            f"{indicator.type} on {indicator.timeframe} ({parameters}){weight}, "
            f"a signal stands {indicator.signal_ttl} {bars}",
        )
    yield "vote", _vote(strategy, len(indicators))
    yield "side", {"both": "long and short", "long": "long only", "short": "short only"}[strategy.side]
    yield "sizing", _sizing(strategy)
    yield "leverage", f"{strategy.main_leverage:g}x"
    yield "exits", _exits(strategy)
    yield "hedge", _hedge(strategy)


def _vote(strategy: StrategySettings, count: int) -> str:
    words = {
        "any": "any signal acts unless opposed",
        "all": f"all {count} must agree",
        "majority": f"more than half of {count} must agree",
        "weighted": f"the weighted mean of ±confidence must reach {strategy.min_confidence:g}",
    }[strategy.signal_mode]
    if strategy.signal_mode != "weighted" and strategy.min_confidence > 0:
        words += f", with a confidence of at least {strategy.min_confidence:g}"
    return words


def _sizing(strategy: StrategySettings) -> str:
    match strategy.sizing:
        case FixedUsd(amount=amount):
            words = f"{_money(amount)} margin a trade"
        case PercentEquity(equity_pct=percent):
            words = f"{percent:g} % of the equity as margin a trade"
        case RiskBased(risk_pct=percent):
            words = f"so much that the stop loses {percent:g} % of the equity"
        case FixedUnits(units=units):
            words = f"{units:g} units of the base currency a trade"
        case Kelly() as kelly:
            words = f"Kelly's share {_edge(kelly)}, times {kelly.fraction:g}, "
            words += f"at most {kelly.cap_pct:g} % of the equity"
    if strategy.sizing.scale_by_confidence:
        words += ", scaled by the signal's confidence"
    if strategy.max_position_size is not None:
        words += f", at most {_money(strategy.max_position_size)} margin"
    if strategy.sizing.min_notional is not None:
        words += f", refused below {_money(strategy.sizing.min_notional)} notional"
    if strategy.sizing.max_notional is not None:
        words += f", at most {_money(strategy.sizing.max_notional)} notional"
    return words + (f", up to {strategy.max_entries} entries" if strategy.max_entries > 1 else "")


def _edge(kelly: Kelly) -> str:
    own = "for the win rate and payoff of its last 50 closed trades"
    if kelly.win_rate is None or kelly.payoff is None:
        return f"{own}, and no entry below 20 of them"
    configured = f"for a win rate of {kelly.win_rate:g} and a payoff of {kelly.payoff:g}"
    return f"{own}, until there are 20 {configured}" if kelly.kelly_from_trades else configured


def _exits(strategy: StrategySettings) -> str:
    exits = [
        (strategy.stop_loss_pct, "stop {:g} % against the entry"),
        (strategy.take_profit_pct, "target {:g} % in favour"),
        (strategy.trailing_stop_pct, "trailing stop {:g} % behind the best price"),
        (strategy.break_even_pct, "stop to the entry price after {:g} % gain"),
    ]
    words = [text.format(percent) for percent, text in exits if percent is not None]
    if strategy.max_holding_time is not None:
        words.append(f"after {strategy.max_holding_time} at the latest")
    if strategy.exit_on_opposite:
        words.append("on the opposite signal")
    return ", ".join(words) or "none: a position would stay open"


def _hedge(strategy: StrategySettings) -> str:
    ratio = strategy.hedge_ratio
    if ratio == 0:
        return "none"
    main, hedge = 100 * (1 - ratio), 100 * ratio
    words = (
        f"of 100 capital, {main:g} margin the position at {strategy.main_leverage:g}x "
        f"({main * strategy.main_leverage:g} notional) and {hedge:g} the hedge the other way at "
        f"{strategy.hedge_leverage:g}x ({hedge * strategy.hedge_leverage:g} notional)"
    )
    if strategy.hedge_net_stop_loss_pct is not None:
        words += (
            f"; both close when they have lost {strategy.hedge_net_stop_loss_pct:g} % of the capital together"
        )
    if strategy.hedge_reduce_at_pct is not None:
        words += f"; at {strategy.hedge_reduce_at_pct:g} % gain "
        words += f"the hedge is reduced by {strategy.hedge_reduce_by_pct:g} %"
    if strategy.hedge_keep_on_reversal:
        words += "; on the opposite signal the hedge stays"
    return words


def _limits(settings: Settings) -> Iterator[tuple[str, str]]:
    yield "positions at once", str(settings.max_parallel_trades)
    limits = settings.limits
    yield "exposure", _percent(limits.max_exposure_pct, "of the equity")
    yield "exposure a market", _percent(limits.max_market_exposure_pct, "of the equity")
    yield "daily loss", _percent(limits.max_daily_loss_pct, "of the equity that the day began with")
    yield "drawdown", _percent(limits.max_drawdown_pct, "from the peak")
    if limits.max_daily_loss_pct is not None or limits.max_drawdown_pct is not None:
        yield "on a breach", "open positions are closed" if limits.close_on_breach else "no new positions"


def _simulation(settings: Settings) -> Iterator[tuple[str, str]]:
    simulation = settings.simulation
    rates = fee_rates(settings, enabled_strategies(settings))
    fees = (("maker", rates.maker), ("taker", rates.taker), ("liquidation", simulation.liquidation_fee))
    yield "fees", ", ".join(f"{name} {100 * rate:.4g} %" for name, rate in fees)
    slippage = simulation.slippage.model_dump()
    numbers = ", ".join(
        f"{name} {_plain(value)}" for name, value in slippage.items() if name != "model" and value is not None
    )
    yield (
        "slippage",
        f"{simulation.slippage.model}{f' ({numbers})' if numbers else ''}, seed {simulation.seed}",
    )
    yield "margin", simulation.margin_mode
    yield "limit orders", "fill on touch" if simulation.fill_on_touch else "fill when traded through"


def _percent(value: float | None, of: str) -> str:
    return "not limited" if value is None else f"{value:g} % {of}"


def _money(amount: float) -> str:
    return f"{amount:,.2f}"


def _plain(value: object) -> str:
    return (
        f"{value:g}"
        if isinstance(value, float)
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
    )
