"""What is wrong with a stream of events: order, values, the book, sequences. Nothing is repaired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from spark_stacker.data.events.crossing import CrossedBooks
from spark_stacker.data.events.findings import EventFinding, EventReport
from spark_stacker.data.events.schema import BOOK, KINDS, PRICED, first_true, require_events

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["EventCheck", "check_events"]

# Kind of finding: the words, and whether it is serious. {count} is how often.
_WORDS: Final = {
    "local_time_back": ("the receiver's clock goes back {count} times", True),
    "exchange_time_back": ("{count} events happened before the one received before them", False),
    "received_early": ("{count} events were received before they happened: the clocks differ", True),
    "price": ("{count} prices are not positive and finite", True),
    "size": ("{count} sizes are negative, not finite, or zero where something stands", True),
    "side": ("{count} levels of a book have no side", True),
    "off_grid": ("{count} prices are off the tick size", True),
    "before_snapshot": ("{count} increments stand before any snapshot", True),
    "crossed": ("the book is crossed after {count} messages", True),
    "level_twice": ("{count} levels stand twice in a snapshot; the last one counts", False),
    "gap": ("{count} gaps: nothing is known of the book until the next snapshot", False),
    "sequence_back": ("the number of a message goes back {count} times", True),
    "sequence_gap": ("{count} messages do not follow on the number of the one before", True),
    "trade_twice": ("{count} trades have the number of the one before", True),
    "trade_back": ("the number of a trade goes back {count} times", True),
    "trades_missing": ("{count} trades are missing by their numbers", False),
    "cut_off": ("the last message has no end", False),
}
_SAMPLES: Final = 20_000
_GRID: Final = 1e-6


def check_events(
    events: pl.DataFrame | Iterable[pl.DataFrame],
    *,
    tick_size: float | None = None,
    contiguous: bool = False,
    place: str = "events",
) -> EventReport:
    """The report on a stream of events, in one frame or in frames that follow one another.

    Looks at the order of both clocks, latencies, values, prices off ``tick_size`` where it is given, crossed
    books at the ends of messages, increments before a snapshot, levels and trades that stand twice, numbers
    that go back or jump. Numbers of the book's messages must rise; where a venue is known to count them one
    by one, ``contiguous`` makes every jump a finding. Only rows of kind ``gap`` tell of gaps that an import
    has found.

    Raises `DataError` only where the columns are not those of events.

    >>> from spark_stacker.data.events import EVENT_SCHEMA
    >>> check_events(EVENT_SCHEMA.to_frame()).ok
    True
    """
    check = EventCheck(tick_size=tick_size, contiguous=contiguous, place=place)
    for frame in [events] if isinstance(events, pl.DataFrame) else events:
        check.add(frame)
    return check.report()


class EventCheck:
    """Takes in a stream frame by frame; what it keeps between frames does not grow with them."""

    def __init__(
        self, *, tick_size: float | None = None, contiguous: bool = False, place: str = "events"
    ) -> None:
        self._tick_size = tick_size
        self._contiguous = contiguous
        self._place = place
        self._rows = self._messages = 0
        self._counts = dict.fromkeys(KINDS, 0)
        self._found: dict[str, tuple[int, int, int]] = {}
        self._crossed = CrossedBooks()
        self._book_begun = False
        self._before: pl.DataFrame | None = None
        self._numbers: dict[str, int | None] = {"trade": None, "book": None}
        self._times: tuple[int, int] | None = None
        self._latencies: list[pl.Series] = []
        self._range: tuple[int, int] | None = None

    def add(self, frame: pl.DataFrame) -> None:
        """Looks through one frame more."""
        frame = require_events(frame, place=self._place)
        if frame.is_empty():
            return
        frame = frame.with_columns(pl.col("kind").cast(pl.String))
        self._clocks(frame)
        self._values(frame)
        self._levels(frame)
        self._trades(frame.with_row_index("row").filter(pl.col("kind") == "trade"))
        self._book_numbers(frame.with_row_index("row"))
        crossed = self._crossed.messages
        self._crossed.add(frame, self._rows)
        if new := self._crossed.messages - crossed:
            row = (self._crossed.first_row or 0) - self._rows if not crossed else 0
            self._note("crossed", new, row, frame)
        for kind, count in frame["kind"].value_counts().iter_rows():
            self._counts[kind] += count
        self._messages += int(frame["last"].sum())
        self._before = frame[-1:]
        self._rows += frame.height

    def report(self) -> EventReport:
        """What was found so far, the serious first."""
        found = dict(self._found)
        if self._before is not None and not self._before["last"][0]:
            found["cut_off"] = (1, self._rows - 1, int(self._before["local_ns"][0]))
        findings = [
            EventFinding(kind, count, row, time_ns, words.format(count=f"{count:,}"), serious)
            for kind, (words, serious) in _WORDS.items()
            for count, row, time_ns in ([found[kind]] if kind in found else [])
        ]
        median = pl.concat(self._latencies).median() if self._latencies else None
        return EventReport(
            where=self._place,
            rows=self._rows,
            messages=self._messages,
            counts={kind: count for kind, count in self._counts.items() if count},
            start_ns=self._times[0] if self._times else None,
            end_ns=self._times[1] if self._times else None,
            least_latency_ns=self._range[0] if self._range else None,
            median_latency_ns=median if isinstance(median, float) else None,
            most_latency_ns=self._range[1] if self._range else None,
            findings=tuple(sorted(findings, key=lambda finding: not finding.serious)),
        )

    def _note(self, kind: str, count: int, row: int, frame: pl.DataFrame) -> None:
        before, first, time_ns = self._found.get(kind, (0, self._rows + row, int(frame["local_ns"][row])))
        self._found[kind] = (before + count, first, time_ns)

    def _look(
        self, kind: str, where: pl.Series, frame: pl.DataFrame, *, weight: pl.Series | None = None
    ) -> None:
        """Counts true rows; ``frame`` may be a part of the chunk that names its rows in a column ``row``."""
        place = first_true(where.fill_null(value=False))
        if place is None:
            return
        count = int(where.sum()) if weight is None else int(weight.filter(where).sum())
        before, first, time_ns = self._found.get(kind, (0, None, None))
        if first is None or time_ns is None:
            row = int(frame["row"][place]) if "row" in frame.columns else place
            first, time_ns = self._rows + row, int(frame["local_ns"][place])
        self._found[kind] = (before + count, first, time_ns)

    def _clocks(self, frame: pl.DataFrame) -> None:
        local, exchange = frame["local_ns"], frame["exchange_ns"]
        before = self._before
        for kind, times in (("local_time_back", local), ("exchange_time_back", exchange)):
            earlier = times.shift(1, fill_value=None if before is None else int(before[times.name][0]))
            self._look(kind, times < earlier, frame)
        latency = local - exchange
        self._look("received_early", latency < 0, frame)
        least, most = int(latency.min()), int(latency.max())  # type: ignore[arg-type]
        start, end = int(local.min()), int(local.max())  # type: ignore[arg-type]
        self._range = (
            (min(least, self._range[0]), max(most, self._range[1])) if self._range else (least, most)
        )
        self._times = (min(start, self._times[0]), max(end, self._times[1])) if self._times else (start, end)
        self._latencies.append(latency.gather_every(max(1, frame.height // _SAMPLES)))

    def _values(self, frame: pl.DataFrame) -> None:
        kind, price, size = frame["kind"], frame["price"], frame["size"]
        priced = kind.is_in(PRICED)
        sound = price.is_finite() & (price > 0)
        self._look("price", (priced | (kind == "mark")) & ~sound, frame)
        stands = kind.is_in(["trade", "snapshot", "quote"])
        self._look("size", (priced & ~(size.is_finite() & (size >= 0))) | (stands & (size == 0)), frame)
        self._look("side", kind.is_in(BOOK) & (frame["side"] == 0), frame)
        self._look("gap", kind == "gap", frame)
        if self._tick_size is not None:
            ticks = price / self._tick_size
            off = (ticks - ticks.round()).abs() > _GRID * ticks.abs().clip(lower_bound=1.0)
            self._look("off_grid", priced & sound & off, frame)

    def _levels(self, frame: pl.DataFrame) -> None:
        kind = frame["kind"]
        if not self._book_begun:
            begun = kind.is_in(["snapshot", "quote", "clear"]).cum_max()
            self._look("before_snapshot", (kind == "depth") & ~begun, frame)
            self._book_begun = bool(begun[-1])
        ends = frame.select(message=pl.col("last").shift(1, fill_value=False).cum_sum())["message"]
        levels = frame.with_row_index("row").with_columns(message=ends).filter(pl.col("kind") == "snapshot")
        if not levels.is_empty():
            twice = ~levels.select(pl.struct("message", "side", "price").is_first_distinct()).to_series()
            self._look("level_twice", twice, levels)

    def _trades(self, trades: pl.DataFrame) -> None:
        if trades.is_empty():
            return
        numbers = trades["sequence"]
        step = numbers - numbers.shift(1, fill_value=self._numbers["trade"])
        self._look("trade_twice", step == 0, trades)
        self._look("trade_back", step < 0, trades)
        self._look("trades_missing", step > 1, trades, weight=step - 1)
        self._numbers["trade"] = numbers[-1]

    def _book_numbers(self, rows: pl.DataFrame) -> None:
        heads = rows.filter(pl.col("kind").is_in(["depth", "snapshot"]) & pl.col("sequence").is_not_null())
        heads = heads.filter(pl.struct("local_ns", "sequence").rle_id().is_first_distinct())
        if heads.is_empty():
            return
        numbers = heads["sequence"]
        step = numbers - numbers.shift(1, fill_value=self._numbers["book"])
        follows = heads["kind"] == "depth"
        self._look("sequence_back", (step < 0) & follows, heads)
        if self._contiguous:
            self._look("sequence_gap", (step > 1) & follows, heads)
        self._numbers["book"] = numbers[-1]


def _joined(known: tuple[int, int] | None, least: int, most: int) -> tuple[int, int]:
    return (least, most) if known is None else (min(known[0], least), max(known[1], most))
