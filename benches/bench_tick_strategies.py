"""Strategies on trades: a class in Python against nautilus_trader's, precomputed signals against raptorbt's.

The trades are the same, of one market without a book. nautilus_trader's strategy does nothing on each of
them, and so does ours. Signals ask for a position in turns of five hundred trades, bought and sold at the
trade's price: as many fills, and the same profit.
"""

from __future__ import annotations

import os
import warnings
from statistics import median
from typing import Any

import numpy as np
import polars as pl

warnings.filterwarnings("ignore")

import raptorbt  # noqa: E402
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig  # noqa: E402
from nautilus_trader.config import LoggingConfig  # noqa: E402
from nautilus_trader.model.currencies import USDT  # noqa: E402
from nautilus_trader.model.data import TradeTick  # noqa: E402
from nautilus_trader.model.enums import AccountType, OmsType  # noqa: E402
from nautilus_trader.model.identifiers import TraderId, Venue  # noqa: E402
from nautilus_trader.model.objects import Money  # noqa: E402
from nautilus_trader.test_kit.providers import TestInstrumentProvider  # noqa: E402
from nautilus_trader.trading.strategy import Strategy  # noqa: E402

from measure import require_release  # noqa: E402
from spark_stacker import _core  # noqa: E402
from spark_stacker.backtesting.ticks import Targets, TickSettings  # noqa: E402

ROWS = int(os.environ.get("TICK_ROWS", "1000000"))
ROUNDS = 5
TURN = 500
FEE = 0.0005


class NoOp(Strategy):  # type: ignore[misc]
    """What nautilus_trader calls on every trade."""

    def on_start(self) -> None:
        self.subscribe_trade_ticks(INSTRUMENT.id)

    def on_trade_tick(self, tick: Any) -> None:
        pass


class OwnNoOp:
    """What we call on every trade, and on every change of the book."""

    def on_trade(self, desk: Any, trade: Any) -> None:
        pass

    def on_book(self, desk: Any) -> None:
        pass


INSTRUMENT = TestInstrumentProvider.btcusdt_binance()


def made_trades() -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(1)
    time_ns = 1_700_000_000_000_000_000 + np.arange(ROWS, dtype=np.int64) * 100_000_000
    return time_ns, np.round(60_000.0 + np.cumsum(draw.normal(0.0, 0.5, ROWS)), 2)


def nautilus_ticks(time_ns: np.ndarray, price: np.ndarray) -> list[Any]:
    sides = np.ones(ROWS, np.uint8)
    ids = [str(row) for row in range(ROWS)]
    stamps = time_ns.astype(np.uint64)
    size = np.ones(ROWS)
    return TradeTick.from_raw_arrays_to_list(INSTRUMENT.id, 2, 6, price, size, sides, ids, stamps, stamps)


def nautilus_engine(ticks: list[Any]) -> Any:
    config = BacktestEngineConfig(trader_id=TraderId("B-1"), logging=LoggingConfig(bypass_logging=True))
    engine = BacktestEngine(config)
    engine.add_venue(Venue("BINANCE"), OmsType.NETTING, AccountType.CASH, [Money(1e9, USDT)])
    engine.add_instrument(INSTRUMENT)
    engine.add_data(ticks, sort=False)
    engine.add_strategy(NoOp())
    return engine


def main() -> None:
    from time import perf_counter

    require_release()
    time_ns, price = made_trades()
    kind, side, size = np.full(ROWS, 1, np.uint8), np.ones(ROWS, np.int8), np.ones(ROWS)
    tape = _core.EventTape(time_ns, time_ns, kind, side, price, size, np.ones(ROWS, bool), tick_size=0.01)
    setup = TickSettings(initial_balance=1e9, taker_fee=FEE, record_interval_ns=10**15).setup(
        tick_size=0.01, lot_size=None
    )
    ticks = nautilus_ticks(time_ns, price)

    def timed(work: Any) -> float:
        start = perf_counter()
        work()
        return perf_counter() - start

    pairs = []
    for _ in range(ROUNDS):
        engine = nautilus_engine(ticks)
        other = timed(engine.run)
        assert engine.iteration == ROWS
        engine.dispose()
        pairs.append((timed(lambda: _core.run_tick_class([tape], setup, OwnNoOp())), other))
    print(f"{ROWS:,} trades\n")
    print("| | ours, ns a trade | peer | times | wanted |")
    print("| --- | --- | --- | --- | --- |")
    report("a class that does nothing, nautilus_trader", pairs, "≥ 10")

    place = np.arange(ROWS) % (2 * TURN)
    entries, exits = place == 0, place == TURN
    wanted = (place < TURN).astype(float)
    signals = Targets.on_trades(pl.DataFrame({"local_ns": time_ns}), wanted)
    nothing = np.zeros(ROWS)

    def theirs() -> Any:
        return raptorbt.run_tick_backtest(
            time_ns, price, price, price, nothing, nothing, nothing, entries, exits,
            "BTC", 1e9, FEE, 0.0, 90.0, 1e6, 10**9, 1,
        )  # fmt: skip

    def ours() -> Any:
        return _core.run_targets([tape], setup, signals.time_ns, signals.position)

    mine, peer = ours().trades(), theirs().trades()
    assert len(mine["profit"]) == len(peer) > 0
    profits = [trade.pnl for trade in peer]
    np.testing.assert_allclose(mine["profit"], profits, rtol=1e-9, atol=1e-6)
    pairs = []
    for _ in range(3 * ROUNDS):
        pairs.append((timed(ours), timed(theirs)))
    report(f"signals, {len(peer):,} round trips, raptorbt", pairs, "≥ 2")


def report(name: str, pairs: list[tuple[float, float]], wanted: str) -> None:
    ns = [1e9 * median(column) / ROWS for column in zip(*pairs, strict=True)]
    ratio = median(other / mine for mine, other in pairs)
    print(f"| {name} | {ns[0]:.1f} | {ns[1]:.1f} | {ratio:.2f} | {wanted} |", flush=True)


if __name__ == "__main__":
    main()
