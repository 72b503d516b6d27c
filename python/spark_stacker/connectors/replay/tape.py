"""The tape: recorded candles of several markets in the order in which they become known."""

from __future__ import annotations

import hashlib
import itertools
import struct
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar

from spark_stacker.connectors.replay.faults import Faults
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import polars as pl

    from spark_stacker.data import PerpetualData

__all__ = ["Payment", "RecordedMarket", "Row", "Tape", "rows_of"]

Row = tuple[int, float, float, float, float, float]
"""Open time in UTC nanoseconds, open, high, low, close, volume."""

Payment = tuple[int, float]
"""Time of a funding payment in UTC nanoseconds, rate."""


T = TypeVar("T", Row, Payment)


@dataclass(frozen=True, slots=True)
class RecordedMarket:
    """The candles of one market, ascending by open time, each once.

    ``funding`` are payments, ``marks`` mark price candles of the same interval, both ascending, where they
    were recorded. ``synthetic`` names the scenario of made-up candles.
    """

    symbol: str
    interval_ns: int
    rows: Sequence[Row]
    times: list[int] = field(init=False)
    funding: Sequence[Payment] = ()
    marks: Sequence[Row] = ()
    synthetic: str | None = None

    def __post_init__(self) -> None:
        times = [row[0] for row in self.rows]
        if not times:
            raise DataError(f"{self.symbol}: there are no candles to replay")
        for before, after in itertools.pairwise(times):
            if after - before < self.interval_ns:
                raise DataError(
                    f"{self.symbol}: candles must ascend by at least their interval, see {before} and {after}"
                )
        object.__setattr__(self, "times", times)

    def with_perpetual(self, data: PerpetualData) -> RecordedMarket:
        """Return the market with these funding rates and mark candles."""
        payments: list[Payment] = []
        if data.funding is not None:
            times = data.funding["timestamp"].dt.epoch("ns").to_list()
            payments = list(zip(times, data.funding["rate"].to_list(), strict=True))
        return replace(self, funding=payments, marks=() if data.mark is None else rows_of(data.mark))

    def fingerprint(self) -> str:
        """Return a hash of all that is recorded: equal recordings give equal text wherever they came from."""
        digest = hashlib.sha256(f"{self.interval_ns}".encode())
        for row in self.rows:
            digest.update(struct.pack("<q5d", *row))
        for name, payments in (("funding", self.funding), ("mark", self.marks)):
            if payments:
                digest.update(name.encode())
            for payment in payments:
                digest.update(struct.pack(f"<q{len(payment) - 1}d", *payment))
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class _Delivery:
    market: int
    row: int


