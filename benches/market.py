"""Seeded hourly candles and the plan that the benchmarks run on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spark_stacker import _core
from spark_stacker.backtesting import BacktestEngine
from spark_stacker.config import Settings
from spark_stacker.data import DataManager, FrameDataSource
from spark_stacker.data.candles import bars_to_frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

SYMBOL = "ETH-USD"
HOUR_NS = 3_600_000_000_000
BALANCE = 10_000.0
FEE_RATE = 0.0005
FAST, SLOW = 10, 30


@dataclass(frozen=True, slots=True)
class Candles:
    """Columns of hourly candles, one value a bar."""

    time_ns: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]

    def bars(self) -> _core.Bars:
        """The same in the core."""
        return _core.Bars(
            self.time_ns, self.open, self.high, self.low, self.close, self.volume, interval_ns=HOUR_NS
        )


def random_walk(bars: int, *, seed: int = 1) -> Candles:
    """A geometric random walk that opens near the last close; the longer, the calmer, to stay in range."""
    rng = np.random.default_rng(seed)
    step = min(0.005, 0.5 / np.sqrt(bars))
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, step, bars)))
    open_ = np.concatenate([[100.0], close[:-1]]) * np.exp(rng.normal(0.0, 0.0005, bars))
    return Candles(
        np.arange(bars, dtype=np.int64) * HOUR_NS,
        open_,
        np.maximum(open_, close) * 1.001,
        np.minimum(open_, close) * 0.999,
        close,
        np.full(bars, 1_000.0),
    )


def cross_plan() -> dict[str, Any]:
    """Long only, all equity: in on a golden cross of the averages, out on the other; fees as a taker."""
    strategy = {
        "name": "cross",
        "market": 0,
        "timeframe_ns": HOUR_NS,
        "indicators": [
            {
                "name": "ma",
                "type": "ma",
                "parameters": {"fast_period": FAST, "slow_period": SLOW},
                "timeframe_ns": HOUR_NS,
                "weight": 1.0,
                "signal_ttl": 1,
            }
        ],
        "signal_mode": "any",
        "min_confidence": 0.0,
        "side": "long",
        "exit_on_opposite": True,
        "max_entries": 1,
        "sizing": {
            "method": "percent_equity",
            "equity_pct": 100.0,
            "scale_by_confidence": False,
            "max_position_size": None,
            "min_notional": None,
            "max_notional": None,
        },
        "leverage": 1.0,
        "stop_loss_pct": None,
        "take_profit_pct": None,
        "trailing_stop_pct": None,
        "break_even_pct": None,
        "max_holding_ns": None,
        "hedge": None,
    }
    return {
        "initial_balance": BALANCE,
        "venue": {
            "maker_fee_rate": 0.0,
            "taker_fee_rate": FEE_RATE,
            "liquidation_fee_rate": 0.0,
            "fee_in_base": False,
            "fill_on_touch": False,
            "margin_mode": "isolated",
            "seed": 0,
            "slippage": {"model": "none"},
        },
        "markets": [{"symbol": SYMBOL, "interval_ns": HOUR_NS, "instrument": None, "impact": None}],
        "limits": {
            "max_parallel_trades": None,
            "max_exposure_pct": None,
            "max_market_exposure_pct": None,
            "max_daily_loss_pct": None,
            "max_drawdown_pct": None,
            "close_on_breach": False,
        },
        "strategies": [strategy],
    }


def settings() -> Settings:
    """The same in the user's words."""
    return Settings.model_validate(
        {
            "initial_balance": BALANCE,
            "exchanges": [{"name": "made", "exchange_type": "replay", "use_as_main": True}],
            "simulation": {"taker_fee": FEE_RATE, "maker_fee": 0.0, "slippage": {"model": "none"}},
            "indicators": [
                {"name": "ma", "type": "ma", "parameters": {"fast_period": FAST, "slow_period": SLOW}}
            ],
            "strategies": [
                {
                    "name": "cross",
                    "market": SYMBOL,
                    "timeframe": "1h",
                    "indicators": ["ma"],
                    "side": "long",
                    "sizing": {"method": "percent_equity", "equity_pct": 100.0},
                }
            ],
        }
    )


def engine(bars: _core.Bars) -> BacktestEngine:
    """The public engine over candles that are loaded."""
    manager = DataManager()
    manager.register_source("made", FrameDataSource({(SYMBOL, "1h"): bars_to_frame(bars)}))
    return BacktestEngine(manager, BALANCE, maker_fee=0.0, taker_fee=FEE_RATE)


def run_core(
    plan: dict[str, Any], bars: _core.Bars
) -> tuple[dict[str, Any], NDArray[np.float64], dict[str, Any]]:
    """A backtest from its configuration: metrics, equity curve and trades."""
    run = _core.run_backtest(
        _core.Portfolio(plan), [bars], start=[0], signals=[], funding=[None], mark=[None]
    )
    return run.metrics(), run.equity, run.trades()
