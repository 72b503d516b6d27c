"""From the options of ``backtest`` and ``compare`` to results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from spark_stacker.cli.candles import find_candles
from spark_stacker.cli.perpetuals import find_perpetuals
from spark_stacker.cli.values import key_values
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from spark_stacker.backtesting import BacktestEngine, BacktestResult
    from spark_stacker.cli.candles import Candles, Choice
    from spark_stacker.config import Settings
    from spark_stacker.data import PerpetualData
    from spark_stacker.indicators.base_indicator import BaseIndicator

__all__ = [
    "ConfiguredCall",
    "Market",
    "Terms",
    "config_call",
    "engine_for",
    "indicators_from",
    "notes_of",
    "perpetuals_for",
    "run_config",
    "run_indicators",
    "settings_with",
    "strategy_values",
]


class Terms(NamedTuple):
    """Balance, fees and slippage as given; None is the default or the configuration's."""

    initial_balance: float | None
    maker_fee: float | None
    taker_fee: float | None
    slippage: str | None
    seed: int


class Market(NamedTuple):
    """A market and its candles' interval."""

    symbol: str
    interval: str


class ConfiguredCall(NamedTuple):
    """What the engine needs to run configured strategies; ``notes`` and ``warnings`` are for the reader."""

    engine: BacktestEngine
    settings: Settings
    options: dict[str, Any]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def config_call(
    config_file: Path, strategies: Sequence[str], *, choice: Choice, terms: Terms
) -> ConfiguredCall:
    """The configured strategies, on the configuration's terms where the options give none."""
    from spark_stacker._core import interval_name
    from spark_stacker.backtesting import BacktestEngine
    from spark_stacker.config import enabled_strategies, load_settings, markets_of, spot_markets
    from spark_stacker.data.impact import in_catalogue

    settings = in_catalogue(settings_with(load_settings(config_file), terms), choice.root)
    chosen = enabled_strategies(settings, list(strategies) or None)
    if not chosen:
        raise ParameterError(f"{config_file}: no strategy is enabled")
    uses = markets_of(settings, chosen)
    candles = find_candles(choice, [use.symbol for use in uses])
    intervals = {
        use.symbol: candles.intervals.get(use.symbol) or choice.interval or interval_name(use.interval_ns)
        for use in uses
    }
    beside = perpetuals_for(choice, intervals, spot=spot_markets(settings))
    options = {
        "strategies": [strategy.name for strategy in chosen],
        "intervals": intervals,
        "funding": {symbol: data.funding for symbol, data in beside.items() if data.funding is not None},
        "mark": {symbol: data.mark for symbol, data in beside.items() if data.mark is not None},
    }
    notes = (*candles.notes, *notes_of(beside))
    return ConfiguredCall(BacktestEngine(candles.manager), settings, options, notes, candles.warnings)


def run_config(
    config_file: Path,
    strategies: Sequence[str],
    *,
    choice: Choice,
    terms: Terms,
    span: Mapping[str, Any],
) -> tuple[BacktestResult, tuple[str, ...]]:
    """The backtest of the configured strategies, and notes on what was read."""
    call = config_call(config_file, strategies, choice=choice, terms=terms)
    result = call.engine.run_settings(call.settings, **call.options, **span)
    return result.with_warnings(*call.warnings), call.notes


def run_indicators(
    types: Sequence[str],
    params: Sequence[str],
    *,
    values: Mapping[str, object],
    choice: Choice,
    terms: Terms,
    span: Mapping[str, Any],
) -> tuple[BacktestResult, tuple[str, ...]]:
    """The signals of the indicators, any of which acts unless another opposes."""
    indicators = indicators_from(types, params)
    engine, market, candles = engine_for(choice, terms)
    beside = perpetuals_for(choice, {market.symbol: market.interval})
    result = engine.run_backtest(
        symbol=market.symbol,
        interval=market.interval,
        indicators=indicators,
        strategy_params=values,
        funding=beside[market.symbol].funding,
        mark=beside[market.symbol].mark,
        **span,
    )
    return result.with_warnings(*candles.warnings), (*candles.notes, *notes_of(beside))


