"""Messages: rows that came as one, never torn apart by the batches in which a file is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["in_order", "last_of", "whole_messages"]

_LONGEST: Final = 1 << 22
"""Rows of one message that are still believed: a whole book of any venue is far smaller."""


def last_of(key: pl.Expr) -> pl.Expr:
    """Whether a row is the last of its message, in a frame of whole messages."""
    message = key.rle_id()
    return (message != message.shift(-1)).fill_null(value=True)


def whole_messages(batches: Iterable[pl.DataFrame], key: pl.Expr, *, path: Path) -> Iterator[pl.DataFrame]:
    """The same rows in frames that end with a message; the rows of a message agree in ``key``."""
    begun: pl.DataFrame | None = None
    for batch in batches:
        if batch.is_empty():
            continue
        rows = batch if begun is None else pl.concat([begun, batch])
        message = rows.select(key.rle_id()).to_series()
        whole = int((message == message[-1]).arg_max() or 0)
        begun = rows[whole:]
        if begun.height > _LONGEST:
            raise DataError(f"{path}: a message of more than {_LONGEST:,} rows; expected levels of a book")
        if whole:
            yield rows[:whole]
    if begun is not None:
        yield begun


def in_order(batches: Iterable[pl.DataFrame], *, path: Path, sort: bool) -> Iterator[pl.DataFrame]:
    """The rows of a feed in order of arrival; with ``sort`` put into it, which takes memory for the whole
    feed.

    Raises `DataError` naming the row where the receiver's clock goes back, unless ``sort``.
    """
    if sort:
        frames = list(batches)
        yield from () if not frames else (pl.concat(frames).sort("local_ns", maintain_order=True),)
        return
    before: int | None = None
    passed = 0
    for batch in batches:
        if batch.is_empty():
            continue
        times = batch["local_ns"]
        back = times < times.shift(1, fill_value=before)
        if back.any():
            place = int(back.arg_max() or 0)
            row = int(batch["row"][place]) if "row" in batch.columns else passed + place
            earlier = times[place - 1] if place else before
            raise DataError(
                f"{path}: row {row}: received at {times[place]}, after one of {earlier}; expected times that "
                "do not go back (sorting is a repair, to be asked for)"
            )
        before = int(times[-1])
        passed += batch.height
        yield batch
