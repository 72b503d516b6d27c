"""Several feeds of one market as one stream, in order of arrival, in memory that does not grow with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from spark_stacker.data.events.schema import EVENT_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["merge"]


def merge(streams: Sequence[Iterator[pl.DataFrame]]) -> Iterator[pl.DataFrame]:
    """Rows of all streams by ``local_ns``; at equal times those of an earlier stream come first.

    Each stream is in order itself. Rows go out as soon as no stream can still have an earlier one.
    """
    if len(streams) == 1:
        yield from streams[0]
        return
    waiting = [_Stream(stream) for stream in streams]
    while open_ends := [stream for stream in waiting if not stream.is_over]:
        horizon = min(stream.newest for stream in open_ends)
        ready = [stream.take(horizon) for stream in waiting if stream.rows is not None]
        merged = pl.concat(ready).sort("local_ns", maintain_order=True)
        if not merged.is_empty():
            yield merged
        for stream in open_ends:
            if stream.newest == horizon:
                stream.read()
    left = [stream.rows for stream in waiting if stream.rows is not None]
    if left:
        yield pl.concat(left).sort("local_ns", maintain_order=True)


class _Stream:
    """What has been read of a stream and not yet gone out."""

    def __init__(self, frames: Iterator[pl.DataFrame]) -> None:
        self._frames = frames
        self.rows: pl.DataFrame | None = None
        self.is_over = False
        self.read()

    @property
    def newest(self) -> int:
        """The receiver's time of the last row that was read."""
        return int(self.rows["local_ns"][-1]) if self.rows is not None and self.rows.height else -(2**63)

    def read(self) -> None:
        """Reads one frame more."""
        frame = next((frame for frame in self._frames if not frame.is_empty()), None)
        if frame is None:
            self.is_over = True
            return
        self.rows = frame if self.rows is None else pl.concat([self.rows, frame])

    def take(self, horizon: int) -> pl.DataFrame:
        """Rows before ``horizon``, which leave this stream."""
        if self.rows is None:
            return EVENT_SCHEMA.to_frame()
        place = int(self.rows["local_ns"].search_sorted(horizon, side="left"))
        taken, self.rows = self.rows[:place], self.rows[place:]
        return taken