class Tape:
    """Plays markets together from a start time on; ``now_ns`` is how far it has come.

    ``warm_up_bars`` keeps that many first candles of each market as history; ``start_ns`` does so for all
    before it.
    """

    def __init__(
        self,
        markets: Sequence[RecordedMarket],
        *,
        start_ns: int | None = None,
        warm_up_bars: int = 0,
        faults: Faults | None = None,
    ) -> None:
        if not markets:
            raise ParameterError("a replay needs the candles of at least one market")
        if len({market.symbol for market in markets}) < len(markets):
            raise ParameterError("a replay plays one series of candles a market")
        if warm_up_bars < 0:
            raise ParameterError(f"warm_up_bars must be at least 0, was {warm_up_bars}")
        self.markets = list(markets)
        self._faults = faults or Faults()
        self.start_ns = _start(markets, start_ns, warm_up_bars)
        self.now_ns = self.start_ns
        self._withheld = set(self._faults.absent) | set(self._faults.late)
        self._deliveries = self._plan()
        self._next = 0

    @property
    def remaining(self) -> int:
        """Deliveries still to come."""
        return len(self._deliveries) - self._next

    def market(self, symbol: str) -> RecordedMarket:
        """Return a market by symbol."""
        for market in self.markets:
            if market.symbol == symbol:
                return market
        raise ParameterError(
            f"no market {symbol!r} is recorded; there are {', '.join(m.symbol for m in self.markets)}"
        )

    def skip_to(self, now_ns: int) -> None:
        """Move on to a time without delivering what closed before it."""
        self.now_ns = max(self.now_ns, now_ns)
        while self._next < len(self._deliveries) and self._due_ns(self._next) <= now_ns:
            self.deliver()

    def deliver(self) -> tuple[RecordedMarket, Row]:
        """Deliver the next candle. Raises ``StopIteration`` at the end."""
        if not self.remaining:
            raise StopIteration
        delivery = self._deliveries[self._next]
        self._next += 1
        market = self.markets[delivery.market]
        row = market.rows[delivery.row]
        self.now_ns = max(self.now_ns, row[0] + market.interval_ns)
        self._withheld.discard((market.symbol, row[0]))
        return market, row

    def next_close_ns(self) -> int | None:
        """Time at which the next delivery is due, ``None`` at the end."""
        return self._due_ns(self._next) if self.remaining else None

    def history(
        self, symbol: str, *, start_ns: int | None, end_ns: int | None, limit: int | None
    ) -> list[Row]:
        """Return the candles known now that open in ``[start_ns, end_ns)``, the latest ``limit`` of them."""
        market = self.market(symbol)
        first = 0 if start_ns is None else bisect_left(market.times, start_ns)
        last = bisect_right(market.times, self.now_ns - market.interval_ns)
        if end_ns is not None:
            last = min(last, bisect_left(market.times, end_ns))
        rows = [row for row in market.rows[first:last] if (symbol, row[0]) not in self._withheld]
        return rows if limit is None else rows[max(len(rows) - limit, 0) :]

    def funding(self, symbol: str, *, start_ns: int, end_ns: int) -> list[Payment]:
        """Return the payments known now that are due in ``[start_ns, end_ns)``."""
        return _between(self.market(symbol).funding, start_ns, min(end_ns, self.now_ns + 1))

    def marks(self, symbol: str, *, start_ns: int, end_ns: int) -> list[Row]:
        """Return the mark candles that have closed by now and open in ``[start_ns, end_ns)``."""
        market = self.market(symbol)
        end_ns = min(end_ns, self.now_ns - market.interval_ns + 1)
        return _between(market.marks, start_ns, end_ns)

    def _due_ns(self, delivery: int) -> int:
        place = self._deliveries[delivery]
        market = self.markets[place.market]
        return max(self.now_ns, market.times[place.row] + market.interval_ns)

    def _plan(self) -> list[_Delivery]:
        ordered = sorted(
            (time + market.interval_ns, index, row)
            for index, market in enumerate(self.markets)
            for row, time in enumerate(market.times)
            if time >= self.start_ns
        )
        return list(self._disturb(ordered))

    def _disturb(self, ordered: Iterable[tuple[int, int, int]]) -> Iterator[_Delivery]:
        faults = self._faults
        held: list[tuple[int, _Delivery]] = []
        for _, index, row in ordered:
            market = self.markets[index]
            place = (market.symbol, market.times[row])
            if place in faults.lost or place in faults.absent:
                continue
            delivery = _Delivery(index, row)
            wait = faults.late.get(place) or faults.swapped.get(place)
            if wait:
                held.append((wait, delivery))
                continue
            for _ in range(1 + faults.duplicated.get(place, 0)):
                yield delivery
            held = [(left - 1, late) for left, late in held]
            yield from (late for left, late in held if left <= 0)
            held = [(left, late) for left, late in held if left > 0]
        yield from (late for _, late in held)


def rows_of(frame: pl.DataFrame) -> list[Row]:
    """Return a frame of candles as rows."""
    columns = [frame["timestamp"].dt.epoch("ns").to_list()]
    columns += [frame[name].to_list() for name in ("open", "high", "low", "close", "volume")]
    return list(zip(*columns, strict=True))


def _between(rows: Sequence[T], start_ns: int, end_ns: int) -> list[T]:
    first = bisect_left(rows, start_ns, key=itemgetter(0))
    return list(rows[first : bisect_left(rows, end_ns, lo=first, key=itemgetter(0))])


def _start(markets: Sequence[RecordedMarket], start_ns: int | None, warm_up_bars: int) -> int:
    if start_ns is not None and warm_up_bars:
        raise ParameterError("say either where a replay starts or how many bars come before")
    if start_ns is None:
        shortest = min(markets, key=lambda market: len(market.times))
        if warm_up_bars >= len(shortest.times):
            raise ParameterError(
                f"{shortest.symbol}: {warm_up_bars} candles of warm-up leave none "
                f"of {len(shortest.times)} to play"
            )
        start_ns = (
            max(m.times[warm_up_bars] for m in markets) if warm_up_bars else min(m.times[0] for m in markets)
        )
    if all(market.times[-1] < start_ns for market in markets):
        raise ParameterError("the replay starts after the last candle")
    return start_ns
