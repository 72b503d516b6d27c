"""Event files of hftbacktest: NumPy archives of one structured array, read in blocks.

Its layout (hftbacktest 2.4, ``types.py``): the kind in the low byte of ``ev``, flags in the high bits. The
file is in order of both clocks: where the orders differ, an event stands twice, once for the exchange and
once for the receiver. Here it is one row in order of arrival; `_Pairs` finds the two and keeps what has no
other half.
"""

from __future__ import annotations

import zipfile
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
from numpy.lib.format import read_array_header_1_0, read_array_header_2_0, read_magic

from spark_stacker.data.events.messages import last_of, whole_messages
from spark_stacker.data.events.raw import BATCH_ROWS, damaged
from spark_stacker.data.events.schema import EVENT_SCHEMA
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["npz_batches"]

_KINDS: Final = {1: "depth", 2: "trade", 3: "clear", 4: "snapshot", 5: "quote"}
_EXCHANGE, _LOCAL, _BUY, _SELL = 1 << 31, 1 << 30, 1 << 29, 1 << 28
_FIELDS: Final = ("ev", "exch_ts", "local_ts", "px", "qty")
_LONGEST_HEADER: Final = 10_000
_KEY: Final = ["exchange_ns", "local_ns", "code", "side", "price", "size"]
# A message is what happened and came at one time: trades, a snapshot with its clears, or levels.
_MESSAGE: Final = pl.struct(
    "local_ns",
    "exchange_ns",
    pl.col("code").is_in([3, 4]).alias("is_snapshot"),
    (pl.col("code") == 2).alias("is_trade"),
)


def npz_batches(path: Path, note: Callable[[str], None]) -> Iterator[pl.DataFrame]:
    """The stream in a file. Raises `DataError` naming the file, and the row of a kind that is unknown."""
    pairs = _Pairs()

    def received() -> Iterator[pl.DataFrame]:
        for first_row, rows in _arrays(path):
            yield pairs.add(_columns(rows, path, first_row))
        yield pairs.end()

    for rows in whole_messages(received(), _MESSAGE, path=path):
        yield _events(rows)
    if pairs.alone:
        note(f"{path.name}: {pairs.alone:,} rows have one clock's flag and no other half; each is an event")
    if pairs.bounded:
        note(f"{path.name}: {pairs.bounded:,} clears up to a price are taken to clear their whole side")


