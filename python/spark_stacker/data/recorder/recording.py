"""A recorder: messages to rows, rows to a journal at once and to a part of the catalogue in time.

A part is finished when it has enough rows, spans enough time or the UTC day ends; until then its rows stand
in the journal, which is forced to disk every ``flush_s`` seconds. A killed process leaves finished parts and
a journal, of which `recover` makes a part; lost is what came since the last flush. A start after events that
are there begins with a gap, and so does whatever follows lost messages, numbers that do not follow or a
checksum that does not hold.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from spark_stacker.data.events.fingerprint import events_hash
from spark_stacker.data.events.parts import DAY_NS, describe_part, part_paths, publish, stage_part
from spark_stacker.data.events.schema import KINDS
from spark_stacker.data.places import locked
from spark_stacker.data.recorder.checksums import CheckedBook
from spark_stacker.data.recorder.journal import JOURNAL, ROW, Journal, as_events, read_journal
from spark_stacker.data.recorder.sequence import SequenceCheck
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from numpy.typing import NDArray

    from spark_stacker.data.events.store import EventCatalogue
    from spark_stacker.data.market_messages import MarketMessage
    from spark_stacker.data.recorder.checksums import Checksum

__all__ = ["Recorder", "Recording", "record", "recover"]

_CODES: Final = {kind: code for code, kind in enumerate(KINDS, start=1)}


@dataclass(frozen=True, slots=True)
class Recording:
    """What a recorder has done so far; ``breaks`` tells of the gaps, the latest last."""

    rows: int
    messages: int
    parts: tuple[Path, ...]
    gaps: int
    breaks: tuple[str, ...]
    late: int


class Recorder:
    """Records one market. A context: leaving it finishes the part that was begun."""

    def __init__(
        self,
        catalogue: EventCatalogue,
        venue: str,
        symbol: str,
        *,
        source: str = "recorded",
        rotate_rows: int = 1_000_000,
        rotate_s: float = 3_600.0,
        checksum: Checksum | None = None,
    ) -> None:
        if rotate_rows < 1 or not rotate_s > 0:
            raise ParameterError(
                f"rotate_rows and rotate_s must be above 0, were {rotate_rows!r} and {rotate_s!r}"
            )
        self._root, self._place = catalogue.root, catalogue.place(venue, symbol)
        self._symbol = symbol
        self._labels = {"venue": venue, "symbol": symbol, "source": source, "given": ""}
        self._rotate_rows, self._rotate_ns = rotate_rows, int(rotate_s * 1e9)
        self._sequence = SequenceCheck()
        self._book = None if checksum is None else CheckedBook(checksum)
        recover(catalogue, venue, symbol)
        self._journal = Journal(self._place / JOURNAL)
        self._journal.restart()
        old = [describe_part(path).end_ns for path in part_paths(self._place)]
        self._newest = max(old, default=None)
        self._is_resumed = bool(old)
        self._pending: list[tuple[Any, ...]] = []
        self._flushed: list[NDArray[Any]] = []
        self._rows_in_part = 0
        self._part_start: int | None = None
        self._parts: list[Path] = []
        self._breaks: list[str] = []
        self._rows = self._messages = self._gaps = self._late = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def done(self) -> Recording:
        """What has been recorded so far."""
        return Recording(
            self._rows, self._messages, tuple(self._parts), self._gaps, tuple(self._breaks[-20:]), self._late
        )

    def take(self, message: MarketMessage) -> None:
        """Takes in a message. Raises `DataError` for one of another market, or of a kind that is unknown."""
        if message.symbol != self._symbol:
            raise DataError(f"{self._place}: a message of {message.symbol}; expected {self._symbol}")
        local_ns = self._in_order(message.local_ns)
        if self._part_start is not None and (
            local_ns // DAY_NS != self._part_start // DAY_NS or local_ns - self._part_start >= self._rotate_ns
        ):
            self.rotate()
        # At the exchange a gap lies before the message that follows it, whenever that has been received.
        times = (local_ns if message.exchange_ns is None else message.exchange_ns, local_ns)
        if self._is_resumed:
            self._is_resumed = False
            self._gap(times, "recording begins again")
        wrong = self._sequence.add(message)
        if message.lost or wrong is not None:
            self._gap(times, wrong or "messages were lost")
        if message.rows:
            self._write(message, times)
        if self._book is not None and (wrong := self._book.add(message)) is not None:
            self._gap(times, wrong)
        if self._rows_in_part >= self._rotate_rows:
            self.rotate()

    def flush(self) -> None:
        """Forces all rows so far to disk."""
        if self._pending:
            rows = np.array(self._pending, dtype=ROW)
            self._pending = []
            self._journal.append(rows)
            self._flushed.append(rows)

    def rotate(self) -> None:
        """Finishes the part that was begun; it can be read from now on."""
        self.flush()
        if not self._flushed:
            return
        rows = np.concatenate(self._flushed)
        self._parts.append(_finish(as_events(rows), self._root, self._place, self._labels))
        self._flushed, self._rows_in_part, self._part_start = [], 0, None
        self._journal.restart()

    def close(self) -> None:
        """Finishes the part that was begun and lets go of the market."""
        self.rotate()
        self._journal.close(delete=True)

    def _in_order(self, local_ns: int) -> int:
        """The receiver's clock, which may have been set back; rows stand in order of arrival."""
        if self._newest is not None and local_ns < self._newest:
            self._late += 1
            return self._newest
        self._newest = local_ns
        return local_ns

    def _gap(self, times: tuple[int, int], reason: str) -> None:
        self._gaps += 1
        self._breaks.append(f"{times[1]}: {reason}")
        if self._book is not None:
            self._book.forget()
        self._add(times, ("gap", 0, 0.0, 0.0), last=True, number=None)

    def _write(self, message: MarketMessage, times: tuple[int, int]) -> None:
        self._messages += 1
        if message.is_snapshot and message.rows[0].kind == "snapshot":
            for side in (1, -1):
                self._add(times, ("clear", side, 0.0, 0.0), last=False, number=message.number)
        final = len(message.rows) - 1
        for place, row in enumerate(message.rows):
            level = (row.kind, row.side, float(row.price), float(row.size))
            self._add(times, level, last=place == final, number=message.number)

    def _add(
        self,
        times: tuple[int, int],
        row: tuple[str, int, float, float],
        *,
        last: bool,
        number: int | None,
    ) -> None:
        kind, *level = row
        if kind not in _CODES:
            raise DataError(f"{self._place}: a row of kind {kind!r}; expected one of {', '.join(KINDS)}")
        if self._part_start is None:
            self._part_start = times[1]
        self._pending.append((*times, _CODES[kind], *level, last, number or 0, number is not None))
        self._rows += 1
        self._rows_in_part += 1


