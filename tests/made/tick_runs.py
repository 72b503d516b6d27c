"""Dry runs over recorded trades and books, and the backtests that they must equal."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import polars as pl

from made.books import made_events
from made.dry_runs import bits
from spark_stacker._core import Portfolio, TickSession
from spark_stacker.backtesting.ticks import ConstantLatency, TickSettings
from spark_stacker.config import build_plan, parse_settings
from spark_stacker.connectors.replay import ReplayMarket
from spark_stacker.data.events import KINDS, infer_steps, to_tape
from spark_stacker.trading.event_rows import ROW
from spark_stacker.trading.event_source import EventMarket, EventSource
from spark_stacker.trading.stopping import StopRequest
from spark_stacker.trading.tick_run import TickDryRun, run_tick_dry_run
from spark_stacker.trading.tick_session import TickPaperSession

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from spark_stacker.config import Settings
    from spark_stacker.connectors.contract import MarketStreams
    from spark_stacker.trading.events import Event

Replay = TypeVar("Replay", bound=ReplayMarket)
SLOW = TickSettings(
    order_latency=ConstantLatency(7_000_000), answer_latency=ConstantLatency(5_000_000), queue="conservative"
)


def crossing(*markets: str, timeframe: str = "1s", **others: Any) -> dict[str, Any]:
    """Averages that cross every few bars, in each market; in and out all the time."""
    return {
        "initial_balance": 100_000,
        "simulation": {"maker_fee": 0.0002, "taker_fee": 0.0005},
        "metrics": {"enabled": False},
        "indicators": [
            {
                "name": "ma",
                "type": "ma",
                "timeframe": timeframe,
                "parameters": {"fast_period": 2, "slow_period": 4},
            }
        ],
        "strategies": [
            {
                "name": f"cross {market}",
                "market": market,
                "timeframe": timeframe,
                "indicators": ["ma"],
                "sizing": {"method": "percent_equity", "equity_pct": 20},
                **others,
            }
            for market in markets
        ],
    }


def stretched(frame: pl.DataFrame, *, times: int, latency_ns: int = 1_000_000) -> pl.DataFrame:
    """The same events over a longer time, so that more bars close; their latencies stay the same."""
    first = pl.col("exchange_ns").min()
    happened = first + (pl.col("exchange_ns") - first) * times
    late = (pl.col("local_ns") - pl.col("exchange_ns")) + latency_ns
    return frame.with_columns(exchange_ns=happened, local_ns=happened + late).sort(
        "local_ns", maintain_order=True
    )


def overtaking(rows: int, *, seed: int, longest_ns: int = 1_500_000_000) -> pl.DataFrame:
    """Events that take up to ``longest_ns`` and overtake one another, with gaps and snapshots after them."""
    draw = np.random.default_rng(seed)
    calm = stretched(made_events(rows, seed=seed).frame(), times=200)
    latency = np.minimum(draw.exponential(longest_ns / 8, rows), longest_ns).astype(np.int64)
    frame = calm.with_columns(local_ns=pl.col("exchange_ns") + latency).sort("local_ns", maintain_order=True)
    pieces, start = [], 0
    for place in sorted(draw.choice(rows, 3, replace=False).tolist()):
        after = frame[place : place + 1]
        pieces += [frame[start:place], _like(after, "gap"), *_snapshot(after, frame, place)]
        start = place
    return pl.concat([*pieces, frame[start:]])


def _snapshot(after: pl.DataFrame, frame: pl.DataFrame, place: int) -> list[pl.DataFrame]:
    middle = round(frame["price"][: place + 1].tail(50).median() or 0.0, 1)  # type: ignore[arg-type, type-var]
    levels = [(side, middle - side * 0.1 * away) for side in (1, -1) for away in range(2, 30)]
    rows = [_like(after, "snapshot", side=side, price=round(price, 1), size=2.5) for side, price in levels]
    message = [*(_like(after, "clear", side=side) for side in (1, -1)), *rows]
    return [row.with_columns(last=pl.lit(place == len(message))) for place, row in enumerate(message, 1)]


def _like(
    row: pl.DataFrame, kind: str, *, side: int = 0, price: float = 0.0, size: float = 0.0
) -> pl.DataFrame:
    return row.with_columns(
        kind=pl.lit(kind), side=pl.lit(side, pl.Int8), price=pl.lit(price), size=pl.lit(size)
    )


@dataclass
class TickCase:
    """A configuration and the events that it runs on, by market symbol."""

    configuration: Mapping[str, Any]
    events: Mapping[str, pl.DataFrame]
    ticks: TickSettings = SLOW
    tick_sizes: Mapping[str, float] = field(default_factory=dict)
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.settings = parse_settings(self.configuration)
        self.tick_sizes = {
            symbol: self.tick_sizes.get(symbol) or infer_steps(frame).tick_size
            for symbol, frame in self.events.items()
        }

    def plan(self) -> dict[str, Any]:
        return build_plan(self.settings, intervals_ns=None)

    def backtest(self) -> TickSession:
        """Play the whole tapes at once, as a backtest does."""
        plan = self.plan()
        symbols = [market["symbol"] for market in plan["markets"]]
        sizes = [self.tick_sizes[symbol] for symbol in symbols]
        session = TickSession(Portfolio(plan), self.ticks.rules(), sizes)
        session.play(
            [
                [to_tape(self.events[symbol], tick_size=size)]
                for symbol, size in zip(symbols, sizes, strict=True)
            ]
        )
        return session

    def session(self) -> TickPaperSession:
        """A session that has seen nothing, fed by hand."""
        source, plan = self.source(), self.plan()
        symbols = [market["symbol"] for market in plan["markets"]]
        events = [(symbol, source.market(symbol)) for symbol in symbols]
        return TickPaperSession(
            TickSession(Portfolio(plan), self.ticks.rules(), [market.tick_size for _, market in events]),
            markets=events,
            strategies=[strategy["name"] for strategy in plan["strategies"]],
            late_after_ns=round(self.settings.live.events_late_after * 1e9),
        )

    def rows(self) -> np.ndarray[Any, Any]:
        """All events as rows in the order in which they were received."""
        frames = [
            frame.with_columns(market=pl.lit(market, pl.UInt16))
            for market, frame in enumerate(self.events.values())
        ]
        frame = pl.concat(frames).sort("local_ns", maintain_order=True)
        rows = np.zeros(frame.height, ROW)
        for name in ROW.names or ():
            if name != "kind":
                rows[name] = frame[name].to_numpy()
        rows["kind"] = [KINDS.index(kind) + 1 for kind in frame["kind"].cast(pl.String).to_list()]
        return rows

    def source(self, streams: Mapping[str, MarketStreams] | None = None) -> EventSource:
        given = streams or {symbol: replayed(symbol, frame) for symbol, frame in self.events.items()}
        return EventSource(
            markets={
                symbol: EventMarket(streams=one, tick_size=self.tick_sizes[symbol])
                for symbol, one in given.items()
            },
            text="recorded events",
        )

    def dry_run(
        self,
        *,
        streams: Mapping[str, MarketStreams] | None = None,
        state: Path | None = None,
        max_bars: int | None = None,
        events: list[Event] | None = None,
        stop: StopRequest | None = None,
    ) -> TickPaperSession:
        """Run through the real loop; the session as it stands at the end."""
        run = TickDryRun(
            settings=self.settings,
            events=self.source(streams),
            rules=self.ticks.rules(),
            state=state,
            max_bars=max_bars,
        )
        told: list[Event] = [] if events is None else events

        async def session() -> TickPaperSession:
            return await run_tick_dry_run(run, observer=told.append, stop=stop or StopRequest())

        return asyncio.run(session())


def replayed(symbol: str, frame: pl.DataFrame, kind: type[Replay] = ReplayMarket) -> Replay:  # type: ignore[assignment]
    sequenced = frame if "sequence" in frame.columns else frame.with_columns(sequence=pl.lit(None, pl.Int64))
    return kind(lambda: [sequenced], symbol)


def assert_same_ticks(one: TickSession, other: TickSession) -> None:
    """Fail unless orders, fills, trades and the equity curve of both are bitwise equal."""
    for name in ("fills", "orders", "trades", "refused"):
        assert table_bits(getattr(one, name)(0)) == table_bits(getattr(other, name)(0)), name
    assert table_bits(one.open_positions()) == table_bits(other.open_positions())
    assert bits(one.open_time_ns()) == bits(other.open_time_ns())
    assert bits(one.equity_curve()) == bits(other.equity_curve())
    assert (one.equity.hex(), one.cash.hex()) == (other.equity.hex(), other.cash.hex())


def table_bits(columns: Mapping[str, Any]) -> dict[str, object]:
    return {name: bits(values) for name, values in columns.items()}
