"""Strategy functions: their view is sealed, so a leak comes from what they hold or are handed."""

from __future__ import annotations

import functools

import numpy as np
import polars as pl

from lookahead.corpus.book import CANDLES, CLOSE, Column, beyond, clean, leaks, named, trade
from spark_stacker.indicators.indicator_factory import IndicatorFactory

HIGHS = CANDLES["high"].to_list()
AVERAGES = IndicatorFactory.create_indicator("averages", "ma", {"fast_period": 5, "slow_period": 20})


class Tomorrow(Column):
    def value(self, data):
        return pl.col("close").shift(-1)


@leaks("function")
def reads_the_next_close(data, simulation, params):
    row = len(data)
    trade(simulation, CLOSE[row] - CLOSE[row - 1] if row < len(CLOSE) else 0)


@leaks("function", candles=CANDLES)
def is_handed_the_candles(data, simulation, params):
    later = params["candles"]["close"][len(data) :]
    trade(simulation, (later.mean() or 0.0) - data["close"][-1])


@leaks("function", closes=CANDLES["close"].to_list())
def is_handed_a_list(data, simulation, params):
    trade(simulation, params["closes"][-1] - data["close"][-1])


@leaks("function", market={"frames": {"1h": CANDLES.to_pandas().set_index("timestamp")}})
def is_handed_a_nested_pandas_frame(data, simulation, params):
    frame = params["market"]["frames"]["1h"]
    trade(simulation, frame["close"].iloc[min(len(data) + 2, len(frame) - 1)] - data["close"][-1])


@leaks("function")
def knows_when_the_data_end(data, simulation, params):
    trade(simulation, -1 if len(data) > len(HIGHS) - 5 else 1)


@leaks("function")
def waits_for_the_highest_high(data, simulation, params):
    trade(simulation, -1 if data["high"][-1] >= 0.99 * max(HIGHS) else 1)


@leaks("function", indicators=[Tomorrow("tomorrow")])
def reads_an_indicator_that_leaks(data, simulation, params):
    trade(simulation, np.nan_to_num(data["value"][-1], nan=data["close"][-1]) - data["close"][-1])


def _closed_over(candles):
    def strategy(data, simulation, params):
        trade(simulation, candles["close"][min(len(data) + 3, len(candles) - 1)] - data["close"][-1])

    return strategy


leaks("function")(named("sees_through_its_closure", _closed_over(CANDLES)))


@leaks("function")
def has_a_default(data, simulation, params, _closes=CLOSE):
    trade(simulation, _closes[-1] - data["close"][-1])


class Oracle:
    __name__ = "Oracle"

    def __init__(self, candles):
        self.candles = candles

    def __call__(self, data, simulation, params):
        trade(simulation, self.candles["close"].tail(50).mean() - data["close"][-1])


leaks("function")(Oracle(CANDLES))


def _with_closes(closes, data, simulation, params):
    trade(simulation, closes[-1] - closes[len(data) - 1])


leaks("function")(named("bound_to_the_closes", functools.partial(_with_closes, CLOSE)))


@leaks("function")
def makes_a_precomputed_strategy(candles):
    """A maker: everything made of the candles is made again of a part of them."""
    smooth = candles["close"].rolling_mean(9, center=True).to_numpy()

    def strategy(data, simulation, params):
        trade(simulation, np.nan_to_num(smooth[len(data) - 1] - data["close"][-1]))

    return strategy


@leaks("function")
def sets_an_order_for_the_next_low(data, simulation, params):
    """Sizes and prices may leak where sides do not."""
    if len(data) % 20 == 0 and simulation.quantity == 0:
        price = CANDLES["low"][min(len(data), len(CANDLES) - 1)] * 1.001
        simulation.place_order(side="BUY", order_type="LIMIT", size=0.5, price=price)
    elif len(data) % 20 == 10:
        simulation.close_position()


@leaks("function")
def sizes_by_the_coming_range(data, simulation, params):
    coming = CLOSE[len(data) : len(data) + 5]
    if len(data) % 15 == 0:
        simulation.buy(size=0.1 + (0.01 * float(np.ptp(coming)) if len(coming) else 0.0))


@clean("function")
def buys_dips(data, simulation, params):
    trade(simulation, 1 if data["close"][-1] < np.mean(data["close"][-20:]) else -1)


@clean("function", indicators=[AVERAGES])
def crosses(data, simulation, params):
    trade(simulation, np.nan_to_num(data["fast_ma"][-1] - data["slow_ma"][-1]))


@clean("function", share=0.4, levels=[0.99, 1.01])
def reads_parameters(data, simulation, params):
    low, high = params["levels"]
    change = data["close"][-1] / data["close"][max(len(data) - 12, 0)]
    if change < low and simulation.quantity == 0:
        simulation.buy(value=params["share"] * simulation.equity, stop_loss_pct=2.0, take_profit_pct=3.0)
    elif change > high:
        simulation.close_position()


@clean("function")
def keeps_the_frames_it_gets(data, simulation, params):
    kept = keeps_the_frames_it_gets.__dict__.setdefault("kept", [])
    if len(data) % 10 == 0:
        kept.append(data.to_frame())
        trade(simulation, kept[-1]["close"].mean() - kept[0]["close"].mean() if len(kept) > 1 else 1)


@clean("function")
def reads_its_own_row_of_a_global(data, simulation, params):
    """Needless, but it looks no further than now."""
    trade(simulation, CLOSE[len(data) - 1] - CLOSE[max(len(data) - 8, 0)])


@clean("function")
def rests_orders(data, simulation, params):
    if len(data) % 12 == 0:
        for order in simulation.open_orders:
            simulation.cancel_order(order)
        simulation.place_order(side="BUY", order_type="LIMIT", size=0.2, price=0.995 * data["close"][-1])
    if simulation.quantity > 0.5:
        simulation.close_position()


def _counting():
    calls = 0

    def strategy(data, simulation, params):
        nonlocal calls
        calls += 1
        trade(simulation, 1 if calls % 40 < 20 else -1)

    return strategy


clean("function")(named("counts_in_a_closure", _counting()))


@clean("function")
def makes_a_strategy(candles):
    smooth = candles["close"].rolling_mean(9).to_numpy()

    def strategy(data, simulation, params):
        trade(simulation, np.nan_to_num(smooth[len(data) - 1] - data["close"][-1]))

    return strategy


@clean("function")
def makes_a_strategy_of_thirty_candles(candles):
    """Cannot be made of fewer: a start-up."""
    level = float(candles["close"][29])

    def strategy(data, simulation, params):
        trade(simulation, level - data["close"][-1] if len(data) > 30 else 0)

    return strategy


@clean("function")
def makes_an_indicator(candles):
    first = float(candles["close"][0])

    class Anchored(Column):
        def value(self, data):
            return pl.col("close") / first

    return Anchored("anchored")


def _precomputed(values):
    def strategy(data, simulation, params):
        trade(simulation, np.nan_to_num(values[len(data) - 1] - data["close"][-1]))

    return strategy


beyond("ready-made", "unverified", leaking=True)(
    named("centred_before", _precomputed(CANDLES["close"].rolling_mean(9, center=True).to_numpy()))
)
beyond("ready-made", "unverified", leaking=False)(
    named("trailing_before", _precomputed(CANDLES["close"].rolling_mean(9).to_numpy()))
)


def _above(level):
    def strategy(data, simulation, params):
        trade(simulation, level - data["close"][-1])

    return strategy


# A lone number cannot be told from a chosen one; a maker, or a module that reads its file, would show it.
beyond("ready-made", "clean", leaking=True)(named("mean_made_before", _above(float(CLOSE.mean()))))
