"""Whether what one part of a configuration names exists in another, and whether both fit each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spark_stacker.config.resolve import exchange_of, instrument_of, symbol_of
from spark_stacker.config.suggestions import did_you_mean
from spark_stacker.config.symbols import Symbol, parse_symbol
from spark_stacker.errors import ConfigProblem, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spark_stacker.config.settings import Settings
    from spark_stacker.config.strategy import StrategySettings

__all__ = ["reference_problems"]


def reference_problems(settings: Settings) -> list[ConfigProblem]:
    """Every mistake that only the whole configuration shows."""
    problems = [
        *_repeated_names(settings),
        *_repeated_flags(settings),
        *_instruments(settings),
        *_hedge_ratios(settings),
    ]
    for index, strategy in enumerate(settings.strategies):
        place = f"strategies[{index}]"
        problems += [
            ConfigProblem(f"{place}.{problem.key}", problem.message)
            for problem in (
                *_exchange(settings, strategy),
                *_indicators(settings, strategy),
                *_market(settings, strategy),
            )
        ]
    return problems


def _repeated_names(settings: Settings) -> Iterator[ConfigProblem]:
    for section in ("exchanges", "strategies", "indicators"):
        names: Sequence[str] = [entry.name for entry in getattr(settings, section)]
        for index, name in enumerate(names):
            if name in names[:index]:
                first = names.index(name)
                yield ConfigProblem(f"{section}[{index}].name", f'"{name}" is taken by {section}[{first}]')


def _repeated_flags(settings: Settings) -> Iterator[ConfigProblem]:
    for flag in ("use_as_main", "use_as_hedge"):
        flagged = [
            index
            for index, exchange in enumerate(settings.exchanges)
            if exchange.enabled and getattr(exchange, flag)
        ]
        for index in flagged[1:]:
            yield ConfigProblem(f"exchanges[{index}].{flag}", f"is already set in exchanges[{flagged[0]}]")


def _instruments(settings: Settings) -> Iterator[ConfigProblem]:
    seen: dict[Symbol, str] = {}
    for written in settings.instruments:
        key = f'instruments["{written}"]'
        try:
            symbol = parse_symbol(written)
        except ParameterError as error:
            yield ConfigProblem(key, str(error).removeprefix("market "))
            continue
        if symbol in seen:
            yield ConfigProblem(key, f'is the same market as "{seen[symbol]}"')
        seen[symbol] = written


def _hedge_ratios(settings: Settings) -> Iterator[ConfigProblem]:
    hedged = [
        (index, strategy.hedge_ratio)
        for index, strategy in enumerate(settings.strategies)
        if strategy.enabled and strategy.hedge_ratio > 0
    ]
    for index, ratio in hedged[1:]:
        first, expected = hedged[0]
        if ratio != expected:
            message = (
                f"must be {expected:g} as in strategies[{first}], was {ratio:g}: both share two accounts"
            )
            yield ConfigProblem(f"strategies[{index}].hedge_ratio", message)


def _exchange(settings: Settings, strategy: StrategySettings) -> Iterator[ConfigProblem]:
    enabled = [exchange.name for exchange in settings.exchanges if exchange.enabled]
    if strategy.exchange is None:
        if len(enabled) > 1 and exchange_of(settings, strategy) is None:
            yield ConfigProblem(
                "exchange", f"is required: {', '.join(enabled)} are enabled and none is flagged use_as_main"
            )
        return
    exchange = exchange_of(settings, strategy)
    if exchange is None:
        yield _unknown("exchange", strategy.exchange, [exchange.name for exchange in settings.exchanges])
    elif not exchange.enabled and strategy.enabled:
        yield ConfigProblem("exchange", f'"{exchange.name}" is disabled')


def _indicators(settings: Settings, strategy: StrategySettings) -> Iterator[ConfigProblem]:
    known = {indicator.name: indicator for indicator in settings.indicators}
    if strategy.indicators is None:
        if strategy.enabled and not any(indicator.enabled for indicator in settings.indicators):
            yield ConfigProblem("indicators", "needs an enabled indicator: the configuration has none")
        return
    for index, use in enumerate(strategy.indicators):
        if use.name not in known:
            yield _unknown(f"indicators[{index}]", use.name, list(known))
        elif strategy.enabled and not known[use.name].enabled:
            yield ConfigProblem(f"indicators[{index}]", f'"{use.name}" is disabled')


def _unknown(key: str, name: str, known: list[str]) -> ConfigProblem:
    choice = f"one of {', '.join(known)}" if known else "defined, and the configuration has none"
    return ConfigProblem(key, f'must be {choice}, was "{name}"{did_you_mean(name, known)}')


def _market(settings: Settings, strategy: StrategySettings) -> Iterator[ConfigProblem]:
    try:
        symbol = symbol_of(settings, strategy)
    except ParameterError as error:  # the market alone is fine, but not in the exchange's quote currency
        yield ConfigProblem("market", str(error).removeprefix("market "))
        return
    try:
        instrument = instrument_of(settings, symbol)
    except ParameterError:  # reported as a mistake of instruments
        return
    if instrument is None:
        return
    if instrument.market_type == "spot":
        if strategy.side == "short":
            yield ConfigProblem("side", f'must be long or both: {symbol} is a spot market, was "short"')
        if strategy.hedge_ratio > 0:
            yield ConfigProblem(
                "hedge_ratio", f"must be 0: {symbol} is a spot market and a hedge sells short"
            )
    limit = instrument.leverage_limit
    legs = ["main_leverage", *(["hedge_leverage"] if strategy.hedge_ratio > 0 else [])]
    for key in legs:
        leverage = getattr(strategy, key)
        if limit is not None and leverage > limit:
            yield ConfigProblem(
                key, f"must be at most {limit:g}, the instrument's limit for {symbol}, was {leverage:g}"
            )
