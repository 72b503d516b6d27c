"""A feed of a book as events: whole snapshots, increments that follow on them, and a row for every gap.

What an increment follows on is told by the feed's numbers. Binance USD-M and Kraken Futures name the number
before (``prev_id``); Binance spot the first and last number of a message, which begin one after the last;
others count up. After a snapshot the first increment to count is the one that reaches beyond the snapshot's
number; earlier ones are in the snapshot already. Increments that came before the first snapshot and are newer
than it (a snapshot is asked for while the stream runs) count from its arrival on. Sources: Binance, "How to
manage a local order book correctly" (spot, USD-M); Kraken Futures, feed ``book``, ``seq``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from spark_stacker.data.events.feeds import FEED_SCHEMA
from spark_stacker.data.events.messages import last_of, whole_messages
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

__all__ = ["book_events"]

_IS_SNAPSHOT: Final = (pl.col("kind") == "snapshot").alias("is_snapshot")
_KEY: Final = pl.struct("local_ns", "last_id", _IS_SNAPSHOT)
_MOST_HELD: Final = 1 << 20


def book_events(
    batches: Iterable[pl.DataFrame], *, path: Path, note: Callable[[str], None], start_empty: bool = False
) -> Iterator[pl.DataFrame]:
    """The events of a feed of a book, batch by batch; the exchange's time stays null where nobody tells it.

    Raises `DataError` for increments without any snapshot, unless the book may ``start_empty``.
    """
    book = _Book(path, start_empty=start_empty)
    messages = (events for rows in whole_messages(batches, _KEY, path=path) for events in book.add(rows))
    yield from _bounded(messages)
    book.end(note)


class _Book:
    """What is known of the book so far: whether there was a snapshot, and the number of the last message."""

    def __init__(self, path: Path, *, start_empty: bool) -> None:
        self.path = path
        self._known = start_empty
        self._begun = not start_empty
        self._held: list[pl.DataFrame] = []
        self._snapshot_id: int | None = None
        self._number: int | None = None
        self._after_snapshot = False
        self._first_row: int | None = None
        self.early = self.replayed = self.stale = self.gaps = 0
        self.first_gap: int | None = None

    def add(self, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
        if self._first_row is None:
            self._first_row = int(rows["row"][0])
        if not self._known:
            rows = self._from_the_snapshot(rows)
            if rows.is_empty():
                return
        rows = rows.with_columns(message=_KEY.rle_id()).with_columns(
            pl.col("exchange_ns").max().over("message")
        )
        heads = self._judged(rows)
        fresh = rows.join(heads.filter("counts").select("message"), on="message", maintain_order="left")
        if fresh.is_empty():
            return
        broken = heads.filter(pl.col("counts") & ~pl.col("follows"))
        parts = [
            fresh.with_columns(place=pl.lit(2, pl.Int8)),
            *self._clears(fresh),
            *self._gap_rows(fresh, broken),
        ]
        events = pl.concat(parts).sort("message", "place", maintain_order=True)
        yield events.with_columns(last=last_of(pl.struct("message", pl.col("place") == 0)))

    def end(self, note: Callable[[str], None]) -> None:
        """Says what was left out, and refuses a feed without a snapshot."""
        if not self._known and self._first_row is not None:
            raise DataError(
                f"{self.path}: row {self._first_row}: an increment, and no snapshot in the file; "
                "expected a snapshot first (start_empty begins with an empty book)"
            )
        name = self.path.name
        if self.early:
            note(f"{name}: {self.early:,} increments before the first snapshot are left out")
        if self.replayed:
            note(
                f"{name}: {self.replayed:,} increments that came before the snapshot but follow on it count "
                "from it on"
            )
        if self.stale:
            note(f"{name}: {self.stale:,} increments that a snapshot has already are left out")
        if self.gaps:
            note(f"{name}: {self.gaps:,} gaps in the sequence, the first before row {self.first_gap}")

    def _from_the_snapshot(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows from the first snapshot on, the newer of those before it behind it; nothing if there is none
        yet.
        """
        at = rows.select(_IS_SNAPSHOT).to_series()
        if not at.any():
            self._hold(rows)
            return rows.clear()
        first = int(at.arg_max() or 0)
        self._hold(rows[:first])
        rows = rows[first:]
        end = int((~rows.select(_IS_SNAPSHOT).to_series()).arg_max() or 0) or rows.height
        number, received = rows["last_id"][0], rows["local_ns"][0]
        held = pl.concat(self._held) if self._held else rows.clear()
        newer = held.filter(pl.col("last_id") > number) if number is not None else held.clear()
        self._known, self._held = True, []
        self.early += held.height - newer.height
        self.replayed = newer.height
        # At the exchange they stand behind the snapshot too, whose older levels would else overwrite them.
        newer = newer.with_columns(
            local_ns=pl.lit(received, pl.Int64), exchange_ns=pl.lit(rows["exchange_ns"][0], pl.Int64)
        )
        return pl.concat([rows[:end], newer, rows[end:]])

    def _hold(self, rows: pl.DataFrame) -> None:
        if rows["last_id"].null_count() == rows.height:
            self.early += rows.height
            return
        self._held.append(rows)
        while len(self._held) > 1 and sum(frame.height for frame in self._held[1:]) > _MOST_HELD:
            self.early += self._held.pop(0).height

    def _judged(self, rows: pl.DataFrame) -> pl.DataFrame:
        """One row a message: whether it counts, and whether it follows on the one before that counts."""
        is_snapshot = pl.col("kind") == "snapshot"
        heads = rows.unique("message", keep="first", maintain_order=True).select(
            "message", "row", "first_id", "last_id", "prev_id", is_snapshot=is_snapshot
        )
        held = (
            pl.when("is_snapshot")
            .then("last_id")
            .forward_fill()
            .fill_null(pl.lit(self._snapshot_id, pl.Int64))
        )
        stale = ~pl.col("is_snapshot") & (pl.col("last_id") <= held).fill_null(value=False)
        heads = heads.with_columns(counts=~stale, in_snapshot=held)
        sizes = rows.group_by("message").len()
        self.stale += int(heads.filter(~pl.col("counts")).join(sizes, on="message")["len"].sum())
        self._snapshot_id = heads["in_snapshot"][-1]
        counted = heads.filter("counts").with_columns(
            before=pl.col("last_id").shift(1, fill_value=self._number),
            after_snapshot=pl.col("is_snapshot").shift(1, fill_value=self._after_snapshot),
        )
        if not counted.is_empty():
            self._number, self._after_snapshot = counted["last_id"][-1], bool(counted["is_snapshot"][-1])
        before = pl.col("before")
        follows = (
            pl.when("is_snapshot")
            .then(statement=True)
            .when(pl.col("prev_id").is_not_null())
            .then((pl.col("prev_id") == before) | (pl.col("after_snapshot") & (pl.col("prev_id") <= before)))
            .when(pl.col("first_id").is_not_null())
            .then((pl.col("first_id") <= before + 1) & (pl.col("last_id") > before))
            .otherwise(pl.col("last_id") >= before)
        )
        counted = counted.select("message", follows=follows.fill_null(value=True))
        return heads.join(counted, on="message", how="left", maintain_order="left")

    def _clears(self, rows: pl.DataFrame) -> list[pl.DataFrame]:
        """Two rows that empty both sides at the head of every snapshot, and of a book that starts empty."""
        snapshots = rows.filter(pl.col("kind") == "snapshot").unique(
            "message", keep="first", maintain_order=True
        )
        if not self._begun:
            self._begun = True
            snapshots = pl.concat([rows[:1], snapshots]).unique("message", keep="first", maintain_order=True)
        return [_bare(snapshots, "clear", side=side, place=1) for side in (1, -1)]

    def _gap_rows(self, rows: pl.DataFrame, broken: pl.DataFrame) -> list[pl.DataFrame]:
        if broken.is_empty():
            return []
        if not self.gaps:
            self.first_gap = int(broken["row"][0])
        self.gaps += broken.height
        heads = rows.join(broken.select("message"), on="message", maintain_order="left")
        return [_bare(heads.unique("message", keep="first", maintain_order=True), "gap", side=0, place=0)]


def _bare(heads: pl.DataFrame, kind: str, *, side: int, place: int) -> pl.DataFrame:
    """Rows of a kind without a price, at the times of ``heads``."""
    return heads.with_columns(
        kind=pl.lit(kind),
        side=pl.lit(side, FEED_SCHEMA["side"]),
        price=pl.lit(0.0),
        size=pl.lit(0.0),
        place=pl.lit(place, pl.Int8),
    )


def _bounded(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """With ``happened_by``: what does not tell when it happened did so before the next that does."""
    before: pl.DataFrame | None = None
    for frame in frames:
        known = frame.with_columns(happened_by=pl.col("exchange_ns").backward_fill())
        if before is not None:
            yield before.with_columns(
                pl.col("happened_by").fill_null(pl.lit(known["happened_by"][0], pl.Int64))
            )
        before = known
    if before is not None:
        yield before
