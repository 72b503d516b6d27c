"""The dry run's session: the Rust engine over the simulated venue, and what came of each group of bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spark_stacker._core import Bars
from spark_stacker.trading.events import EntryRefused, Event, Fill, OrderRefused, OrderSent, TradeClosed
from spark_stacker.trading.portfolio import OpenOrder, OpenPosition, PortfolioView

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from spark_stacker._core import Session
    from spark_stacker.trading.bar_groups import BarGroup

__all__ = ["ExternalSignal", "HistoryRow", "PaperSession"]

ExternalSignal = tuple[int, int, int, float]
"""Strategy, indicator, direction (+1, 0, -1), confidence."""

HistoryRow = tuple[int, float, float, float, float, float]
"""Open time in UTC nanoseconds, open, high, low, close, volume."""

ENDED = frozenset({"filled", "cancelled", "rejected", "expired"})


class PaperSession:
    """Feeds an engine and reads what is new. ``markets`` are symbols with bar intervals, in the plan's
    order.
    """

    def __init__(
        self, engine: Session, *, markets: Sequence[tuple[str, int]], strategies: Sequence[str]
    ) -> None:
        self.engine = engine
        self._markets = list(markets)
        self._strategies = list(strategies)
        self._fills = self._trades = self._entries_refused = self._orders = 0
        self._first_open_order = 0
        self._rejected: set[int] = set()

    def warm_up(self, market: int, rows: Sequence[HistoryRow]) -> None:
        """Let a market's indicators see history; nothing is traded."""
        if rows:
            self.engine.warm_up(market, bars_of(rows, self._markets[market][1]))

    def on_group(self, group: BarGroup, signals: Sequence[ExternalSignal]) -> list[Event]:
        """Trade a group of bars; return what came of it."""
        for market, time_ns, rate in group.funding:
            self.engine.add_funding(market, time_ns, rate)
        self.engine.on_bars(group.open_time_ns, group.bars, signals, group.marks)
        return [*self._new_fills(), *self._new_trades(), *self._new_orders(), *self._new_refused_entries()]

    def view(self) -> PortfolioView:
        """Return the portfolio as it stands."""
        return PortfolioView(
            equity=self.engine.equity,
            cash=self.engine.cash,
            positions=tuple(self._position(row) for row in rows_of(self.engine.open_positions())),
            open_orders=tuple(
                OpenOrder(
                    order=int(row["order"]),
                    market=self._market(row),
                    strategy=self._strategy(row),
                    side=row["side"],
                    kind=row["kind"],
                    quantity=_number(row["quantity"]),
                    price=_number(row["price"]),
                    trigger=_number(row["trigger"]),
                    purpose=row["purpose"],
                )
                for row in rows_of(self.engine.orders(self._first_open_order))
                if row["state"] not in ENDED
            ),
        )

    def _new_fills(self) -> Iterator[Fill]:
        rows = list(rows_of(self.engine.fills(self._fills)))
        self._fills += len(rows)
        for row in rows:
            yield Fill(
                order=int(row["order"]),
                account=int(row["account"]),
                strategy=self._strategy(row),
                market=self._market(row),
                side=row["side"],
                quantity=float(row["quantity"]),
                price=float(row["price"]),
                fee=float(row["fee"]),
                liquidity=row["liquidity"],
                purpose=row["purpose"],
                time_ns=int(row["time_ns"]),
            )

    def _new_orders(self) -> Iterator[OrderSent | OrderRefused]:
        """Look at the orders from the oldest open one on: only those can have changed."""
        rows = list(rows_of(self.engine.orders(self._first_open_order)))
        for row in rows:
            number = int(row["order"])
            place: dict[str, Any] = {
                "strategy": self._strategy(row),
                "market": self._market(row),
                "side": row["side"],
                "purpose": row["purpose"],
            }
            if number >= self._orders:
                yield OrderSent(order=number, account=int(row["account"]), kind=row["kind"], **place)
            if row["state"] == "rejected" and number not in self._rejected:
                self._rejected.add(number)
                yield OrderRefused(reason=row["reason"], **place)
        self._orders = self._first_open_order + len(rows)
        still_open = (index for index, row in enumerate(rows) if row["state"] not in ENDED)
        self._first_open_order += next(still_open, len(rows))

    def _new_refused_entries(self) -> Iterator[EntryRefused]:
        rows = list(rows_of(self.engine.refused(self._entries_refused)))
        self._entries_refused += len(rows)
        for row in rows:
            yield EntryRefused(
                strategy=self._strategy(row),
                market=self._market(row),
                direction=row["direction"],
                rule=row["rule"],
                limit=float(row["limit"]),
                value=float(row["value"]),
            )

    def _new_trades(self) -> Iterator[TradeClosed]:
        rows = list(rows_of(self.engine.trades(self._trades)))
        self._trades += len(rows)
        for row in rows:
            yield TradeClosed(
                strategy=self._strategy(row),
                market=self._market(row),
                side=row["side"],
                account=int(row["account"]),
                quantity=float(row["quantity"]),
                entry_price=float(row["entry_price"]),
                exit_price=float(row["exit_price"]),
                profit=float(row["profit"]),
                exit_purpose=row["exit_purpose"],
                exit_time_ns=int(row["exit_time_ns"]),
            )

    def _position(self, row: Mapping[str, Any]) -> OpenPosition:
        return OpenPosition(
            market=self._market(row),
            strategy=self._strategy(row),
            leg="hedge" if int(row["account"]) else "main",
            side=row["side"],
            quantity=float(row["quantity"]),
            entry_price=float(row["entry_price"]),
            mark_price=float(row["mark_price"]),
            unrealised_profit=float(row["unrealised_profit"]),
            liquidation_price=_number(row["liquidation_price"]),
            stop_price=_number(row["stop_price"]),
            target_price=_number(row["target_price"]),
        )

    def _market(self, row: Mapping[str, Any]) -> str:
        return self._markets[int(row["market"])][0]

    def _strategy(self, row: Mapping[str, Any]) -> str:
        return self._strategies[int(row["strategy"])]


def bars_of(rows: Sequence[HistoryRow], interval_ns: int) -> Bars:
    """Return history as the core takes it."""
    times = np.array([row[0] for row in rows], dtype=np.int64)
    columns = (np.array([row[i] for row in rows], dtype=np.float64) for i in range(1, 6))
    return Bars(times, *columns, interval_ns=interval_ns)


def rows_of(columns: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield columns of equal length as rows."""
    names = list(columns)
    if len(columns[names[0]]):
        for values in zip(*columns.values(), strict=True):
            yield dict(zip(names, values, strict=True))


def _number(value: Any) -> float | None:
    """Return ``None`` for what is undefined."""
    return None if value is None or value != value else float(value)  # noqa: PLR0124 - NaN differs from itself
