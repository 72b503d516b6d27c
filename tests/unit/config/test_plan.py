"""From settings to the plan of the core."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_stacker import _core
from spark_stacker.config import build_plan, fee_rates, parse_settings, register_indicator_type, registry
from spark_stacker.errors import ParameterError

HOUR = 3_600_000_000_000

KEYS = {
    "": {"initial_balance", "venue", "markets", "limits", "strategies"},
    "venue": {
        "maker_fee_rate",
        "taker_fee_rate",
        "liquidation_fee_rate",
        "fee_in_base",
        "fill_on_touch",
        "margin_mode",
        "seed",
        "slippage",
    },
    "market": {"symbol", "interval_ns", "instrument", "impact"},
    "instrument": {"market_type", "tick_size", "lot_size", "min_quantity", "min_notional", "margin_tiers"},
    "tier": {"min_notional", "maintenance_rate", "deduction", "max_leverage"},
    "limits": {
        "max_parallel_trades",
        "max_exposure_pct",
        "max_market_exposure_pct",
        "max_daily_loss_pct",
        "max_drawdown_pct",
        "close_on_breach",
    },
    "strategy": {
        "name",
        "market",
        "timeframe_ns",
        "indicators",
        "signal_mode",
        "min_confidence",
        "side",
        "exit_on_opposite",
        "max_entries",
        "sizing",
        "leverage",
        "stop_loss_pct",
        "take_profit_pct",
        "trailing_stop_pct",
        "break_even_pct",
        "max_holding_ns",
        "hedge",
    },
    "indicator": {"name", "type", "parameters", "timeframe_ns", "weight", "signal_ttl"},
    "hedge": {
        "ratio",
        "leverage",
        "net_stop_loss_pct",
        "reduce_at_pct",
        "reduce_by_pct",
        "keep_on_reversal",
    },
}
SIZING_KEYS = {
    "fixed_usd": {"amount"},
    "percent_equity": {"equity_pct"},
    "risk_based": {"risk_pct"},
    "fixed_units": {"units"},
    "kelly": {"win_rate", "payoff", "fraction", "cap_pct", "from_trades"},
}
SLIPPAGE_KEYS = {
    "none": set(),
    "fixed": {"bps"},
    "random": {"max_bps"},
    "volume_share": {"base_bps", "coefficient_bps", "max_share_fraction"},
    "square_root": {"spread_bps", "coefficient", "volatility_bars"},
}


def assert_complete(plan: dict[str, Any]) -> None:
    assert set(plan) == KEYS[""]
    assert set(plan["venue"]) == KEYS["venue"]
    slippage = plan["venue"]["slippage"]
    assert set(slippage) == {"model"} | SLIPPAGE_KEYS[slippage["model"]]
    assert set(plan["limits"]) == KEYS["limits"]
    for market in plan["markets"]:
        assert set(market) == KEYS["market"]
        if market["instrument"] is not None:
            assert set(market["instrument"]) == KEYS["instrument"]
            assert all(set(tier) == KEYS["tier"] for tier in market["instrument"]["margin_tiers"])
    for strategy in plan["strategies"]:
        assert set(strategy) == KEYS["strategy"]
        assert 0 <= strategy["market"] < len(plan["markets"])
        sizing = strategy["sizing"]
        shared = {"method", "scale_by_confidence", "max_position_size", "min_notional", "max_notional"}
        assert set(sizing) == shared | SIZING_KEYS[sizing["method"]]
        assert strategy["hedge"] is None or set(strategy["hedge"]) == KEYS["hedge"]
        assert all(set(indicator) == KEYS["indicator"] for indicator in strategy["indicators"])


def test_the_plan_of_the_documented_configuration(seed: dict[str, Any]) -> None:
    plan = build_plan(parse_settings(seed))
    assert_complete(plan)
    assert plan["initial_balance"] == 10_000.0
    assert plan["markets"] == [{"symbol": "ETH-USD", "interval_ns": HOUR, "instrument": None, "impact": None}]
    assert plan["limits"]["max_parallel_trades"] == 1
    strategy = plan["strategies"][0]
    assert strategy["indicators"] == [
        {
            "name": "eth_rsi",
            "type": "rsi",
            "parameters": {"period": 14, "overbought": 70, "oversold": 30, "signal_period": 1},
            "timeframe_ns": HOUR,
            "weight": 1.0,
            "signal_ttl": 1,
        }
    ]
    assert strategy["leverage"] == 5.0
    assert strategy["sizing"] == {
        "method": "percent_equity",
        "equity_pct": 100.0,
        "scale_by_confidence": False,
        "max_position_size": 100.0,
        "min_notional": None,
        "max_notional": None,
    }
    assert strategy["hedge"] == {
        "ratio": 0.2,
        "leverage": 2.0,
        "net_stop_loss_pct": None,
        "reduce_at_pct": None,
        "reduce_by_pct": 50.0,
        "keep_on_reversal": False,
    }


percent = st.floats(0.01, 99.0)
sizings = st.one_of(
    st.builds(lambda amount: {"method": "fixed_usd", "amount": amount}, st.floats(0.01, 1e6)),
    st.builds(lambda share: {"method": "percent_equity", "equity_pct": share}, percent),
    st.builds(lambda risk: {"method": "risk_based", "risk_pct": risk}, percent),
    st.builds(lambda units: {"method": "fixed_units", "units": units}, st.floats(1e-6, 1e6)),
    st.builds(
        lambda rate, payoff, trades: {
            "method": "kelly",
            "win_rate": rate,
            "payoff": payoff,
            "kelly_from_trades": trades,
        },
        st.floats(0, 1),
        st.floats(0.1, 10),
        st.booleans(),
    ),
)
strategies = st.builds(
    lambda base, timeframe, sizing, stop, hedge, mode, ttl, optional: {
        "market": base,
        "timeframe": timeframe,
        "sizing": sizing,
        "stop_loss_pct": stop,
        "hedge_ratio": hedge,
        "signal_mode": mode,
        "indicators": ["slow", {"name": "fast", "signal_ttl": ttl, "timeframe": "15m"}],
        **optional,
    },
    st.sampled_from(["ETH", "BTC-USD", "sol/eur"]),
    st.sampled_from(["15m", "1h", "4h", "1d"]),
    sizings,
    percent,
    st.sampled_from([0, 0.2]),
    st.sampled_from(["any", "all", "majority", "weighted"]),
    st.integers(1, 10),
    st.fixed_dictionaries(
        {},
        optional={
            "take_profit_pct": percent,
            "trailing_stop_pct": percent,
            "break_even_pct": percent,
            "max_holding_time": st.sampled_from(["12h", "3d"]),
            "max_entries": st.integers(1, 5),
            "side": st.sampled_from(["long", "short", "both"]),
            "max_position_size": st.floats(1, 1e6),
        },
    ),
)
slippages = st.sampled_from([{"model": model} for model in SLIPPAGE_KEYS])


@given(st.lists(strategies, min_size=1, max_size=4), slippages, st.booleans())
def test_every_valid_configuration_gives_every_key_and_the_core_takes_it(
    chosen: list[dict[str, Any]], slippage: dict[str, str], specified: bool
) -> None:
    settings = parse_settings(
        {
            "strategies": [{"name": f"s{index}", **strategy} for index, strategy in enumerate(chosen)],
            "indicators": [
                {"name": "slow", "type": "rsi", "timeframe": "1d"},
                {"name": "fast", "type": "macd"},
            ],
            "simulation": {"slippage": slippage},
            "instruments": {"ETH-USD": {"tick_size": 0.1, "max_leverage": 25}} if specified else {},
        }
    )
    plan = build_plan(settings)
    assert_complete(plan)
    _core.Portfolio(plan)
    assert len(plan["strategies"]) == len(chosen)
    for strategy in plan["strategies"]:
        interval = plan["markets"][strategy["market"]]["interval_ns"]
        assert strategy["timeframe_ns"] % interval == 0
        assert all(indicator["timeframe_ns"] % interval == 0 for indicator in strategy["indicators"])


def two_strategies(**changes: object) -> dict[str, Any]:
    return {
        "strategies": [
            {"name": "a", "market": "ETH", "timeframe": "4h"},
            {"name": "b", "market": "eth/usd", "timeframe": "6h", "enabled": False},
            {"name": "c", "market": "BTC", "timeframe": "1h"},
        ],
        "indicators": [{"name": "i", "type": "rsi"}],
        **changes,
    }


def test_strategies_in_one_market_share_it_and_one_interval_serves_all() -> None:
    settings = parse_settings(two_strategies())
    plan = build_plan(settings, strategies=["a", "b", "c"])
    assert [(market["symbol"], market["interval_ns"]) for market in plan["markets"]] == [
        ("ETH-USD", HOUR),
        ("BTC-USD", HOUR),
    ]
    assert [strategy["market"] for strategy in plan["strategies"]] == [0, 0, 1]


def test_disabled_strategies_are_left_out_unless_named() -> None:
    settings = parse_settings(two_strategies())
    assert [strategy["name"] for strategy in build_plan(settings)["strategies"]] == ["a", "c"]
    assert [strategy["name"] for strategy in build_plan(settings, strategies=["b"])["strategies"]] == ["b"]


def test_an_unknown_strategy_is_answered_with_the_nearest() -> None:
    settings = parse_settings({**two_strategies()})
    with pytest.raises(ParameterError, match='no strategy "aa"; did you mean "a"'):
        build_plan(settings, strategies=["aa"])


def test_nothing_to_trade_is_an_error() -> None:
    with pytest.raises(ParameterError, match="no strategy is enabled"):
        build_plan(parse_settings({}))


def test_the_interval_divides_every_timeframe() -> None:
    settings = parse_settings(two_strategies())
    assert build_plan(settings, strategies=["a", "b"])["markets"][0]["interval_ns"] == 2 * HOUR


def test_finer_candles_may_drive_the_markets() -> None:
    minutes = {"ETH-USD": HOUR // 60, "BTC-USD": HOUR // 60}
    plan = build_plan(parse_settings(two_strategies()), intervals_ns=minutes)
    assert [market["interval_ns"] for market in plan["markets"]] == [HOUR // 60] * 2


def test_candles_of_several_intervals_are_refused() -> None:
    with pytest.raises(ParameterError, match="must have one interval, were ETH-USD of 1h, BTC-USD of 15m"):
        build_plan(parse_settings(two_strategies()), intervals_ns={"BTC-USD": HOUR // 4})


def test_candles_too_coarse_for_a_timeframe_are_refused() -> None:
    with pytest.raises(ParameterError, match="candles of BTC-USD must be of 1h or a part of it, were of 2h"):
        build_plan(parse_settings(two_strategies()), intervals_ns={"BTC-USD": 2 * HOUR})


def test_deductions_keep_the_maintenance_margin_continuous() -> None:
    tiers = [
        {"min_notional": 0, "maintenance_rate": 0.01, "max_leverage": 50},
        {"min_notional": 1000, "maintenance_rate": 0.02, "max_leverage": 25},
        {"min_notional": 5000, "maintenance_rate": 0.05, "max_leverage": 10},
    ]
    settings = parse_settings(two_strategies(instruments={"ETH-USD": {"margin_tiers": tiers}}))
    made = build_plan(settings)["markets"][0]["instrument"]["margin_tiers"]
    # 1000·0.01 = 1000·0.02 − 10, and 5000·0.02 − 10 = 5000·0.05 − 160
    assert [tier["deduction"] for tier in made] == pytest.approx([0.0, 10.0, 160.0])


def test_a_highest_leverage_alone_makes_one_tier_of_half_its_initial_margin() -> None:
    settings = parse_settings(two_strategies(instruments={"ETH-USD": {"max_leverage": 25}}))
    made = build_plan(settings)["markets"][0]["instrument"]["margin_tiers"]
    assert made == [{"min_notional": 0.0, "maintenance_rate": 0.02, "deduction": 0.0, "max_leverage": 25.0}]


def test_registered_types_hand_their_signals_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_own_indicators", {})

    def check(parameters: Any) -> None:
        if "speed" in parameters:
            raise ParameterError("speed must be absent, was 1")

    register_indicator_type("my_own", check)
    values = two_strategies(indicators=[{"name": "i", "type": "my_own", "parameters": {"depth": 3}}])
    indicator = build_plan(parse_settings(values))["strategies"][0]["indicators"][0]
    assert indicator["type"] is None
    assert indicator["parameters"] == {"depth": 3}
    values["indicators"][0]["parameters"] = {"speed": 1}
    with pytest.raises(ValueError, match=r"indicators\[0\]\.parameters\.speed: must be absent, was 1"):
        parse_settings(values)


@pytest.mark.parametrize(
    ("exchanges", "simulation", "expected"),
    [
        ([], {}, (0.0001, 0.0005)),
        ([{"name": "replay"}], {}, (0.0001, 0.0005)),
        ([{"name": "hyperliquid"}], {}, (0.000_15, 0.000_45)),
        ([{"name": "kraken"}], {"tier": "futures_0", "venue": "kraken"}, (0.0002, 0.0005)),
        ([{"name": "hyperliquid"}], {"maker_fee": 0}, (0.0, 0.000_45)),
        ([{"name": "hyperliquid"}], {"maker_fee": 0.001, "taker_fee": 0.002}, (0.001, 0.002)),
    ],
)
def test_fees_are_ones_own_or_the_named_schedules_or_the_exchanges(
    exchanges: list[dict[str, Any]], simulation: dict[str, Any], expected: tuple[float, float]
) -> None:
    settings = parse_settings(two_strategies(exchanges=exchanges, simulation=simulation))
    assert fee_rates(settings, settings.strategies) == expected


def test_of_several_exchanges_the_dearest_fees_hold() -> None:
    values = two_strategies(exchanges=[{"name": "hyperliquid", "use_as_main": True}, {"name": "kraken"}])
    values["strategies"][2]["exchange"] = "kraken"
    settings = parse_settings(values)
    assert fee_rates(settings, settings.strategies) == (0.0025, 0.004)
