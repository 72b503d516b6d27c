"""Dry runs over recorded candles, and the backtests that they must equal."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from spark_stacker._core import Portfolio, Run, interval_name, run_backtest
from spark_stacker.config import build_plan, parse_settings
from spark_stacker.connectors import ConnectorFactory
from spark_stacker.connectors.replay import ReplayConnector
from spark_stacker.connectors.replay.recordings import RecordedMarket, recorded_market
from spark_stacker.data import PerpetualData, to_bars
from spark_stacker.trading.dry_run import DryRun, run_dry_run
from spark_stacker.trading.paper import bars_of
from spark_stacker.trading.sources import CandleSource
from spark_stacker.trading.stopping import StopRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import polars as pl

    from spark_stacker.config import Settings
    from spark_stacker.connectors.replay import Faults
    from spark_stacker.trading.events import Event
    from spark_stacker.trading.paper import PaperSession


NOTHING = PerpetualData()


@dataclass
class Case:
    """A configuration and the recordings that it runs on, by market symbol, with what goes beside them."""

    configuration: Mapping[str, Any]
    recordings: Mapping[str, pl.DataFrame]
    history_bars: int = 300
    perpetuals: Mapping[str, PerpetualData] = field(default_factory=dict)
    faults: Faults | None = None
    settings: Settings = field(init=False)
    markets: dict[str, RecordedMarket] = field(init=False)

    def __post_init__(self) -> None:
        self.settings = parse_settings(self.configuration)
        self.markets = {
            symbol: recorded_market(symbol, frame).with_perpetual(self.perpetuals.get(symbol, NOTHING))
            for symbol, frame in self.recordings.items()
        }

    def connector(self) -> ReplayConnector:
        connector = ConnectorFactory.create_connector(
            "replay", recordings=self.markets, warm_up_bars=self.history_bars, faults=self.faults
        )
        assert isinstance(connector, ReplayConnector)
        return connector

    def candles(self) -> CandleSource:
        return CandleSource(
            connectors=dict.fromkeys(self.markets, self.connector()),
            intervals_ns={symbol: market.interval_ns for symbol, market in self.markets.items()},
            text="recorded candles",
        )

    def dry_run(
        self,
        *,
        state: Path | None = None,
        max_groups: int | None = None,
        events: list[Event] | None = None,
        fresh: bool = False,
    ) -> PaperSession:
        """Run through the real loop; the session as it stands at the end."""
        run = DryRun(
            settings=self.settings,
            candles=self.candles(),
            state=state,
            fresh=fresh,
            max_groups=max_groups,
            history_bars=self.history_bars,
        )
        told: list[Event] = [] if events is None else events
        return asyncio.run(run_dry_run(run, observer=told.append, stop=StopRequest()))

    def plan(self) -> dict[str, Any]:
        return build_plan(
            self.settings,
            intervals_ns={symbol: market.interval_ns for symbol, market in self.markets.items()},
        )

    def backtest(self, signals: Sequence[Any] = ()) -> Run:
        """Run the same plan as a backtest, from the same first bar."""
        plan = self.plan()
        symbols = [market["symbol"] for market in plan["markets"]]
        markets = [self.markets[symbol] for symbol in symbols]
        beside = [self.perpetuals.get(symbol, NOTHING) for symbol in symbols]
        start_ns = self.connector().tape.start_ns
        return run_backtest(
            Portfolio(plan),
            [bars_of(market.rows, market.interval_ns) for market in markets],
            start=[int(np.searchsorted(market.times, start_ns)) for market in markets],
            signals=list(signals),
            funding=[None if data.funding is None else _payments(data.funding) for data in beside],
            mark=[
                None if data.mark is None else to_bars(data.mark, interval_name(market.interval_ns))
                for data, market in zip(beside, markets, strict=True)
            ],
        )


def _payments(funding: pl.DataFrame) -> tuple[Any, Any]:
    times = funding["timestamp"].dt.epoch("ns").to_numpy()
    return np.ascontiguousarray(times), np.ascontiguousarray(funding["rate"].to_numpy())


def assert_same_to_the_bit(session: PaperSession, run: Run) -> None:
    """Fail unless orders, fills, trades and the equity curve of both are bitwise equal."""
    engine = session.engine
    for name, live, tested in (
        ("fills", engine.fills(0), run.fills()),
        ("orders", engine.orders(0), run.orders()),
        ("trades", engine.trades(0), run.trades()),
        ("refused", engine.refused(0), run.refused()),
        ("open positions", engine.open_positions(), run.open_positions()),
        (
            "equity",
            {"time": engine.open_time_ns(), "equity": engine.equity_curve()},
            {"time": run.open_time_ns, "equity": run.equity},
        ),
        ("equity at the end", {"equity": [engine.equity]}, {"equity": [float(run.equity[-1])]}),
    ):
        assert list(live) == list(tested), name
        for column in live:
            assert bits(live[column]) == bits(tested[column]), f"{name}.{column}"


def bits(values: Any) -> object:
    if isinstance(values, np.ndarray):
        return values.dtype.str, values.tobytes()
    return [value.hex() if isinstance(value, float) else value for value in values]
