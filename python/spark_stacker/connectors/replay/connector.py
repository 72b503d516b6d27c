"""The replay connector: recorded candles played as if they happened now, with a simulated account."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from spark_stacker._core import interval_name, interval_ns
from spark_stacker.connectors.base_connector import BaseConnector, MarketType, OrderSide, OrderType
from spark_stacker.connectors.replay.account import PaperAccount, PaperRules
from spark_stacker.connectors.replay.client import ReplayClient
from spark_stacker.connectors.replay.recordings import (
    Recording,
    catalogued_markets,
    named_recordings,
    recorded_market,
)
from spark_stacker.connectors.replay.tape import Row, Tape
from spark_stacker.errors import ParameterError, RetryableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from spark_stacker.connectors.amounts import Amount
    from spark_stacker.connectors.contract import ExchangeClient
    from spark_stacker.connectors.replay.faults import Faults
    from spark_stacker.connectors.replay.tape import RecordedMarket

__all__ = ["ReplayConnector"]

MS = 1_000_000


class ReplayConnector(BaseConnector):
    """Plays recorded candles of one or several markets.

    ``recordings`` maps a symbol to its candles: a frame (anything with the Arrow C stream, columns
    ``timestamp``, ``open``, ``high``, ``low``, ``close``, ``volume``) or the path of a CSV or Parquet file.
    ``interval`` names their interval, by default it is the smallest step between two of them.

    ``files`` are such paths, or directories of them, with the symbol in the file's name,
    ``{symbol}_{interval}.csv``. ``venue`` takes candles of the catalogue, with the funding rates and mark
    candles beside them: those of ``symbols``, by default all, of ``interval``; ``root`` is the catalogue's
    directory.

    Funding and mark prices are served, not booked: orders by hand on the simulated account pay none.

    ``warm_up_bars`` first candles (or all before ``start_ns``) are history from the beginning. ``speed`` is
    a multiple of real time; ``"max"`` plays as fast as the listener takes it. ``order_books`` maps a symbol
    to its book, where one was recorded. ``faults`` are for rehearsals.

    A listener of :meth:`client` moves the replay on; by hand :meth:`advance` does.
    """

    def __init__(
        self,
        name: str,
        recordings: Mapping[str, Recording] | None = None,
        *,
        files: Sequence[str | Path] = (),
        venue: str | None = None,
        symbols: Sequence[str] = (),
        root: str | Path | None = None,
        interval: str | None = None,
        start_ns: int | None = None,
        warm_up_bars: int = 0,
        speed: float | str = "max",
        balance: Amount = 10_000.0,
        maker_fee_rate: float = 0.0,
        taker_fee_rate: float = 0.0,
        order_books: Mapping[str, Mapping[str, Any]] | None = None,
        market_types: Sequence[MarketType] = (MarketType.PERPETUAL,),
        faults: Faults | None = None,
    ) -> None:
        super().__init__(name, "replay", market_types)
        recordings = {**(recordings or {}), **named_recordings(files)}
        if venue is not None:
            recordings |= catalogued_markets(venue, symbols=symbols, interval=interval, root=root)
        markets = [recorded_market(symbol, recording, interval) for symbol, recording in recordings.items()]
        self.tape = Tape(markets, start_ns=start_ns, warm_up_bars=warm_up_bars, faults=faults)
        self.account = PaperAccount(
            markets,
            PaperRules(balance=balance, maker_fee_rate=maker_fee_rate, taker_fee_rate=taker_fee_rate),
        )
        before = [
            (rows[0][0], market.symbol, rows[0]) for market in markets if (rows := self._history(market, 1))
        ]
        for _, symbol, row in sorted(before):
            self.account.on_bar(symbol, row)
        self._speed = _multiple_of_real_time(speed)
        self._order_books = dict(order_books or {})

    def connect(self) -> bool:
        """Return ``True``: everything is here."""
        self._is_connected = True
        return True

    def disconnect(self) -> bool:
        """Return ``True``."""
        self._is_connected = False
        return True

    @property
    def source(self) -> str:
        """The recordings by symbol, each with a hash of what it holds."""
        markets = (f"{market.symbol} {market.fingerprint()[:12]}" for market in self.tape.markets)
        label = "synthetic" if any(market.synthetic for market in self.tape.markets) else "recorded"
        return f"{self.name}: {label} candles of {', '.join(markets)}"

    @property
    def venue_time_ns(self) -> Callable[[], int]:
        """The replay's own time: how far the tape has come."""
        return lambda: self.tape.now_ns

    def advance(self) -> tuple[RecordedMarket, Row]:
        """Play the next candle: waiting orders may fill in it. Raises ``StopIteration`` at the end of the
        tape.
        """
        market, row = self.tape.deliver()
        self.account.on_bar(market.symbol, row)
        return market, row

    def skip_to(self, now_ns: int) -> None:
        """Go to a time without playing what closed before it."""
        self.tape.skip_to(now_ns)

    def pause_s(self, tape_ns: int) -> float:
        """Return how long a stretch of the tape takes at the speed of this replay."""
        return max(tape_ns, 0) / 1e9 / self._speed

    def client(self, *, now_ns: Callable[[], int], polling_interval_s: float = 60.0) -> ExchangeClient:  # noqa: ARG002
        """Return the asynchronous side. The tape is its clock, and nothing needs polling."""
        return ReplayClient(self)

    def get_markets(self) -> list[dict[str, Any]]:
        """Return the recorded markets, with the first and last open time in ms."""
        return [
            {
                "symbol": market.symbol,
                "base": market.symbol.split("-")[0],
                "quote": market.symbol.split("-")[1] if "-" in market.symbol else None,
                "market_type": self.market_types[0].value,
                "interval": interval_name(market.interval_ns),
                "first_timestamp": market.times[0] // MS,
                "last_timestamp": market.times[-1] // MS,
            }
            for market in self.tape.markets
        ]

    def get_ticker(self, symbol: str) -> dict[str, Any]:
        """Return the close of the latest candle, as no other price is recorded."""
        row = self._latest_row(symbol)
        return {"symbol": symbol, "last_price": row[4], "timestamp": self.tape.now_ns // MS}

    def get_candles(
        self,
        symbol: str,
        interval: str,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """Return recorded candles that have closed by now."""
        self._require_interval(symbol, interval)
        rows = self.tape.history(
            symbol,
            start_ns=None if start_time is None else start_time * MS,
            end_ns=None if end_time is None else end_time * MS,
            limit=limit,
        )
        return [_record(row) for row in rows]

    def get_orderbook(self, symbol: str, depth: int = 10) -> dict[str, Any]:
        """Return the recorded book of a market; refused where none was recorded, for a made-up one would
        deceive.
        """
        self.tape.market(symbol)
        book = self._order_books.get(symbol)
        if book is None:
            raise ParameterError(f"{symbol}: no order book is recorded, only candles")
        return {
            "symbol": symbol,
            "bids": list(book["bids"])[:depth],
            "asks": list(book["asks"])[:depth],
            "timestamp": self.tape.now_ns // MS,
        }

    def offers(self, feed: str, symbol: str) -> bool:
        """Return whether ``funding`` or ``mark`` prices of a market are recorded."""
        market = self.tape.market(symbol)
        return bool({"funding": market.funding, "mark": market.marks}.get(feed))

    def get_funding_rates(self, symbol: str, start_time: int, end_time: int) -> list[dict[str, Any]]:
        """Return the recorded payments that are due so far; see ``BaseConnector``."""
        payments = self.tape.funding(symbol, start_ns=start_time * MS, end_ns=end_time * MS)
        return [{"timestamp": time_ns // MS, "rate": rate} for time_ns, rate in payments]

    def get_mark_candles(
        self, symbol: str, interval: str, start_time: int, end_time: int
    ) -> list[dict[str, Any]]:
        """Return the recorded mark candles that have closed so far; see ``BaseConnector``."""
        self._require_interval(symbol, interval)
        rows = self.tape.marks(symbol, start_ns=start_time * MS, end_ns=end_time * MS)
        return [_record(row) for row in rows]

    def get_account_balance(self) -> dict[str, float]:
        """Return the cash of the simulated account under the first market's quote currency."""
        quote = self.get_markets()[0]["quote"]
        return {quote or "USD": self.account.cash}

    def get_positions(self) -> list[dict[str, Any]]:
        """Return the open positions of the simulated account."""
        return self.account.positions()

    def place_order(
        self,
        symbol: str,
        side: OrderSide,
        order_type: OrderType,
        size: Amount,
        price: Amount | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Send an order to the simulated venue; a market order fills at the open of the next candle.

        Options: ``trigger_price``, ``distance_fraction``, ``leverage``, ``reduce_only``, ``post_only``,
        ``time_in_force``, ``client_order_id``.
        """
        self.tape.market(symbol)
        return self.account.place(symbol, side, order_type, size=size, price=price, options=options)

    def cancel_order(self, order_id: str) -> bool:
        """Cancel an order of the simulated account."""
        return self.account.cancel(order_id)

    def get_order_status(self, order_id: str) -> dict[str, Any]:
        """Return what became of an order."""
        return self.account.order(order_id)

    def get_leverage_tiers(self, symbol: str) -> list[dict[str, Any]]:
        """Return no tiers: candles do not tell any."""
        self.tape.market(symbol)
        return []

    def set_leverage(self, symbol: str, leverage: Amount) -> dict[str, Any]:
        """Set the leverage of a market's new positions."""
        self.tape.market(symbol)
        return {"symbol": symbol, "leverage": self.account.set_leverage(symbol, leverage)}

    def close_position(self, symbol: str) -> dict[str, Any]:
        """Close a position at the open of the next candle."""
        for position in self.account.positions():
            if position["symbol"] == symbol:
                side = OrderSide.SELL if position["side"] == "long" else OrderSide.BUY
                return self.account.place(symbol, side, OrderType.MARKET, size=None, price=None, options={})
        raise ParameterError(f"{symbol}: there is no position to close")

    def _require_interval(self, symbol: str, interval: str) -> None:
        recorded_ns = self.tape.market(symbol).interval_ns
        if interval_ns(interval) != recorded_ns:
            recorded = interval_name(recorded_ns)
            raise ParameterError(f"{symbol}: candles of {interval} are wanted, {recorded} are recorded")

    def _history(self, market: RecordedMarket, limit: int) -> list[Row]:
        return self.tape.history(market.symbol, start_ns=None, end_ns=None, limit=limit)

    def _latest_row(self, symbol: str) -> Row:
        rows = self._history(self.tape.market(symbol), 1)
        if not rows:
            raise RetryableError(f"{symbol}: no candle has closed yet, so there is no price")
        return rows[0]


def _record(row: Row) -> dict[str, Any]:
    names = ("open", "high", "low", "close", "volume")
    return {"timestamp": row[0] // MS, **dict(zip(names, row[1:], strict=True))}


def _multiple_of_real_time(speed: float | str) -> float:
    """Return ``speed`` as a factor, infinity for ``"max"``."""
    if speed == "max":
        return math.inf
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0 < speed < math.inf:
        raise ParameterError(f'speed must be "max" or a number above 0, was {speed!r}')
    return float(speed)
