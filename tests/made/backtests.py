"""Backtests of a made market: an engine over it, and one crossing of averages as indicator and function."""

from __future__ import annotations

import numpy as np
import polars as pl

from spark_stacker.backtesting import BacktestEngine
from spark_stacker.data import DataManager, FrameDataSource
from spark_stacker.indicators.base_indicator import BaseIndicator
from spark_stacker.indicators.indicator_factory import IndicatorFactory
from spark_stacker.models import SignalDirection

__all__ = ["CrossInPython", "cross", "made_engine", "moving_average"]


def made_engine(candles, **terms):
    manager = DataManager()
    manager.register_source("made", FrameDataSource({("ETH-USD", "1h"): candles}))
    return BacktestEngine(manager, **{"initial_balance": {"USD": 10_000.0}, "taker_fee": 0.0005, **terms})


def moving_average(name="ma", **params):
    return IndicatorFactory.create_indicator(name, "ma", {"fast_period": 10, "slow_period": 30, **params})


class CrossInPython(BaseIndicator):
    """The same rule as a Python indicator."""

    def calculate(self, data):
        return data.with_columns(
            fast=pl.col("close").rolling_mean(self.params["fast_period"]),
            slow=pl.col("close").rolling_mean(self.params["slow_period"]),
        )

    def generate_signal(self, data):
        if len(data) < 2 or data["slow"][-2] is None:
            return None
        before, now = (data["fast"][row] - data["slow"][row] for row in (-2, -1))
        if before <= 0 < now:
            return self.signal(data, SignalDirection.BUY, confidence=1.0)
        if before >= 0 > now:
            return self.signal(data, SignalDirection.SELL, confidence=1.0)
        return None


def cross(data, simulation, params):
    fast, slow = data["fast_ma"], data["slow_ma"]
    if len(data) < 31 or np.isnan(slow[-2]):
        return
    before, now = fast[-2] - slow[-2], fast[-1] - slow[-1]
    if before <= 0 < now:
        if simulation.quantity < 0:
            simulation.close_position()
        simulation.buy(value=simulation.equity)
    elif before >= 0 > now:
        if simulation.quantity > 0:
            simulation.close_position()
        simulation.sell(value=simulation.equity)