def perpetuals_for(
    choice: Choice, intervals: Mapping[str, str], *, spot: Collection[str] = ()
) -> dict[str, PerpetualData]:
    """Funding and mark candles by symbol: those of the options, else those beside the catalogue's candles."""
    from spark_stacker.data import Catalogue

    return find_perpetuals(
        intervals,
        funding=choice.funding,
        mark=choice.mark,
        catalogue=Catalogue(choice.root) if choice.is_of_catalogue else None,
        venue=choice.venue,
        spot=spot,
    )


def engine_for(choice: Choice, terms: Terms) -> tuple[BacktestEngine, Market, Candles]:
    """An engine on these terms, and the one market that the options name."""
    from spark_stacker.backtesting import BacktestEngine

    if choice.symbol is None and not choice.data and choice.scenario is None:
        raise click.UsageError(
            "give candles with --data or --scenario, or a market of the catalogue with --symbol"
        )
    candles = find_candles(choice, [])
    if len(candles.intervals) > 1:
        raise click.UsageError("indicators trade one market: give one file")
    market = next((Market(*item) for item in candles.intervals.items()), None)
    if market is None:
        if choice.symbol is None or choice.interval is None:
            raise click.UsageError("--symbol and --interval must be given")
        market = Market(choice.symbol, choice.interval)
    given = {
        "initial_balance": terms.initial_balance,
        "maker_fee": terms.maker_fee,
        "taker_fee": terms.taker_fee,
        "slippage_model": None if terms.slippage is None else _slippage(terms.slippage, choice.root),
        "seed": terms.seed,
    }
    kept: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    return BacktestEngine(candles.manager, **kept), market, candles


def indicators_from(types: Sequence[str], params: Sequence[str]) -> list[BaseIndicator]:
    """An indicator of each type; ``TYPE.KEY=VALUE`` is a parameter of one of several."""
    from spark_stacker.indicators.indicator_factory import IndicatorFactory

    given = key_values("--param", params)
    indicators = []
    for kind in types:
        own = given.pop(kind, {})
        if len(types) == 1:
            own = {**(own if isinstance(own, dict) else {}), **given}
            given = {}
        indicators.append(IndicatorFactory.create_indicator(kind, kind, own))  # type: ignore[arg-type]
    if given:
        raise ParameterError(f"--param of several indicators must be TYPE.KEY=VALUE, was {next(iter(given))}")
    return indicators


def strategy_values(given: Sequence[str], leverage: float | None) -> dict[str, object]:
    """Keys of a strategy from ``--set`` and ``--leverage``."""
    values = key_values("--set", given)
    if leverage is not None:
        values["main_leverage"] = leverage
    return values


def notes_of(beside: Mapping[str, PerpetualData]) -> list[str]:
    """How the files of funding and mark candles were understood."""
    return [note for data in beside.values() for note in data.notes]


def settings_with(settings: Any, terms: Terms) -> Any:
    """The settings with the options in place of what they say, checked again."""
    from spark_stacker.config import parse_settings

    simulation: dict[str, object] = {"seed": terms.seed} if terms.seed else {}
    for name in ("maker_fee", "taker_fee"):
        if getattr(terms, name) is not None:
            simulation[name] = getattr(terms, name)
    if terms.slippage is not None:
        simulation["slippage"] = _slippage(terms.slippage)
    if not simulation and terms.initial_balance is None:
        return settings
    balance = settings.initial_balance if terms.initial_balance is None else terms.initial_balance
    given = {
        "initial_balance": balance,
        "simulation": {**settings.simulation.model_dump(exclude_unset=True), **simulation},
    }
    checked = parse_settings(given, source="options")
    return settings.model_copy(
        update={"initial_balance": checked.initial_balance, "simulation": checked.simulation}
    )


def _slippage(text: str, root: Path | None = None) -> dict[str, object]:
    """``fixed,bps=2``: a model and its numbers; of a calibrated one its catalogue as well."""
    model, *numbers = text.split(",")
    given = key_values("--slippage", numbers)
    if model == "calibrated" and root is not None and not {"path", "root"} & given.keys():
        given["root"] = root
    return {"model": model, **given}
