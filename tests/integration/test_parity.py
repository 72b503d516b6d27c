"""A dry run over replayed candles and the backtest over them: the same orders and fills to the last bit.

The dry run goes through the real loop: replay connector, feed, bar groups, journal, engine fed a bar at a
time. The backtest is one call into the core. Both have the same first bar and the same history before it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from made import strategies
from made.dry_runs import Case, assert_same_to_the_bit
from spark_stacker._core import Aggregator, interval_ns
from spark_stacker.data import PerpetualData
from spark_stacker.indicators.base_indicator import BaseIndicator
from spark_stacker.indicators.indicator_factory import IndicatorFactory
from spark_stacker.models import Signal, SignalDirection
from spark_stacker.trading.python_indicators import frame_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Candles = Callable[[str], pl.DataFrame]

RECORDINGS = {
    "ETH-BTC": "ft_spot_eth_btc_5m",
    "XRP-USDT": "ft_perp_xrp_usdt_5m",
    "BTC-USD": "lean_coinbase_btcusd_1m_trade",
    "ETH-USD": "lean_coinbase_ethusd_1m_trade",
}
PERPETUAL_HOURS = "ft_perp_xrp_usdt_1h"
FUNDING = "ft_perp_xrp_usdt_8h_funding"
MARK = "ft_perp_xrp_usdt_1h_mark"


@dataclass(frozen=True)
class Kind:
    """A configuration and its recordings; short ones are cut, killed and warmed up after fewer bars."""

    configuration: dict[str, Any]
    markets: Mapping[str, str]
    history_bars: int = 300
    piece: int = 700
    killed_after: int = 400
    pause_s: float = 0.0003
    funding: str | None = None
    mark: str | None = None


def _recorded(*symbols: str) -> dict[str, str]:
    return {symbol: RECORDINGS[symbol] for symbol in symbols}


CASES = {
    "trend": Kind(strategies.TREND_FOLLOWING, _recorded("ETH-BTC")),
    "mean reversion": Kind(strategies.MEAN_REVERSION, _recorded("ETH-BTC")),
    "shorting": Kind(strategies.SHORTING, _recorded("ETH-BTC")),
    "hedged": Kind(strategies.HEDGED, _recorded("XRP-USDT")),
    "hedged with funding": Kind(strategies.HEDGED, _recorded("XRP-USDT"), funding=FUNDING),
    "shorting with funding and mark candles": Kind(
        strategies.PERPETUAL_SHORT,
        {"XRP-USDT": PERPETUAL_HOURS},
        history_bars=8,
        piece=30,
        killed_after=40,
        pause_s=0.01,
        funding=FUNDING,
        mark=MARK,
    ),
    "multi-timeframe over gaps": Kind(strategies.MULTI_TIMEFRAME, _recorded("BTC-USD")),
    "two markets over gaps": Kind(strategies.TWO_MARKETS, _recorded("BTC-USD", "ETH-USD")),
}


@pytest.fixture(params=CASES, ids=str)
def kind(request: pytest.FixtureRequest) -> Kind:
    return CASES[request.param]


@pytest.fixture
def case(kind: Kind, candles: Candles) -> Case:
    beside = PerpetualData(
        None if kind.funding is None else candles(kind.funding),
        None if kind.mark is None else candles(kind.mark),
    )
    return Case(
        kind.configuration,
        {market: candles(file) for market, file in kind.markets.items()},
        history_bars=kind.history_bars,
        perpetuals=dict.fromkeys(kind.markets, beside),
    )


def test_a_dry_run_equals_the_backtest_to_the_bit(case: Case) -> None:
    run = case.backtest()
    assert len(run.fills()["order"]) >= 10, "a parity of nothing proves nothing"
    assert_same_to_the_bit(case.dry_run(), run)


def test_a_dry_run_without_history_equals_the_backtest_from_the_first_bar(case: Case) -> None:
    case.history_bars = 0
    assert_same_to_the_bit(case.dry_run(), case.backtest())


@pytest.mark.parametrize(
    ("kind", "beside"),
    [
        (CASES["hedged with funding"], "funding"),
        (CASES["shorting with funding and mark candles"], "funding"),
        (CASES["shorting with funding and mark candles"], "mark"),
    ],
)
def test_funding_and_mark_candles_decide_something_there(case: Case, beside: str) -> None:
    """Else their parity would prove nothing."""
    paid = case.backtest().metrics()["funding_paid"]
    assert paid is not None
    assert paid != 0
    without = replace(
        case, perpetuals={market: replace(data, **{beside: None}) for market, data in case.perpetuals.items()}
    )
    assert without.backtest().equity[-1] != case.backtest().equity[-1]


def test_a_dry_run_in_pieces_equals_the_backtest(kind: Kind, case: Case, tmp_path: Path) -> None:
    case.dry_run(state=tmp_path, max_groups=kind.piece)
    case.dry_run(state=tmp_path, max_groups=1)
    assert_same_to_the_bit(case.dry_run(state=tmp_path), case.backtest())


class Breakout(BaseIndicator):
    """Buys above the highest high of some bars before, sells below the lowest low."""

    def calculate(self, data: pl.DataFrame) -> pl.DataFrame:
        period = self.params["period"]
        return data.with_columns(
            highest=pl.col("high").shift(1).rolling_max(period),
            lowest=pl.col("low").shift(1).rolling_min(period),
        )

    def generate_signal(self, data: pl.DataFrame) -> Signal | None:
        _, *_, close, _, highest, lowest = data.row(-1)
        if highest is None or lowest <= close <= highest:
            return None
        direction = SignalDirection.BUY if close > highest else SignalDirection.SELL
        return self.signal(data, direction, confidence=0.5)


@pytest.mark.parametrize("timeframe", ["1m", "15m"])
def test_a_python_indicator_decides_in_a_dry_run_as_in_a_backtest(
    timeframe: str, candles: Candles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(IndicatorFactory, "_classes", dict(IndicatorFactory._classes))
    IndicatorFactory.register_indicator("breakout_for_tests", Breakout)
    indicators = [strategies.RSI, {"name": "own", "type": "breakout_for_tests", "parameters": {"period": 8}}]
    configuration = strategies.configuration(
        strategies.strategy(
            "s", "BTC-USD", "1m", "rsi", {"name": "own", "timeframe": timeframe}, stop_loss_pct=1.0
        ),
        indicators=indicators,
    )
    frame = candles(RECORDINGS["BTC-USD"]).head(1500)
    case = Case(configuration, {"BTC-USD": frame})

    own_bars = []
    aggregator = Aggregator(interval_ns=interval_ns("1m"), timeframe_ns=interval_ns(timeframe))
    for row in case.markets["BTC-USD"].rows:
        own_bars += aggregator.push(row)
    signals = IndicatorFactory.create_indicator("own", "breakout_for_tests", {"period": 8}).signals(
        frame_of(own_bars)
    )
    columns = (signals["direction"].to_numpy(), signals["confidence"].to_numpy())
    run = case.backtest([(0, 1, *columns)])
    assert len(run.fills()["order"]) > 20
    assert_same_to_the_bit(case.dry_run(), run)
    case.dry_run(state=tmp_path, max_groups=400)
    assert_same_to_the_bit(case.dry_run(state=tmp_path), run)


def test_a_killed_and_restarted_dry_run_equals_the_backtest(kind: Kind, case: Case, tmp_path: Path) -> None:
    """SIGKILL in the middle of a replay, in another process; then the rest here, from its journal."""
    files = []
    for symbol, beside in case.perpetuals.items():
        frames = {
            symbol: case.recordings[symbol],
            f"{symbol}:funding": beside.funding,
            f"{symbol}:mark": beside.mark,
        }
        for place, frame in frames.items():
            if frame is not None:
                frame.write_parquet(tmp_path / f"{place}.parquet")
                files.append(f"{place}={tmp_path / place}.parquet")
    program = Path(__file__).parent.parent / "made" / "run_case.py"
    name = next(name for name, other in CASES.items() if other is kind)
    journal = tmp_path / "state" / "journal.jsonl"
    process = subprocess.Popen(
        [sys.executable, program, name, str(tmp_path / "state"), str(kind.pause_s), *files], env=os.environ
    )
    try:
        deadline = time.monotonic() + 60
        while not (journal.exists() and journal.read_bytes().count(b'"bars"') > kind.killed_after):
            assert process.poll() is None, "the dry run ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    written = journal.read_bytes().count(b"\n")
    session = case.dry_run(state=tmp_path / "state")
    assert journal.read_bytes().count(b"\n") > written, "nothing was left to run"
    assert_same_to_the_bit(session, case.backtest())
