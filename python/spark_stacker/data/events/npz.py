"""Event files of hftbacktest: NumPy archives of one structured array."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["read_npz"]

# hftbacktest 2.4, types.py: the kind in the low byte, flags in the high bits.
_KINDS: Final = {1: "depth", 2: "trade", 3: "clear", 4: "snapshot", 5: "quote"}
_EXCHANGE, _LOCAL, _BUY, _SELL = 1 << 31, 1 << 30, 1 << 29, 1 << 28
_FIELDS: Final = ("ev", "exch_ts", "local_ts", "px", "qty")
_MOST_BYTES: Final = 16 << 30


def read_npz(path: Path) -> pl.DataFrame:
    """The stream in a file; of rows that stand once for each clock one is kept.

    Raises `DataError` naming the file, and the row of a kind that is unknown.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info for info in archive.infolist() if info.filename.endswith(".npy")]
            if len(names) != 1:
                raise DataError(f"{path}: {len(names)} arrays; expected one of events")
            if names[0].file_size > _MOST_BYTES:
                raise DataError(
                    f"{path}: {names[0].file_size:,} bytes unpacked; expected at most {_MOST_BYTES:,}"
                )
            _check_header(archive, names[0], path)
        with np.load(path, allow_pickle=False) as arrays:
            rows = arrays[arrays.files[0]]
    except (
        OSError,
        ValueError,
        EOFError,
        zipfile.BadZipFile,
        NotImplementedError,
        zipfile.LargeZipFile,
    ) as error:
        raise DataError(f"{path}: not a whole archive of events: {error}") from error
    if rows.dtype.names is None or not set(_FIELDS) <= set(rows.dtype.names):
        raise DataError(f"{path}: fields {rows.dtype.names}; expected {', '.join(_FIELDS)}")
    if len(rows) == 0:
        raise DataError(f"{path}: has no rows")
    return _stream(rows, path)


def _check_header(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    """A header that promises more than the file holds is refused before memory is taken for it."""
    with archive.open(info) as file:
        version = np.lib.format.read_magic(file)
        read = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read(file)
    wanted = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if wanted > info.file_size:
        raise DataError(f"{path}: a header of {wanted:,} bytes over {info.file_size:,}; the file is cut off")


def _stream(rows: NDArray[np.void], path: Path) -> pl.DataFrame:
    flags = rows["ev"].astype(np.int64)
    codes = flags & 0xFF
    unknown = ~np.isin(codes, list(_KINDS))
    if unknown.any():
        row = int(unknown.argmax())
        raise DataError(f"{path}: field ev, row {row}: kind {codes[row]}; expected one of {sorted(_KINDS)}")
    at_local = flags & _LOCAL != 0
    if not at_local.any():
        raise DataError(f"{path}: no row reaches the strategy; expected rows with the local flag")
    side = np.where(flags & _BUY, 1, np.where(flags & _SELL, -1, 0)).astype(np.int8)
    frame = pl.DataFrame(
        {
            "exchange_ns": rows["exch_ts"].astype(np.int64),
            "local_ns": rows["local_ts"].astype(np.int64),
            "kind": pl.Series(codes).replace_strict(_KINDS, return_dtype=pl.String),
            "side": side,
            "price": rows["px"].astype(np.float64),
            "size": rows["qty"].astype(np.float64),
        }
    ).filter(pl.Series(at_local))
    # A cleared book carries no price here; hftbacktest may clear up to one.
    frame = frame.with_columns(
        pl.when(pl.col("kind") == "clear").then(0.0).otherwise(pl.col(name)).alias(name)
        for name in ("price", "size")
    )
    snapshot = pl.col("kind").is_in(["snapshot", "clear"])
    message = pl.struct("local_ns", "exchange_ns", snapshot).rle_id()
    ends = (message != message.shift(-1)).fill_null(value=True)
    return frame.with_columns(last=ends | (pl.col("kind") == "trade"), sequence=pl.lit(None, pl.Int64))
