from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from made import strategies
from made.dry_runs import Case
from made.minutes import minute
from spark_stacker.data import synthesise
from spark_stacker.trading.events import (
    BarLate,
    BarsBackFilled,
    BarsMissing,
    Event,
    SessionStopped,
    SignalGiven,
    StateRestored,
)
from spark_stacker.trading.portfolio import PortfolioView
from spark_stacker.trading.summary import Summary


def test_a_summary_agrees_with_the_engine() -> None:
    events: list[Event] = []
    frame = synthesise("choppy", interval="5m", bars=900, seed=3).frame
    session = Case(strategies.MEAN_REVERSION, {"ETH-BTC": frame}, history_bars=100).dry_run(events=events)
    summary = Summary()
    for event in events:
        summary(event)
    engine = session.engine
    assert (summary.bars, summary.warm_up_bars) == (800, 100)
    assert summary.orders == len(engine.orders(0)["order"])
    assert summary.fills == len(engine.fills(0)["order"]) > 10
    assert summary.trades == len(engine.trades(0)["profit"])
    assert summary.profit == pytest.approx(sum(engine.trades(0)["profit"]))
    assert summary.fees == pytest.approx(sum(engine.fills(0)["fee"]))
    assert sum(summary.orders_by_purpose.values()) == summary.orders
    assert summary.portfolio == session.view()
    assert summary.portfolio.equity == engine.equity
    assert json.loads(json.dumps(summary.to_dict()))["stopped"] == "the candles ended"


def test_problems_are_counted_by_bars() -> None:
    summary = Summary()
    view = PortfolioView(equity=1.0, cash=1.0)
    for event in (
        StateRestored(bar_groups=4, last_open_time_ns=1, portfolio=view, warnings=("cut short",)),
        BarLate(market="A", open_time_ns=minute(0)),
        BarsMissing(market="A", open_time_ns=minute(0), bars=3),
        BarsMissing(market="A", open_time_ns=minute(9), bars=2),
        BarsBackFilled(market="A", open_time_ns=minute(0), bars=7),
        SignalGiven(strategy="s", market="A", indicator="i", direction="BUY", confidence=1.0),
        SessionStopped(reason="asked", portfolio=view),
    ):
        summary(event)
    assert dict(summary.problems) == {"late bars": 1, "missing bars": 5}
    assert (summary.back_filled_bars, summary.indicator_signals, summary.restored_bars) == (7, 1, 4)
    assert summary.warnings == ["cut short"]
    assert summary.to_dict()["portfolio"] == asdict(view)
