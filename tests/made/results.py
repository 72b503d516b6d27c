"""Results made by hand, for tests of everything that only reads a result: no engine is involved."""

from __future__ import annotations

import numpy as np
import polars as pl

from oracles.market_orders import cross_signals, run, simple_average
from spark_stacker import _core
from spark_stacker.backtesting.market import TradedMarket
from spark_stacker.backtesting.record import StoredRun
from spark_stacker.backtesting.result import BacktestResult
from spark_stacker.backtesting.setup import RunSetup

HOUR_NS = 3_600_000_000_000
START_NS = 1_704_067_200_000_000_000  # 2024-01-01 UTC


def made_candles(bars: int = 400, seed: int = 7) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    close = 2000.0 * np.exp(np.cumsum(rng.normal(0.0, 0.008, bars)))
    open_ = np.concatenate([[2000.0], close[:-1]])
    spread = np.abs(rng.normal(0.0, 0.004, bars)) + 0.0005
    times = START_NS + HOUR_NS * np.arange(bars, dtype=np.int64)
    return pl.DataFrame(
        {
            "timestamp": pl.Series(times // 1_000).cast(pl.Datetime("us", "UTC")),
            "open": open_,
            "high": np.maximum(open_, close) * (1 + spread),
            "low": np.minimum(open_, close) * (1 - spread),
            "close": close,
            "volume": rng.uniform(10, 100, bars),
        }
    )


def made_result(
    *,
    bars: int = 400,
    seed: int = 7,
    symbol: str = "ETH-USD",
    strategy: str = "cross",
    warnings: tuple[str, ...] = (),
) -> BacktestResult:
    """A long and short crossover of averages, computed by the oracle of market orders."""
    candles = made_candles(bars, seed)
    opens, closes = candles["open"].to_list(), candles["close"].to_list()
    times = candles["timestamp"].dt.epoch("ns").to_list()
    outcome = run(opens, closes, cross_signals(closes, 5, 20), balance=10_000.0, fee_rate=0.0005, short=True)
    equity = np.array(outcome.equity)
    values, reasons = _core.curve_metrics(
        np.array(times),
        equity,
        initial_balance=10_000.0,
        interval_ns=HOUR_NS,
        benchmark=np.array(closes),
        risk_free_rate=0.0,
    )
    trades = _trades(outcome, candles, times)
    profits = trades["profit"]
    if profits:
        wins = [profit for profit in profits if profit > 0]
        values |= {
            "total_trades": len(profits),
            "winning_trades": len(wins),
            "losing_trades": len(profits) - len(wins),
            "win_rate": len(wins) / len(profits),
            "expectancy": sum(profits) / len(profits),
        }
        for name in ("win_rate", "expectancy"):
            reasons.pop(name)
    return BacktestResult(
        StoredRun(np.array(times), equity, {"trades": trades, **_others(outcome, times)}, values, reasons),
        RunSetup(
            initial_balance=10_000.0,
            quote="USD",
            markets=(TradedMarket(symbol, "1h", "made", candles, lambda: _lines(closes)),),
            strategies=(strategy,),
            configuration={"strategy": {"name": strategy, "fast_period": 5, "slow_period": 20}},
            seed=0,
            assumptions=("Decisions are made at a bar's close; the earliest fill is the next bar's open.",),
            warnings=warnings,
        ),
    )


def _lines(closes):
    return pl.DataFrame(
        {f"sma_{period}": pl.Series(simple_average(closes, period), dtype=pl.Float64) for period in (5, 20)}
    )


def _trades(outcome, candles, times):
    rows = []
    for entry, leave, profit in zip(outcome.fills[::2], outcome.fills[1::2], outcome.profits, strict=False):
        bars = candles[entry[0] : leave[0] + 1]
        long = entry[1] == "buy"
        worst, best = (
            (bars["low"].min(), bars["high"].max()) if long else (bars["high"].max(), bars["low"].min())
        )
        fees = entry[4] + leave[4]
        rows.append(
            {
                "account": 0,
                "market": 0,
                "strategy": 0,
                "side": "long" if long else "short",
                "entry_time_ns": times[entry[0]],
                "exit_time_ns": times[leave[0]],
                "quantity": entry[2],
                "entry_price": entry[3],
                "exit_price": leave[3],
                "gross_profit": profit + fees,
                "fees": fees,
                "funding": 0.0,
                "profit": profit,
                "max_adverse_fraction": max(0.0, (entry[3] - worst if long else worst - entry[3]) / entry[3]),
                "max_favourable_fraction": max(
                    0.0, (best - entry[3] if long else entry[3] - best) / entry[3]
                ),
                "initial_stop": entry[3] * (0.97 if long else 1.03),
                "exit_purpose": "opposite_signal",
            }
        )
    return {column: [row[column] for row in rows] for column in TRADE_COLUMNS}


TRADE_COLUMNS = (
    *("account", "market", "strategy", "side", "entry_time_ns", "exit_time_ns", "quantity", "entry_price"),
    *("exit_price", "gross_profit", "fees", "funding", "profit", "max_adverse_fraction"),
    *("max_favourable_fraction", "initial_stop", "exit_purpose"),
)


def _others(outcome, times):
    count = len(outcome.fills)
    side = [fill[1] for fill in outcome.fills]
    purpose = ["entry" if index % 2 == 0 else "opposite_signal" for index in range(count)]
    at = [times[fill[0]] for fill in outcome.fills]
    quantity, price = [fill[2] for fill in outcome.fills], [fill[3] for fill in outcome.fills]
    fills = {
        "order": list(range(count)),
        "account": [0] * count,
        "market": [0] * count,
        "side": side,
        "quantity": quantity,
        "price": price,
        "fee": [fill[4] for fill in outcome.fills],
        "liquidity": ["taker"] * count,
        "time_ns": at,
        "purpose": purpose,
        "strategy": [0] * count,
    }
    orders = {
        **{
            name: fills[name]
            for name in ("order", "account", "market", "side", "quantity", "purpose", "strategy")
        },
        "kind": ["market"] * count,
        "quote_quantity": [None] * count,
        "price": [None] * count,
        "trigger": [None] * count,
        "state": ["filled"] * count,
        "reason": ["filled"] * count,
        "submitted_ns": [time - HOUR_NS for time in at],
        "ended_ns": at,
        "filled_quantity": quantity,
        "average_price": price,
    }
    held = outcome.fills[-1:] if count % 2 else []
    open_positions = {
        "account": [0 for _ in held],
        "market": [0 for _ in held],
        "strategy": [0 for _ in held],
        "side": ["long" if fill[1] == "buy" else "short" for fill in held],
        "quantity": [fill[2] for fill in held],
        "entry_price": [fill[3] for fill in held],
        "entry_time_ns": [times[fill[0]] for fill in held],
        "leverage": [1.0 for _ in held],
        "margin": [0.0 for _ in held],
        "mark_price": [fill[3] for fill in held],
        "unrealised_profit": [0.0 for _ in held],
        "liquidation_price": [None for _ in held],
        "stop_price": [None for _ in held],
        "target_price": [None for _ in held],
    }
    refused = {name: [] for name in ("time_ns", "strategy", "market", "direction", "rule", "limit", "value")}
    return {"refused": refused, "fills": fills, "orders": orders, "open_positions": open_positions}
