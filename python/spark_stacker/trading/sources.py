"""Where a dry run's candles come from: files, a synthetic scenario, or the configuration's exchanges."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spark_stacker._core import interval_name, interval_ns
from spark_stacker.config import build_plan, enabled_strategies, markets_of, parse_symbol
from spark_stacker.config.exchange import SECRETS
from spark_stacker.connectors import ConnectorFactory
from spark_stacker.connectors.replay.recordings import named_recordings, recorded_market
from spark_stacker.data import synthesise
from spark_stacker.errors import ConfigError, ParameterError
from spark_stacker.trading.history import bars_needed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from spark_stacker.config import ExchangeSettings, Settings
    from spark_stacker.connectors.base_connector import BaseConnector
    from spark_stacker.connectors.replay import RecordedMarket

__all__ = ["CandleSource", "configured_exchanges", "files_by_market", "recorded_candles", "synthetic_candles"]

HISTORY_SHARE = 4
"""Of a recording at most one part in so many is held back as history, unless a number of bars is asked for.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleSource:
    """Connectors by market symbol, the interval of their candles, and words for where these come from."""

    connectors: Mapping[str, BaseConnector]
    intervals_ns: Mapping[str, int]
    text: str
    is_synthetic: bool = False


def recorded_candles(
    settings: Settings,
    files: Mapping[str, Path],
    *,
    speed: float | str = "max",
    history_bars: int | None = None,
) -> CandleSource:
    """Replay files, keyed by market symbol; ``history_bars`` first candles only warm the indicators up."""
    markets = {symbol: recorded_market(symbol, path) for symbol, path in files.items()}
    intervals_ns = {symbol: market.interval_ns for symbol, market in markets.items()}
    if history_bars is None:
        shortest = min(len(market.rows) for market in markets.values())
        needed = bars_needed(build_plan(settings, intervals_ns=intervals_ns))
        history_bars = min(needed, shortest // HISTORY_SHARE)
    names = ", ".join(f"{path.name} ({markets[symbol].fingerprint()[:12]})" for symbol, path in files.items())
    return _replay("replay", markets, speed, history_bars, text=f"recorded candles of {names}")


def synthetic_candles(
    settings: Settings,
    scenario: str,
    *,
    seed: int,
    bars: int,
    speed: float | str = "max",
    history_bars: int | None = None,
) -> CandleSource:
    """Replay ``bars`` made-up candles of a scenario, after enough of them for the indicators."""
    uses = markets_of(settings, enabled_strategies(settings))
    step = interval_name(_common_interval_ns([use.interval_ns for use in uses]))
    intervals_ns = {use.symbol: interval_ns(step) for use in uses}
    if history_bars is None:
        history_bars = bars_needed(build_plan(settings, intervals_ns=intervals_ns))
    markets = {
        use.symbol: recorded_market(
            use.symbol,
            synthesise(scenario, interval=step, bars=bars + history_bars, seed=seed + number).frame,
            step,
        )
        for number, use in enumerate(uses)
    }
    text = f"synthetic scenario {scenario}, seed {seed}, {bars} bars of {step}"
    return _replay("synthetic", markets, speed, history_bars, text=text, is_synthetic=True)


def configured_exchanges(settings: Settings) -> CandleSource:
    """Take candles from the exchanges that the strategies name.

    Raises ``ConfigError`` when there is none, or none of that type exists here.
    """
    uses = markets_of(settings, enabled_strategies(settings))
    wanted = {use.exchange for use in uses}
    if None in wanted:
        raise ConfigError("the configuration has no exchange to take candles from; give --data or --scenario")
    known = ConnectorFactory.get_available_connectors()
    chosen = [exchange for exchange in settings.exchanges if exchange.name in wanted]
    for exchange in chosen:
        if exchange.exchange_type not in known:
            raise ConfigError(
                f"exchange {exchange.name!r}: no connector for {exchange.exchange_type!r} is part of this "
                f"version (there are: {', '.join(known)}); --data or --scenario dry-run on recorded candles"
            )
    connectors = ConnectorFactory.create_connectors_from_config(
        _options(exchange, settings) for exchange in chosen
    )
    by_symbol = {use.symbol: connectors[use.exchange or ""] for use in uses}
    common_ns = _common_interval_ns([use.interval_ns for use in uses])
    return CandleSource(
        connectors=by_symbol,
        intervals_ns={symbol: _offered_ns(by_symbol[symbol], symbol, common_ns) for symbol in by_symbol},
        text=", ".join(connector.source for connector in connectors.values()),
    )


def files_by_market(settings: Settings, given: Sequence[str], paths: Sequence[Path]) -> dict[str, Path]:
    """Match files to the markets of the strategies.

    ``given`` names a symbol for each path or is empty there: then the only market is meant, or the one that
    the file's name begins with. Raises ``ParameterError`` for a market without a file and a file without a
    market.
    """
    symbols = [use.symbol for use in markets_of(settings, enabled_strategies(settings))]
    found: dict[str, Path] = {}
    for named, path in zip(given, paths, strict=True):
        if named:
            pairs = {str(parse_symbol(named, default_quote="USD")): path}
        elif len(symbols) == len(paths) == 1 and not path.is_dir():
            pairs = {symbols[0]: path}
        else:
            pairs = dict(named_recordings([path]))
        for symbol, file in pairs.items():
            if symbol in found:
                raise ParameterError(f"{symbol} is recorded twice: {found[symbol]} and {file}")
            if symbol in symbols:
                found[symbol] = file
            elif not path.is_dir():
                raise ParameterError(f"{file}: no strategy trades {symbol}, they trade {', '.join(symbols)}")
    missing = [symbol for symbol in symbols if symbol not in found]
    if missing:
        raise ParameterError(f"no candles of {', '.join(missing)} are given; --data SYMBOL=FILE gives them")
    return found


def _replay(
    name: str,
    markets: Mapping[str, RecordedMarket],
    speed: float | str,
    history_bars: int,
    *,
    text: str,
    is_synthetic: bool = False,
) -> CandleSource:
    connector = ConnectorFactory.create_connector(
        "replay", name, recordings=markets, speed=speed, warm_up_bars=history_bars
    )
    return CandleSource(
        connectors=dict.fromkeys(markets, connector),
        intervals_ns={symbol: market.interval_ns for symbol, market in markets.items()},
        text=text,
        is_synthetic=is_synthetic,
    )


def _options(exchange: ExchangeSettings, settings: Settings) -> dict[str, Any]:
    """Return what the configuration says of an exchange, secrets in plain text for its connector alone."""
    said = {key: getattr(exchange, key) for key in exchange.model_fields_set}
    secrets = {key: exchange.secret(key) for key in SECRETS if key in said}
    if exchange.files:
        said["warm_up_bars"] = settings.live.history_bars or 0
    return {**said, **secrets, "exchange_type": exchange.exchange_type}


def _offered_ns(connector: BaseConnector, symbol: str, wanted_ns: int) -> int:
    """Return the interval of a market's candles: the wanted one, unless the connector has only another."""
    for market in connector.get_markets() if connector.venue_time_ns is not None else ():
        if market["symbol"] == symbol:
            return interval_ns(market["interval"])
    return wanted_ns


def _common_interval_ns(intervals_ns: Sequence[int]) -> int:
    return math.gcd(*intervals_ns)
