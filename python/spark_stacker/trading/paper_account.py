"""The paper account of a dry run: what is new on the simulated venue since it was last asked, and how it
stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from spark_stacker.trading.events import EntryRefused, Event, Fill, OrderRefused, OrderSent, TradeClosed
from spark_stacker.trading.portfolio import OpenOrder, OpenPosition, PortfolioView

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["PaperAccount", "PaperVenue", "rows_of"]

ENDED = frozenset({"filled", "cancelled", "rejected", "expired"})


class PaperVenue(Protocol):
    """What both sessions of the core, on bars and on ticks, tell of their venue."""

    @property
    def equity(self) -> float:
        """Return the equity of all accounts."""
        ...

    @property
    def cash(self) -> float:
        """Return the cash of all accounts."""
        ...

    def fills(self, since: int, /) -> dict[str, Any]:
        """Return fills from this number on."""
        ...

    def orders(self, since: int, /) -> dict[str, Any]:
        """Return orders from this number on."""
        ...

    def trades(self, since: int, /) -> dict[str, Any]:
        """Return closed trades from this number on."""
        ...

    def refused(self, since: int, /) -> dict[str, Any]:
        """Return refused entries from this number on."""
        ...

    def open_positions(self) -> dict[str, Any]:
        """Return the open positions."""
        ...


class PaperAccount:
    """Reads a venue; ``markets`` and ``strategies`` are names in the plan's order."""

    def __init__(self, venue: PaperVenue, *, markets: Sequence[str], strategies: Sequence[str]) -> None:
        self._venue = venue
        self._markets = list(markets)
        self._strategies = list(strategies)
        self._fills = self._trades = self._entries_refused = self._orders = 0
        self._first_open_order = 0
        self._rejected: set[int] = set()

    def news(self) -> list[Event]:
        """Return what has come since the last call: fills, closed trades, orders, refused entries."""
        return [*self._new_fills(), *self._new_trades(), *self._new_orders(), *self._new_refused_entries()]

    def view(self) -> PortfolioView:
        """Return the portfolio as it stands."""
        return PortfolioView(
            equity=self._venue.equity,
            cash=self._venue.cash,
            positions=tuple(self._position(row) for row in rows_of(self._venue.open_positions())),
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
                for row in rows_of(self._venue.orders(self._first_open_order))
                if row["state"] not in ENDED
            ),
        )

    def _new_fills(self) -> Iterator[Fill]:
        rows = list(rows_of(self._venue.fills(self._fills)))
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
        rows = list(rows_of(self._venue.orders(self._first_open_order)))
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
        rows = list(rows_of(self._venue.refused(self._entries_refused)))
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
        rows = list(rows_of(self._venue.trades(self._trades)))
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
        return self._markets[int(row["market"])]

    def _strategy(self, row: Mapping[str, Any]) -> str:
        return self._strategies[int(row["strategy"])]


def rows_of(columns: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield columns of equal length as rows."""
    names = list(columns)
    if len(columns[names[0]]):
        for values in zip(*columns.values(), strict=True):
            yield dict(zip(names, values, strict=True))


def _number(value: Any) -> float | None:
    """Return ``None`` for what is undefined."""
    return None if value is None or value != value else float(value)  # noqa: PLR0124 - NaN differs from itself
