"""Plans as the core takes them, every key present: settings that a test does not name are plain and off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spark_stacker import _core

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

Plan = dict[str, Any]

ALL_EQUITY = {"method": "percent_equity", "equity_pct": 100.0}


def indicator(
    kind: str | None, interval: str, *, name: str = "", weight: float = 1.0, **parameters: object
) -> Plan:
    """One indicator of a strategy; ``kind`` None takes its signals from outside."""
    return {
        "name": name or kind or "outside",
        "type": kind,
        "parameters": parameters,
        "timeframe_ns": _core.interval_ns(interval),
        "weight": weight,
        "signal_ttl": 1,
    }


def strategy(interval: str, *indicators: Plan, sizing: Plan | None = None, **changes: object) -> Plan:
    """A strategy that trades both sides with all equity, unlevered, and leaves on the opposite signal."""
    bounds = {
        "scale_by_confidence": False,
        "max_position_size": None,
        "min_notional": None,
        "max_notional": None,
    }
    plan: Plan = {
        "name": "made",
        "market": 0,
        "timeframe_ns": _core.interval_ns(interval),
        "indicators": list(indicators),
        "signal_mode": "any",
        "min_confidence": 0.0,
        "side": "both",
        "exit_on_opposite": True,
        "max_entries": 1,
        "sizing": bounds | (sizing or ALL_EQUITY),
        "leverage": 1.0,
        "stop_loss_pct": None,
        "take_profit_pct": None,
        "trailing_stop_pct": None,
        "break_even_pct": None,
        "max_holding_ns": None,
        "hedge": None,
    }
    assert changes.keys() <= plan.keys()
    return plan | changes


def hedge(**changes: object) -> Plan:
    """A hedge leg of a fifth of the capital, as the worked example has it."""
    plan: Plan = {
        "ratio": 0.2,
        "leverage": 5.0,
        "net_stop_loss_pct": None,
        "reduce_at_pct": None,
        "reduce_by_pct": 50.0,
        "keep_on_reversal": False,
    }
    return plan | changes


def plan(
    interval: str,
    *strategies: Plan,
    balance: float = 10_000.0,
    markets: Sequence[str] = ("X-USD",),
    instrument: Plan | None = None,
    limits: Plan | None = None,
    **venue: object,
) -> Plan:
    """A whole plan; keyword arguments that are no setting of their own are rules of the venue."""
    rules: Plan = {
        "maker_fee_rate": 0.0,
        "taker_fee_rate": 0.0,
        "liquidation_fee_rate": 0.0,
        "fee_in_base": False,
        "fill_on_touch": False,
        "margin_mode": "isolated",
        "seed": 0,
        "slippage": {"model": "none"},
    }
    no_limits: Plan = {
        "max_parallel_trades": None,
        "max_exposure_pct": None,
        "max_market_exposure_pct": None,
        "max_daily_loss_pct": None,
        "max_drawdown_pct": None,
        "close_on_breach": False,
    }
    assert venue.keys() <= rules.keys()
    interval_ns = _core.interval_ns(interval)
    return {
        "initial_balance": balance,
        "venue": rules | venue,
        "markets": [
            {"symbol": name, "interval_ns": interval_ns, "instrument": instrument, "impact": None}
            for name in markets
        ],
        "limits": no_limits | (limits or {}),
        "strategies": list(strategies),
    }


def run(
    settings: Plan,
    *bars: _core.Bars,
    start: int = 0,
    signals: Sequence[tuple[int, int, NDArray[np.int8], NDArray[np.float64]]] = (),
    funding: tuple[NDArray[np.int64], NDArray[np.float64]] | None = None,
) -> _core.Run:
    """The backtest of a plan, without mark candles; ``funding`` is that of the first market."""
    return _core.run_backtest(
        _core.Portfolio(settings),
        bars,
        start=[start] * len(bars),
        signals=signals,
        funding=[funding, *[None] * (len(bars) - 1)],
        mark=[None] * len(bars),
    )
