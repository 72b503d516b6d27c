"""Configurations of every kind of strategy, as values."""

from __future__ import annotations

from typing import Any

RSI = {"name": "rsi", "type": "rsi", "parameters": {"period": 14}}
BANDS = {"name": "bands", "type": "bollinger", "parameters": {"period": 20}}
CROSS = {
    "name": "cross",
    "type": "ma",
    "parameters": {"fast_period": 10, "slow_period": 30, "ma_type": "ema"},
}
MACD = {"name": "macd", "type": "macd"}
TREND = {"name": "trend", "type": "adaptive_supertrend"}
VENUE = {
    "maker_fee": 0.0002,
    "taker_fee": 0.0005,
    "slippage": {"model": "random", "max_bps": 3.0},
    "seed": 11,
}


def configuration(
    *strategies: dict[str, Any], indicators: list[dict[str, Any]], **others: Any
) -> dict[str, Any]:
    return {"strategies": list(strategies), "indicators": indicators, "simulation": VENUE, **others}


def strategy(name: str, market: str, timeframe: str, *indicators: Any, **others: Any) -> dict[str, Any]:
    return {
        "name": name,
        "market": market,
        "timeframe": timeframe,
        "indicators": list(indicators),
        "main_leverage": 2.0,
        "sizing": {"method": "percent_equity", "equity_pct": 20.0},
        **others,
    }


TREND_FOLLOWING = configuration(
    strategy("trend", "ETH-BTC", "5m", "cross", "macd", signal_mode="all", trailing_stop_pct=1.0),
    indicators=[CROSS | {"signal_ttl": 3}, MACD | {"signal_ttl": 3}],
)
MEAN_REVERSION = configuration(
    strategy(
        "reversion",
        "ETH-BTC",
        "5m",
        "rsi",
        "bands",
        stop_loss_pct=1.5,
        take_profit_pct=1.0,
        max_holding_time="6h",
    ),
    indicators=[RSI, BANDS],
)
SHORTING = configuration(
    strategy(
        "short",
        *("ETH-BTC", "5m", "trend", "cross"),
        side="short",
        stop_loss_pct=2.0,
        break_even_pct=0.7,
        max_entries=3,
        sizing={"method": "risk_based", "risk_pct": 0.5},
    ),
    indicators=[TREND, CROSS],
)
HEDGED = configuration(
    strategy(
        "hedged",
        *("XRP-USDT", "5m", "cross"),
        hedge_ratio=0.2,
        hedge_leverage=2.0,
        hedge_net_stop_loss_pct=4.0,
        hedge_reduce_at_pct=0.5,
        hedge_reduce_by_pct=50.0,
        stop_loss_pct=2.0,
        take_profit_pct=3.0,
    ),
    indicators=[CROSS],
)
PERPETUAL_SHORT = configuration(
    strategy(
        "short",
        *("XRP-USDT", "1h", "quick"),
        side="short",
        main_leverage=8.0,
        take_profit_pct=2.5,
        max_entries=2,
        sizing={"method": "percent_equity", "equity_pct": 40.0},
    ),
    indicators=[{"name": "quick", "type": "ma", "parameters": {"fast_period": 2, "slow_period": 4}}],
    instruments={"XRP-USDT": {"max_leverage": 20, "tick_size": 0.0001, "lot_size": 0.1}},
)
MULTI_TIMEFRAME = configuration(
    strategy(
        "multi",
        *("BTC-USD", "5m"),
        {"name": "cross", "timeframe": "15m", "weight": 2.0, "signal_ttl": 4},
        {"name": "rsi", "timeframe": "1m", "weight": 1.0, "signal_ttl": 10},
        signal_mode="weighted",
        min_confidence=0.1,
        stop_loss_pct=1.0,
    ),
    indicators=[CROSS, RSI],
)
TWO_MARKETS = configuration(
    strategy("btc", "BTC-USD", "1m", "cross", stop_loss_pct=0.8, take_profit_pct=1.2),
    strategy("eth", "ETH-USD", "1m", "rsi", stop_loss_pct=0.8, take_profit_pct=1.2),
    indicators=[CROSS, RSI],
    max_parallel_trades=1,
    limits={"max_exposure_pct": 60.0, "max_daily_loss_pct": 3.0, "close_on_breach": True},
    instruments={"BTC-USD": {"tick_size": 0.01, "lot_size": 0.0001, "min_notional": 5.0}},
)