async def record(stream: AsyncIterator[MarketMessage], recorder: Recorder, *, flush_s: float = 1.0) -> None:
    """Records a stream until it ends or this is cancelled; rows are on disk ``flush_s`` seconds after they
    came.

    The recorder stays open; leaving its context finishes the last part.
    """
    if not flush_s > 0:
        raise ParameterError(f"flush_s must be above 0, was {flush_s!r}")
    flushing = asyncio.create_task(_flush_in_time(recorder, flush_s))
    try:
        async for message in stream:
            recorder.take(message)
            if flushing.done():
                flushing.result()
    finally:
        flushing.cancel()
        await asyncio.gather(flushing, return_exceptions=True)


async def _flush_in_time(recorder: Recorder, flush_s: float) -> None:
    while True:
        await asyncio.sleep(flush_s)
        recorder.flush()


def recover(catalogue: EventCatalogue, venue: str, symbol: str) -> Path | None:
    """Makes a part of the journal that a killed recorder left; the path of the part, None if there is nothing
    to do.

    Raises `DataError` while the market is being recorded.
    """
    place = catalogue.place(venue, symbol)
    path = place / JOURNAL
    if not path.exists():
        return None
    journal = Journal(path)
    try:
        frame = as_events(read_journal(path))
        known = {describe_part(part).data_hash for part in part_paths(place)}
        made = None
        # Killed between finishing a part and beginning the next, it has left both.
        if not frame.is_empty() and events_hash(frame) not in known:
            labels = {"venue": venue, "symbol": symbol, "source": "recorded, recovered", "given": ""}
            made = _finish(frame, catalogue.root, place, labels)
    except BaseException:
        journal.close(delete=False)
        raise
    journal.close(delete=True)
    for leftover in place.glob(".*.part"):
        leftover.unlink(missing_ok=True)
    return made


def _finish(frame: Any, root: Path, place: Path, labels: dict[str, str]) -> Path:
    staged = stage_part(frame, place, labels)
    with locked(root):
        return publish(staged, place)
