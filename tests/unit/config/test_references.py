"""What only the whole configuration shows: names, roles of exchanges, instruments against strategies."""

from __future__ import annotations

from typing import Any

import pytest

from spark_stacker.config import (
    exchange_of,
    hedge_exchange,
    indicators_of,
    instrument_of,
    main_exchange,
    parse_settings,
    symbol_of,
)
from spark_stacker.errors import ConfigError


def configuration(**changes: Any) -> dict[str, Any]:
    return {
        "exchanges": [{"name": "hyperliquid"}],
        "strategies": [{"name": "a", "market": "ETH"}],
        "indicators": [{"name": "i", "type": "rsi"}],
        **changes,
    }


def keys(values: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_settings(values)
    return [problem.key for problem in caught.value.problems]


def test_the_only_enabled_exchange_is_main_and_hedge() -> None:
    settings = parse_settings(
        configuration(exchanges=[{"name": "hyperliquid"}, {"name": "kraken", "enabled": False}])
    )
    assert main_exchange(settings) == hedge_exchange(settings) == settings.exchanges[0]
    assert exchange_of(settings, settings.strategies[0]) == settings.exchanges[0]


def test_a_flag_of_a_disabled_exchange_does_not_count() -> None:
    exchanges = [{"name": "kraken", "enabled": False, "use_as_main": True}, {"name": "hyperliquid"}]
    settings = parse_settings(configuration(exchanges=exchanges))
    main = main_exchange(settings)
    assert main is not None
    assert main.name == "hyperliquid"


def test_of_several_exchanges_one_must_be_main() -> None:
    assert keys(configuration(exchanges=[{"name": "hyperliquid"}, {"name": "kraken"}])) == [
        "strategies[0].exchange"
    ]


def test_an_enabled_strategy_needs_an_enabled_exchange() -> None:
    values = configuration(exchanges=[{"name": "hyperliquid"}, {"name": "kraken", "enabled": False}])
    values["strategies"][0]["exchange"] = "kraken"
    assert keys(values) == ["strategies[0].exchange"]
    values["strategies"][0]["enabled"] = False
    assert parse_settings(values).strategies


def test_a_disabled_indicator_cannot_be_named() -> None:
    values = configuration(indicators=[{"name": "i", "type": "rsi", "enabled": False}])
    values["strategies"][0]["indicators"] = ["i"]
    assert keys(values) == ["strategies[0].indicators[0]"]


def test_the_quote_comes_from_the_exchange() -> None:
    settings = parse_settings(configuration(exchanges=[{"name": "kraken", "quote_currency": "EUR"}]))
    assert str(symbol_of(settings, settings.strategies[0])) == "ETH-EUR"


def test_a_strategys_use_goes_before_the_indicators_own_settings() -> None:
    values = configuration(
        indicators=[{"name": "i", "type": "rsi", "timeframe": "4h", "weight": 2, "signal_ttl": 3}]
    )
    first = indicators_of(parse_settings(values), parse_settings(values).strategies[0])[0]
    assert (first.timeframe, first.weight, first.signal_ttl) == ("4h", 2.0, 3)
    values["strategies"][0]["indicators"] = [{"name": "i", "timeframe": "1d", "weight": 5, "signal_ttl": 1}]
    settings = parse_settings(values)
    first = indicators_of(settings, settings.strategies[0])[0]
    assert (first.timeframe, first.weight, first.signal_ttl) == ("1d", 5.0, 1)


def test_an_indicator_without_a_timeframe_takes_the_strategys() -> None:
    values = configuration()
    values["strategies"][0]["timeframe"] = "15m"
    settings = parse_settings(values)
    assert indicators_of(settings, settings.strategies[0])[0].timeframe == "15m"


def test_an_instrument_is_found_in_any_spelling() -> None:
    settings = parse_settings(configuration(instruments={"eth/usd": {"tick_size": 0.5}}))
    instrument = instrument_of(settings, symbol_of(settings, settings.strategies[0]))
    assert instrument is not None
    assert instrument.tick_size == 0.5


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ({"side": "short"}, ["strategies[0].side"]),
        ({"hedge_ratio": 0.2}, ["strategies[0].hedge_ratio"]),
        ({"main_leverage": 2}, ["strategies[0].main_leverage"]),
    ],
)
def test_a_spot_market_has_neither_shorts_nor_leverage(strategy: dict[str, Any], expected: list[str]) -> None:
    values = configuration(instruments={"ETH-USD": {"market_type": "spot"}})
    values["strategies"][0] |= strategy
    assert keys(values) == expected


def test_a_spot_instrument_has_no_margin_tiers() -> None:
    values = configuration(instruments={"ETH-USD": {"market_type": "spot", "max_leverage": 5}})
    assert keys(values) == ['instruments["ETH-USD"].max_leverage']


def test_a_perpetual_is_a_margin_market() -> None:
    settings = parse_settings(configuration(instruments={"ETH-USD": {"market_type": "perpetual"}}))
    assert settings.instruments["ETH-USD"].market_type == "margin"


def test_tiers_must_rise() -> None:
    tier = {"min_notional": 0, "maintenance_rate": 0.01, "max_leverage": 50}
    values = configuration(instruments={"ETH-USD": {"margin_tiers": [tier, tier]}})
    assert keys(values) == ['instruments["ETH-USD"].margin_tiers[1].min_notional']


def test_the_hedges_leverage_is_limited_too() -> None:
    tier = {"min_notional": 0, "maintenance_rate": 0.01, "max_leverage": 4}
    values = configuration(instruments={"ETH-USD": {"margin_tiers": [tier]}})
    values["strategies"][0] |= {"main_leverage": 3, "hedge_leverage": 5}
    assert parse_settings(values).strategies
    values["strategies"][0]["hedge_ratio"] = 0.1
    assert keys(values) == ["strategies[0].hedge_leverage"]
