"""Searches of a made market: settings, a function and indicators with parameters that matter."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from made.backtests import CrossInPython, made_engine
from made.results import made_candles
from spark_stacker.config import parse_settings

if TYPE_CHECKING:
    import polars as pl

__all__ = ["GRID", "Counting", "engine", "failing", "follow", "hard_exit", "settings", "sleepy"]

GRID = {"cross.fast_period": [5, 10, 15], "cross.slow_period": [20, 30, 40], "stop_loss_pct": [None, 2, 3]}
"""27 sets of `settings`."""


BARS = 600


def engine(bars: int = BARS, seed: int = 11):
    return made_engine(made_candles(bars, seed=seed))


def settings(**strategy: Any):
    return parse_settings(
        {
            "initial_balance": 10_000.0,
            "indicators": [
                {"name": "cross", "type": "ma", "parameters": {"fast_period": 10, "slow_period": 30}}
            ],
            "strategies": [{"name": "follow", "market": "ETH-USD", **strategy}],
        }
    )


def follow(data, simulation, params):
    """The guide's kind of function: two averages and a share of the equity."""
    fast, slow = params["fast_period"], params["slow_period"]
    if len(data) <= slow:
        return
    closes = data["close"][-slow:]
    is_up = closes[-fast:].mean() > closes.mean()
    if is_up and simulation.quantity == 0:
        simulation.buy(value=params["position_size"] * simulation.equity)
    elif not is_up and simulation.quantity > 0:
        simulation.close_position()


def failing(data, simulation, params):
    """Fails for one of the values of ``fast_period``."""
    if params["fast_period"] == 10 and len(data) == 50:
        raise RuntimeError("no ten")
    follow(data, simulation, params)


def sleepy(data, simulation, params):
    """Takes a tenth of a second for each set."""
    if len(data) == 50:
        time.sleep(0.1)
    follow(data, simulation, params)


def hard_exit(data, simulation, params):
    """Takes its process with it."""
    import os

    os._exit(3)


class Counting(CrossInPython):
    """Notes each time that its columns are computed over all candles, with its parameters."""

    calls: list[tuple[Any, ...]] = []  # noqa: RUF012 - one list for all is the point

    def calculate(self, data: pl.DataFrame) -> pl.DataFrame:
        if len(data) == BARS:  # the check for looking ahead asks for shorter ones
            type(self).calls.append(tuple(sorted(self.params.items())))
        return super().calculate(data)
