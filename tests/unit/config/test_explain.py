"""A configuration in words."""

from __future__ import annotations

from typing import Any

import pytest

from spark_stacker.config import parse_settings
from spark_stacker.config.explain import explain, warnings_of


def facts(heading: str, **changes: Any) -> dict[str, str]:
    values: dict[str, Any] = {
        "exchanges": [{"name": "hyperliquid"}],
        "indicators": [{"name": "i", "type": "rsi"}, {"name": "j", "type": "macd"}],
        "strategies": [{"name": "s", "market": "ETH", **changes.pop("strategy", {})}],
        **changes,
    }
    sections = {section.heading: dict(section.facts) for section in explain(parse_settings(values))}
    return sections[heading]


@pytest.mark.parametrize(
    ("sizing", "words"),
    [
        ({"method": "fixed_usd", "amount": 1500}, "1,500.00 margin a trade"),
        ({"method": "percent_equity", "equity_pct": 25}, "25 % of the equity as margin a trade"),
        (
            {"method": "risk_based", "risk_pct": 1, "max_notional": 5000},
            "so much that the stop loses 1 % of the equity, at most 5,000.00 notional",
        ),
        ({"method": "fixed_units", "units": 0.5}, "0.5 units of the base currency a trade"),
    ],
)
def test_sizing_in_words(sizing: dict[str, Any], words: str) -> None:
    assert facts("strategy s", strategy={"sizing": sizing, "stop_loss_pct": 5})["sizing"] == words


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ({}, "any signal acts unless opposed"),
        (
            {"signal_mode": "all", "min_confidence": 0.5},
            "all 2 must agree, with a confidence of at least 0.5",
        ),
        ({"signal_mode": "majority"}, "more than half of 2 must agree"),
    ],
)
def test_votes_in_words(strategy: dict[str, Any], words: str) -> None:
    assert facts("strategy s", strategy=strategy)["vote"] == words


def test_a_position_without_any_exit_is_said_to_stay_open() -> None:
    assert (
        facts("strategy s", strategy={"exit_on_opposite": False})["exits"]
        == "none: a position would stay open"
    )


def test_a_strategy_and_an_exchange_may_be_off() -> None:
    assert facts("strategy s", strategy={"enabled": False})["enabled"] == "no: it would not run"
    exchanges = [{"name": "hyperliquid"}, {"name": "kraken", "enabled": False}]
    off = facts("exchange kraken", exchanges=exchanges)
    assert (off["enabled"], off["role"]) == ("no", "only for strategies that name it")


def test_a_replay_says_what_it_plays_and_how_fast() -> None:
    replay = {"name": "replay", "files": ["/data/eth.parquet"], "speed": 60}
    section = facts("exchange replay", exchanges=[replay])
    assert section["candles"] == "/data/eth.parquet"
    assert section["speed"] == "60 times real time"
    assert facts("exchange replay", exchanges=[{"name": "replay"}])["speed"] == "as fast as possible"


def test_limits_in_words() -> None:
    limits = facts("limits", limits={"max_drawdown_pct": 20, "close_on_breach": True})
    assert limits["drawdown"] == "20 % from the peak"
    assert limits["exposure"] == "not limited"
    assert limits["on a breach"] == "open positions are closed"


def test_the_simulated_venue_in_words() -> None:
    simulation = {"slippage": {"model": "none"}, "margin_mode": "cross", "fill_on_touch": True}
    venue = facts("simulated venue", simulation=simulation, metrics={"enabled": False})
    assert venue["slippage"] == "none, seed 0"
    assert (venue["margin"], venue["limit orders"]) == ("cross", "fill on touch")


def test_nothing_is_warned_of_without_reason() -> None:
    values = {
        "exchanges": [{"name": "hyperliquid"}],
        "indicators": [{"name": "i", "type": "rsi"}],
        "strategies": [{"name": "s", "market": "ETH"}],
        "instruments": {"ETH-USD": {"tick_size": 0.1}},
    }
    assert warnings_of(parse_settings(values)) == []
