"""The events of one market as a run on ticks takes them: in memory, or read part by part each time anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from spark_stacker.data.events import ImportedEvents, Steps, infer_steps, to_tape
from spark_stacker.data.events.store import utc_ns
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from spark_stacker import _core
    from spark_stacker.data.events import EventCatalogue
    from spark_stacker.data.times import TimeLike

__all__ = ["EventStream", "Events"]


class EventStream:
    """Events that are played in order of arrival, as often as need be.

    ``frames`` gives them anew each time it is called, in frames in `EVENT_SCHEMA` that follow one another;
    memory does not grow with their number. Before ``start_ns`` (UTC) they build the books alone: nothing is
    traded yet.
    """

    def __init__(
        self,
        frames: Callable[[], Iterable[pl.DataFrame]],
        *,
        tick_size: float,
        lot_size: float | None = None,
        source: str = "events",
        start_ns: int | None = None,
    ) -> None:
        self._frames = frames
        self.start_ns = start_ns
        self.tick_size = tick_size
        self.lot_size = lot_size
        self.source = source

    @classmethod
    def of(
        cls,
        events: Events,
        *,
        tick_size: float | None = None,
        lot_size: float | None = None,
        place: str = "events",
    ) -> EventStream:
        """Events of any kind. Steps that are not given are those of the events.

        Parts that can be read only once are played once. Raises `DataError` for parts without a tick size.
        """
        if isinstance(events, EventStream):
            return events
        if isinstance(events, ImportedEvents):
            return _Whole(events.frame, events.steps, ", ".join(events.sources))
        if isinstance(events, pl.DataFrame):
            steps = infer_steps(events) if tick_size is None else Steps(tick_size, lot_size)
            return _Whole(events, steps, place)
        if tick_size is None:
            raise DataError(f"{place}: the tick size of events in parts must be given")
        return cls(lambda: events, tick_size=tick_size, lot_size=lot_size, source=place)

    @classmethod
    def of_catalogue(cls, catalogue: EventCatalogue, venue: str, symbol: str) -> EventStream:
        """Events of the catalogue, read part by part."""
        steps = catalogue.describe(venue, symbol).steps
        return cls(
            lambda: catalogue.chunks(venue, symbol),
            tick_size=steps.tick_size,
            lot_size=steps.lot_size,
            source=f"catalogue {venue}",
        )

    def between(self, start: TimeLike | None, end: TimeLike | None) -> EventStream:
        """The same from ``start`` on, inclusive, and received before ``end``.

        What came before ``start`` is still read, since the book is known from its first snapshot on only.
        Raises `ParameterError` for an end that does not come after the start.
        """
        start_ns, end_ns = utc_ns(start), utc_ns(end)
        if start_ns is not None and end_ns is not None and end_ns <= start_ns:
            raise ParameterError(f"end must be after start {start}, was {end}")
        frames = self._frames

        def until_end() -> Iterator[pl.DataFrame]:
            is_empty = True
            for frame in frames():
                kept = frame if end_ns is None else frame.filter(pl.col("local_ns") < end_ns)
                if not kept.is_empty():
                    is_empty = False
                    yield kept
                if kept.height < frame.height:
                    break
            if is_empty:
                raise DataError(f"{self.source}: no events before {end}")

        return EventStream(
            until_end,
            tick_size=self.tick_size,
            lot_size=self.lot_size,
            source=self.source,
            start_ns=start_ns,
        )

    def frames(self) -> Iterable[pl.DataFrame]:
        """The events from the beginning."""
        return self._frames()

    def tapes(self) -> Iterator[_core.EventTape]:
        """The same inside the core, part by part. Raises `DataError` naming column and row of what cannot be
        played.
        """
        for frame in self.frames():
            yield to_tape(frame, tick_size=self.tick_size, place=self.source)


class _Whole(EventStream):
    """Events in memory: they enter the core once."""

    def __init__(self, frame: pl.DataFrame, steps: Steps, source: str) -> None:
        super().__init__(lambda: [frame], tick_size=steps.tick_size, lot_size=steps.lot_size, source=source)
        self._tapes: list[_core.EventTape] = []

    def tapes(self) -> Iterator[_core.EventTape]:
        if not self._tapes:
            self._tapes = list(super().tapes())
        return iter(self._tapes)


Events: TypeAlias = "pl.DataFrame | ImportedEvents | EventStream | Iterable[pl.DataFrame]"