def _arrays(path: Path) -> Iterator[tuple[int, NDArray[Any]]]:
    with damaged(path, ".npz"), zipfile.ZipFile(path) as archive:
        members = [info for info in archive.infolist() if info.filename.endswith(".npy")]
        if len(members) != 1:
            raise DataError(f"{path}: {len(members)} arrays; expected one of events")
        with archive.open(members[0]) as file:
            shape, fortran, dtype = _header(file)
            if dtype.names is None or not set(_FIELDS) <= set(dtype.names) or dtype.hasobject:
                raise DataError(f"{path}: fields {dtype.names}; expected {', '.join(_FIELDS)}")
            if len(shape) != 1 or fortran or not 0 < dtype.itemsize <= 1_024:
                raise DataError(f"{path}: an array of shape {shape}; expected one row an event")
            wrong = [name for name in _FIELDS if dtype[name].kind not in "iuf" or dtype[name].shape]
            if wrong:
                raise DataError(f"{path}: field {wrong[0]} is {dtype[wrong[0]]}; expected numbers")
            left, row = int(shape[0]), 0
            while left > 0:
                wanted = min(left, BATCH_ROWS) * dtype.itemsize
                block = file.read(wanted)
                if len(block) < wanted:
                    found = row + len(block) // dtype.itemsize
                    raise DataError(f"{path}: ends after {found:,} rows; its header tells of {shape[0]:,}")
                rows = np.frombuffer(block, dtype)
                yield row, rows
                row, left = row + len(rows), left - len(rows)
            if row == 0:
                raise DataError(f"{path}: has no rows")
            if file.read(1):
                raise DataError(f"{path}: goes on after the {row:,} rows that its header tells of")


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, order and fields of an array, of either version of the format."""
    versions = {(1, 0): read_array_header_1_0, (2, 0): read_array_header_2_0}
    version = read_magic(file)
    if version not in versions:
        raise ValueError(f"version {version} of the array format; expected 1.0 or 2.0")
    read: Callable[..., tuple[tuple[int, ...], bool, np.dtype[Any]]] = versions[version]
    return read(file, max_header_size=_LONGEST_HEADER)


def _columns(rows: NDArray[Any], path: Path, first_row: int) -> pl.DataFrame:
    flags = rows["ev"].astype(np.int64)
    codes = flags & 0xFF
    unknown = ~np.isin(codes, list(_KINDS))
    if unknown.any():
        row = int(unknown.argmax())
        raise DataError(
            f"{path}: field ev, row {first_row + row}: kind {codes[row]}; expected one of {sorted(_KINDS)}"
        )
    dead = flags & (_EXCHANGE | _LOCAL) == 0
    if dead.any():
        row = first_row + int(dead.argmax())
        raise DataError(f"{path}: field ev, row {row}: no clock's flag; expected that of one or both")
    side = np.where(flags & _BUY, 1, np.where(flags & _SELL, -1, 0)).astype(np.int8)
    return pl.DataFrame(
        {
            "exchange_ns": rows["exch_ts"].astype(np.int64),
            "local_ns": rows["local_ts"].astype(np.int64),
            "code": codes.astype(np.uint8),
            "side": side,
            "price": rows["px"].astype(np.float64),
            "size": rows["qty"].astype(np.float64),
            "clocks": ((flags & _EXCHANGE != 0) + 2 * (flags & _LOCAL != 0)).astype(np.uint8),
        }
    )


class _Pairs:
    """Rows of both halves of an event, brought together across batches.

    Rows for the receiver keep the order; a row for the exchange goes as soon as its other half has been seen.
    One that has none is an event of its own, at its place by the receiver's clock, once that clock has passed
    it.
    """

    def __init__(self) -> None:
        self.alone = 0
        self.bounded = 0
        self._open = pl.DataFrame()
        self._passed = self._happened = -(2**63)

    def add(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The events of a batch in order of arrival."""
        single = rows.filter(pl.col("clocks") != 3)
        received = rows.filter(pl.col("clocks") >= 2)
        if not received.is_empty():
            self._passed = max(self._passed, int(received["local_ns"].max()))  # type: ignore[arg-type]
        happened = rows.filter(pl.col("clocks") != 2)
        if not happened.is_empty():
            self._happened = max(self._happened, int(happened["exchange_ns"].max()))  # type: ignore[arg-type]
        if self._open.is_empty() and single.is_empty():
            return self._counted(received)
        open_rows = _unpaired(pl.concat([self._open, single]) if not self._open.is_empty() else single)
        # Its other half would have come by now: the receiver's clock is past it.
        is_late = (pl.col("clocks") == 1) & (pl.col("local_ns") < self._passed)
        late = open_rows.filter(is_late)
        # A receiver's row waits for an exchange's only while that one may still follow.
        waits = ~is_late & ((pl.col("clocks") == 1) | (pl.col("exchange_ns") >= self._happened))
        self._open = open_rows.filter(waits)
        self.alone += late.height + open_rows.filter(~is_late & ~waits).height
        return self._counted(received, late)

    def end(self) -> pl.DataFrame:
        """What is still open when the file is over."""
        if self._open.is_empty():
            return self._open
        self.alone += self._open.height
        return self._counted(self._open.filter(pl.col("clocks") == 1))

    def _counted(self, received: pl.DataFrame, late: pl.DataFrame | None = None) -> pl.DataFrame:
        if late is not None and not late.is_empty():
            received = pl.concat([received, late]).sort("local_ns", maintain_order=True)
        if not received.is_empty():
            bounded = (pl.col("code") == 3) & pl.col("price").is_finite() & (pl.col("price") > 0)
            self.bounded += received.filter(bounded).height
        return received


def _unpaired(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows without those of which both halves are there: the first with the first of each key, and so on."""
    numbered = rows.with_columns(nth=pl.int_range(pl.len()).over([*_KEY, "clocks"]))
    return numbered.filter(pl.len().over([*_KEY, "nth"]) == 1).drop("nth")


def _events(rows: pl.DataFrame) -> pl.DataFrame:
    """Whole messages in the schema of events."""
    is_clear = pl.col("code") == 3
    kind = pl.col("code").cast(pl.Int64).replace_strict(_KINDS, return_dtype=pl.String)
    made = rows.with_columns(
        kind=kind.cast(EVENT_SCHEMA["kind"]),
        price=pl.when(is_clear).then(0.0).otherwise("price"),
        size=pl.when(is_clear).then(0.0).otherwise("size"),
        last=last_of(_MESSAGE) | (pl.col("code") == 2),
        sequence=pl.lit(None, dtype=pl.Int64),
    )
    return made.select(EVENT_SCHEMA.names())
