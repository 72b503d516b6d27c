"""Where a dry run's candles come from: files, the catalogue, a synthetic scenario, or the configuration's
exchanges.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from spark_stacker._core import interval_name, interval_ns
from spark_stacker.config import build_plan, enabled_strategies, markets_of, parse_symbol
from spark_stacker.config.exchange import SECRETS
from spark_stacker.connectors import ConnectorFactory
from spark_stacker.connectors.replay import ReplayConnector
from spark_stacker.connectors.replay.recordings import (
    catalogued_markets,
    named_recordings,
    recorded_market,
)
from spark_stacker.data import synthesise
from spark_stacker.data.files import other_market_in_name
from spark_stacker.data.perpetuals import funding_warnings, mark_warnings
from spark_stacker.errors import ConfigError, ParameterError
from spark_stacker.trading.history import bars_needed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from spark_stacker.config import ExchangeSettings, Settings
    from spark_stacker.connectors.base_connector import BaseConnector
    from spark_stacker.connectors.replay import RecordedMarket
    from spark_stacker.data import PerpetualData

__all__ = [
    "CandleSource",
    "catalogued_candles",
    "configured_exchanges",
    "files_by_market",
    "recorded_candles",
    "synthetic_candles",
]

Beside: TypeAlias = "Callable[[Mapping[str, str]], Mapping[str, PerpetualData]]"
"""Finds funding and mark candles by symbol, told the candles' intervals."""

HISTORY_SHARE = 4
"""Of a recording at most one part in so many is held back as history, unless a number of bars is asked for.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleSource:
    """Connectors by market symbol, the interval of their candles, and words for where these come from.

    ``facts`` say what goes with them, ``notes`` what to be warned of before a run.
    """

    connectors: Mapping[str, BaseConnector]
    intervals_ns: Mapping[str, int]
    text: str
    is_synthetic: bool = False
    facts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def recorded_candles(
    settings: Settings,
    files: Mapping[str, Path],
    *,
    speed: float | str = "max",
    history_bars: int | None = None,
    beside: Beside | None = None,
) -> CandleSource:
    """Replay files, keyed by market symbol; ``history_bars`` first candles only warm the indicators up."""
    markets = {symbol: recorded_market(symbol, path) for symbol, path in files.items()}
    names = {symbol: path.name for symbol, path in files.items()}
    source = _recorded(settings, markets, names, speed=speed, history_bars=history_bars, beside=beside)
    notes = [note for symbol, path in files.items() if (note := other_market_in_name(symbol, path))]
    return replace(source, notes=(*notes, *source.notes))


def catalogued_candles(
    settings: Settings,
    venue: str,
    *,
    root: Path | None = None,
    interval: str | None = None,
    speed: float | str = "max",
    history_bars: int | None = None,
    beside: Beside | None = None,
) -> CandleSource:
    """Replay what the catalogue has of the strategies' markets at ``venue``.

    ``interval`` is that of the candles, by default the longest that serves all timeframes.
    """
    uses = markets_of(settings, enabled_strategies(settings))
    step = interval or interval_name(_common_interval_ns([use.interval_ns for use in uses]))
    symbols = [use.symbol for use in uses]
    markets = catalogued_markets(venue, symbols=symbols, interval=step, root=root, beside=False)
    names = {symbol: f"{venue} {symbol}" for symbol in symbols}
    return _recorded(settings, markets, names, speed=speed, history_bars=history_bars, beside=beside)


def _recorded(
    settings: Settings,
    markets: Mapping[str, RecordedMarket],
    names: Mapping[str, str],
    *,
    speed: float | str,
    history_bars: int | None,
    beside: Beside | None,
) -> CandleSource:
    intervals_ns = {symbol: market.interval_ns for symbol, market in markets.items()}
    if history_bars is None:
        shortest = min(len(market.rows) for market in markets.values())
        needed = bars_needed(build_plan(settings, intervals_ns=intervals_ns))
        history_bars = min(needed, shortest // HISTORY_SHARE)
    given = {} if beside is None else beside({s: interval_name(step) for s, step in intervals_ns.items()})
    markets = {
        symbol: market.with_perpetual(given[symbol]) if symbol in given else market
        for symbol, market in markets.items()
    }
    texts = (f"{names[symbol]} ({market.fingerprint()[:12]})" for symbol, market in markets.items())
    source = _replay("replay", markets, speed, history_bars, text=f"recorded candles of {', '.join(texts)}")
    return replace(
        source,
        is_synthetic=any(market.synthetic for market in markets.values()),
        facts=tuple(note for data in given.values() for note in data.notes),
        notes=tuple(_perpetual_warnings(given, markets, history_bars)),
    )


def _perpetual_warnings(
    given: Mapping[str, PerpetualData], markets: Mapping[str, RecordedMarket], history_bars: int
) -> Iterator[str]:
    for symbol, data in given.items():
        opens = pl.Series(markets[symbol].times[history_bars:], dtype=pl.Int64) // 1_000
        times = opens.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        if data.funding is not None:
            yield from funding_warnings(data.funding, times, symbol=symbol)
        if data.mark is not None:
            yield from mark_warnings(data.mark, times, symbol=symbol)


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
    common_ns = _common_interval_ns([use.interval_ns for use in uses])
    symbols = {exchange.name: [u.symbol for u in uses if u.exchange == exchange.name] for exchange in chosen}
    connectors = ConnectorFactory.create_connectors_from_config(
        _options(exchange, settings, symbols[exchange.name], interval_name(common_ns)) for exchange in chosen
    )
    by_symbol = {use.symbol: connectors[use.exchange or ""] for use in uses}
    played = [c.tape for c in connectors.values() if isinstance(c, ReplayConnector)]
    return CandleSource(
        connectors=by_symbol,
        intervals_ns={symbol: _offered_ns(by_symbol[symbol], symbol, common_ns) for symbol in by_symbol},
        text=", ".join(connector.source for connector in connectors.values()),
        is_synthetic=any(market.synthetic for tape in played for market in tape.markets),
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


def _options(
    exchange: ExchangeSettings, settings: Settings, symbols: Sequence[str], interval: str
) -> dict[str, Any]:
    """Return what the configuration says of an exchange, secrets in plain text for its connector alone.

    A replay of the catalogue is told which of its markets are traded, and at which interval.
    """
    said = {key: getattr(exchange, key) for key in exchange.model_fields_set}
    secrets = {key: exchange.secret(key) for key in SECRETS if key in said}
    if exchange.files or exchange.venue:
        said["warm_up_bars"] = settings.live.history_bars or 0
    if exchange.venue:
        said |= {"symbols": symbols, "interval": interval}
    return {**said, **secrets, "exchange_type": exchange.exchange_type}


def _offered_ns(connector: BaseConnector, symbol: str, wanted_ns: int) -> int:
    """Return the interval of a market's candles: the wanted one, unless the connector has only another."""
    for market in connector.get_markets() if connector.venue_time_ns is not None else ():
        if market["symbol"] == symbol:
            return interval_ns(market["interval"])
    return wanted_ns


def _common_interval_ns(intervals_ns: Sequence[int]) -> int:
    return math.gcd(*intervals_ns)
