"""What is wrong with a stream of events, in words and numbers. Nothing is repaired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from spark_stacker.data.events.schema import PRICED, infer_steps, require_events, to_tape
from spark_stacker.errors import DataError

__all__ = ["EventFinding", "EventReport", "check_events"]


@dataclass(frozen=True, slots=True)
class EventFinding:
    """One kind of defect: how often, the first row, and what it means."""

    kind: str
    count: int
    row: int
    message: str
    serious: bool


@dataclass(frozen=True, slots=True)
class EventReport:
    """The findings of a check, and what the stream holds."""

    rows: int
    counts: dict[str, int]
    start_ns: int
    end_ns: int
    median_latency_ns: float
    findings: tuple[EventFinding, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing serious was found: a run on the events means what it says."""
        return not any(finding.serious for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """The report for JSON."""
        return {
            "rows": self.rows,
            "counts": self.counts,
            "start_ns": self.start_ns,
            "end_ns": self.end_ns,
            "median_latency_ns": self.median_latency_ns,
            "clean": self.is_clean,
            "findings": [
                {"kind": f.kind, "count": f.count, "row": f.row, "message": f.message, "serious": f.serious}
                for f in self.findings
            ],
        }

    def __str__(self) -> str:
        held = ", ".join(f"{count:,} {kind}" for kind, count in self.counts.items())
        seconds = (self.end_ns - self.start_ns) / 1e9
        lines = [f"{self.rows:,} events over {seconds:,.1f} s: {held}"]
        lines += [f"{'!' if f.serious else '-'} {f.message} (first at row {f.row:,})" for f in self.findings]
        return "\n".join(lines if self.findings else [*lines, "nothing found"])


def check_events(
    frame: pl.DataFrame, *, tick_size: float | None = None, place: str = "events"
) -> EventReport:
    """Order of both clocks, latencies, crossed books, gaps, sizes and prices, the grid, increments without
    a book.

    Raises `DataError` only where the columns are not those of events.
    """
    frame = require_events(frame, place=place)
    findings = [
        *_clocks(frame),
        *_values(frame),
        *_book(frame, tick_size),
        *(() if tick_size is None else _grid(frame, tick_size)),
    ]
    counts = frame["kind"].cast(pl.String).value_counts(sort=True)
    latency = (frame["local_ns"] - frame["exchange_ns"]).median()
    return EventReport(
        rows=frame.height,
        counts=dict(counts.iter_rows()),
        start_ns=int(frame["local_ns"].min() or 0),  # type: ignore[arg-type]
        end_ns=int(frame["local_ns"].max() or 0),  # type: ignore[arg-type]
        median_latency_ns=float(latency or 0.0),  # type: ignore[arg-type]
        findings=tuple(findings),
    )


def _found(kind: str, where: pl.Series, message: str, *, serious: bool = True) -> list[EventFinding]:
    count = int(where.sum())
    if not count:
        return []
    row = int(where.arg_max() or 0)
    return [EventFinding(kind, count, row, message.format(count=f"{count:,}"), serious)]


def _clocks(frame: pl.DataFrame) -> list[EventFinding]:
    back = (frame["local_ns"].diff() < 0).fill_null(value=False)
    exchange_back = (frame["exchange_ns"].diff() < 0).fill_null(value=False)
    early = frame["local_ns"] < frame["exchange_ns"]
    return [
        *_found("local_time_back", back, "the local clock goes back {count} times"),
        *_found(
            "exchange_time_back",
            exchange_back,
            "{count} events happened before the one received before them",
            serious=False,
        ),
        *_found("received_early", early, "{count} events were received before they happened: clocks differ"),
    ]


def _values(frame: pl.DataFrame) -> list[EventFinding]:
    kind = frame["kind"].cast(pl.String)
    priced = kind.is_in(PRICED)
    bad_price = priced & ~(frame["price"].is_finite() & (frame["price"] > 0))
    must_be_positive = kind.is_in(["trade", "snapshot"])
    size = frame["size"]
    bad_size = (priced & ~(size.is_finite() & (size >= 0))) | (must_be_positive & (size == 0))
    no_side = kind.is_in(["depth", "snapshot", "quote"]) & (frame["side"] == 0)
    trades = frame.filter(kind == "trade").with_row_index("place")
    ids = trades["sequence"]
    twice = (ids.diff() == 0).fill_null(value=False)
    missing = (ids.diff() > 1).fill_null(value=False)
    gaps = kind == "gap"
    return [
        *_found("price", bad_price, "{count} prices are not positive and finite"),
        *_found("size", bad_size, "{count} sizes are negative, not finite, or zero where something stands"),
        *_found("side", no_side, "{count} levels of a book have no side"),
        *_found(
            "gap", gaps, "{count} gaps: nothing is known of the book until the next snapshot", serious=False
        ),
        *_found("trade_twice", twice, "{count} trades have the number of the one before"),
        *_found("trades_missing", missing, "{count} jumps in the numbers of trades", serious=False),
    ]


def _book(frame: pl.DataFrame, tick_size: float | None) -> list[EventFinding]:
    """Increments that no snapshot stands before, and books that are crossed at the end of a message."""
    kind = frame["kind"].cast(pl.String)
    starts = kind.is_in(["snapshot", "quote"]).cum_max()
    early = (kind == "depth") & ~starts
    found = _found("before_snapshot", early, "{count} increments stand before any snapshot", serious=False)
    if not kind.is_in(["depth", "snapshot", "quote"]).any():
        return found
    try:
        step = infer_steps(frame).tick_size if tick_size is None else tick_size
        # Clocks that differ are told elsewhere, and change no book.
        tape = to_tape(frame.with_columns(exchange_ns=pl.col("local_ns")), tick_size=step)
    except DataError:
        # What keeps it from being played is among the other findings.
        return found
    count, row = tape.crossings()
    if row is not None:
        found.append(
            EventFinding("crossed", count, row, f"the book is crossed after {count:,} messages", serious=True)
        )
    return found


def _grid(frame: pl.DataFrame, tick_size: float) -> list[EventFinding]:
    ticks = frame["price"] / tick_size
    off = frame["kind"].cast(pl.String).is_in(PRICED) & ((ticks - ticks.round()).abs() > 1e-3)
    return _found("off_grid", off, f"{{count}} prices are off the tick size {tick_size:g}")
