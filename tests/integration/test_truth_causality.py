"""What a backtest did by a bar does not depend on later bars, to the last bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from made.plans import Plan, hedge, indicator, plan, run, strategy
from spark_stacker.data.candles import to_bars

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from spark_stacker import _core

CROSS = indicator("ma", "5m", fast_period=10, slow_period=30)
TIERS = [{"min_notional": 0.0, "maintenance_rate": 0.005, "deduction": 0.0, "max_leverage": 50.0}]
PERPETUAL = {
    "market_type": "margin",
    "tick_size": 0.0001,
    "lot_size": 0.1,
    "min_quantity": 0.1,
    "min_notional": 5.0,
    "margin_tiers": TIERS,
}
COSTS = {"taker_fee_rate": 0.0005, "maker_fee_rate": 0.0001}

CONFIGURATIONS: dict[str, Plan] = {
    "trend": plan("5m", strategy("5m", CROSS), **COSTS),
    "mean reversion with stop and target": plan(
        "5m",
        strategy("5m", indicator("rsi", "5m"), side="long", stop_loss_pct=1.0, take_profit_pct=2.0),
        slippage={"model": "random", "max_bps": 5.0},
        **COSTS,
    ),
    "levered trailing shorts": plan(
        "5m",
        strategy(
            "5m",
            indicator("macd", "5m"),
            side="short",
            leverage=10.0,
            sizing={"method": "risk_based", "risk_pct": 1.0},
            stop_loss_pct=1.0,
            trailing_stop_pct=0.8,
            break_even_pct=0.5,
        ),
        instrument=PERPETUAL,
        **COSTS,
    ),
    "hedged on two accounts": plan(
        "5m",
        strategy(
            "5m",
            CROSS,
            leverage=10.0,
            sizing={"method": "percent_equity", "equity_pct": 20.0},
            hedge=hedge(net_stop_loss_pct=5.0, reduce_at_pct=0.5),
        ),
        instrument=PERPETUAL,
        slippage={
            "model": "volume_share",
            "base_bps": 1.0,
            "coefficient_bps": 20.0,
            "max_share_fraction": 0.05,
        },
        **COSTS,
    ),
    "several timeframes, weighted": plan(
        "5m",
        strategy(
            "5m",
            indicator("ma", "1h", name="slow", weight=2.0, fast_period=3, slow_period=8) | {"signal_ttl": 6},
            indicator("rsi", "15m", name="rsi", period=7) | {"signal_ttl": 3},
            indicator("bollinger", "5m"),
            signal_mode="weighted",
            min_confidence=0.2,
            max_holding_ns=6 * 3_600_000_000_000,
        ),
        slippage={"model": "square_root", "spread_bps": 2.0, "coefficient": 0.3, "volatility_bars": 20},
        **COSTS,
    ),
    "adaptive, pyramiding, cross margin, limits": plan(
        "5m",
        strategy(
            "5m",
            indicator("adaptive_supertrend", "5m"),
            indicator("ultimate_ma", "5m"),
            max_entries=3,
            leverage=3.0,
            sizing={"method": "percent_equity", "equity_pct": 15.0},
        ),
        limits={"max_daily_loss_pct": 1.0, "max_drawdown_pct": 30.0, "close_on_breach": True},
        margin_mode="cross",
        **COSTS,
    ),
    "Kelly from own trades": plan(
        "5m",
        strategy(
            "5m",
            indicator("adaptive_trend_finder", "5m"),
            CROSS,
            sizing={
                "method": "kelly",
                "win_rate": 0.55,
                "payoff": 1.2,
                "fraction": 0.5,
                "cap_pct": 25.0,
                "from_trades": True,
            },
        ),
        **COSTS,
    ),
}


@pytest.fixture(scope="module")
def bars(candles: Callable[[str], pl.DataFrame]) -> _core.Bars:
    return to_bars(candles("ft_perp_xrp_usdt_5m"), "5m")


def rows_until(table: dict[str, object], clock: str, last_ns: int) -> list[tuple[object, ...]]:
    rows = zip(*(list(column) for column in table.values()), strict=True)  # type: ignore[call-overload]
    times = np.asarray(table[clock])
    return [row for row, time in zip(rows, times, strict=True) if time <= last_ns]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(configuration=st.sampled_from(sorted(CONFIGURATIONS)), length=st.integers(210, 1_998))
def test_a_prefix_of_the_candles_gives_a_prefix_of_the_run(
    bars: _core.Bars, configuration: str, length: int
) -> None:
    whole = run(CONFIGURATIONS[configuration], bars, start=205)
    part = run(CONFIGURATIONS[configuration], bars.slice(0, length), start=205)

    last_ns = int(bars.open_time_ns[length - 1])
    np.testing.assert_array_equal(part.equity, whole.equity[: length - 205])
    assert rows_until(part.fills(), "time_ns", last_ns) == rows_until(whole.fills(), "time_ns", last_ns)
    assert rows_until(part.trades(), "exit_time_ns", last_ns) == rows_until(
        whole.trades(), "exit_time_ns", last_ns
    )


@pytest.mark.parametrize("configuration", sorted(CONFIGURATIONS))
def test_every_configuration_trades(bars: _core.Bars, configuration: str) -> None:
    """Else a prefix proves nothing."""
    assert len(run(CONFIGURATIONS[configuration], bars, start=205).trades()["profit"]) >= 5
