"""Files on disk: read whole or not at all, written whole or not at all, named safely after symbols.

Synthetic candles say so in every file: Parquet in its metadata, CSV, which has none, in a last column
``synthetic`` with the scenario in each row. Such a file stays plain CSV, and the label survives copying,
cutting and joining.
"""

from __future__ import annotations

import csv
import os
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import quote, unquote

import polars as pl

from spark_stacker.data.sheltered import table_frame
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "LABEL",
    "SUFFIXES",
    "atomic_write",
    "file_labels",
    "file_name",
    "is_same_market",
    "market_in_name",
    "other_market_in_name",
    "read_file",
    "scenario_in_csv",
    "scenario_named",
    "symbol_of",
    "write_file",
]

SUFFIXES: Final = (".csv", ".parquet", ".feather", ".arrow", ".ipc")
LABEL: Final = "synthetic"
"""Metadata, or in CSV the column, that names the scenario of made-up candles."""
_NUMBER: Final = re.compile(r'^"?-?\d+(\.\d*)?([eE][+-]?\d+)?"?$')
# Bulk downloads without a header, time, open, high, low, close, volume first: Kraken has 7, Binance 12.
_HEADERLESS_WIDTHS: Final = (6, 7, 12)


def file_name(symbol: str) -> str:
    """A symbol as a part of a file name: what a file system might read otherwise is percent-encoded.

    >>> file_name("BTC/USDT:USDT"), file_name("ETH-USD")
    ('BTC%2FUSDT%3AUSDT', 'ETH-USD')
    """
    if not symbol.strip():
        raise ParameterError(f"symbol must not be empty, was {symbol!r}")
    name = quote(symbol, safe="+")
    return name.replace(".", "%2E", 1) if name.startswith(".") else name


def symbol_of(name: str) -> str:
    """The symbol that `file_name` made ``name`` of."""
    return unquote(name)


def market_in_name(path: Path, kind: str = "candles") -> tuple[str, str] | None:
    """Symbol and interval in a file's name, ``{symbol}_{interval}.csv``; None if it is named otherwise.

    The name of a file of another ``kind`` may end in it, ``{symbol}_{interval}_funding.csv``.
    """
    ending = "" if kind == "candles" else f"(?:_{kind})?"
    named = re.fullmatch(rf"(.+)_([1-9]\d*[smhdw]){ending}", path.stem)
    return (symbol_of(named[1]), named[2]) if named else None


def read_file(path: str | Path) -> tuple[pl.DataFrame, list[str]]:
    """The table in a CSV, Parquet or Feather file as it stands there, and notes on what had to be understood.

    CSV cells stay text. Raises `DataError` naming the file when it is missing, a directory, empty, cut off,
    of another format, or has no rows.
    """
    path = Path(path)
    notes: list[str] = []
    if path.is_dir():
        raise DataError(f"{path}: is a directory; expected a file ({', '.join(SUFFIXES)})")
    if not path.exists():
        raise DataError(f"{path}: no such file")
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(
            f"{path}: unknown kind of file {path.suffix!r}; expected one of {', '.join(SUFFIXES)}"
        )
    try:
        if path.stat().st_size == 0:
            raise DataError(f"{path}: is empty")
        frame = _read_csv(path, notes) if path.suffix.lower() == ".csv" else table_frame(path)
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: not a whole {path.suffix[1:]} file: {reason}") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    if frame.is_empty():
        raise DataError(f"{path}: has no rows, only the header {','.join(frame.columns)[:80]!r}")
    return frame, notes


def file_labels(path: Path) -> dict[str, str]:
    """What a Parquet file says of itself in its metadata; nothing for files of other kinds."""
    if path.suffix.lower() != ".parquet":
        return {}
    try:
        return {key: text for key, text in pl.read_parquet_metadata(path).items() if key != "ARROW:schema"}
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path}: damaged or not a Parquet file: {str(error).splitlines()[0]}") from error


def write_file(frame: pl.DataFrame, path: Path, *, metadata: dict[str, str] | None = None) -> None:
    """Writes ``frame`` to ``path``, a CSV or Parquet file by its suffix: the whole file or nothing."""
    with atomic_write(path) as stream:
        if path.suffix.lower() == ".csv":
            stamped = frame.with_columns(pl.col("timestamp").dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ"))
            if LABEL in (metadata or {}):
                stamped = stamped.with_columns(pl.lit((metadata or {})[LABEL]).alias(LABEL))
            stamped.write_csv(stream)
        else:
            frame.write_parquet(stream, metadata=metadata, statistics=True)


def other_market_in_name(symbol: str, path: Path) -> str | None:
    """A sentence if a file of candles is named after another market than ``symbol``.

    >>> other_market_in_name("ETH-USD", Path("BTC-USD_1h.csv"))
    'BTC-USD_1h.csv is named after BTC-USD; its candles are taken for those of ETH-USD'
    """
    named = market_in_name(path)
    if named is None or is_same_market(named[0], symbol):
        return None
    return f"{path.name} is named after {named[0]}; its candles are taken for those of {symbol}"


def is_same_market(one: str, other: str) -> bool:
    """Whether two symbols differ in nothing but separators and case: ``BTC/USD``, ``btc-usd``, ``BTCUSD``."""
    return _letters(one) == _letters(other)


def scenario_named(frame: pl.DataFrame) -> str | None:
    """The scenario in the column that labels made-up candles; None without one, or if it is empty."""
    if LABEL not in frame.columns:
        return None
    texts = frame[LABEL].cast(pl.String).str.strip_chars()
    return ", ".join(texts.filter(texts != "").unique().sort()) or None


def scenario_in_csv(path: Path) -> str | None:
    """As `scenario_named`, of a CSV file; one whose header has no such column is not read any further."""
    with path.open("rb") as stream:
        header = stream.readline(65_536)
    return scenario_named(read_file(path)[0]) if LABEL.encode() in header else None


def _letters(symbol: str) -> str:
    return re.sub(r"[^a-z0-9]", "", symbol.lower())


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """A stream whose bytes appear under ``path`` when the block ends well; else ``path`` stays as it was."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.", suffix=".part")
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror or error}") from error
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except (OSError, pl.exceptions.ComputeError) as error:  # the second is how Polars tells of a full disk
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise DataError(f"{path}: cannot be written: {reason}") from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def _read_csv(path: Path, notes: list[str]) -> pl.DataFrame:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            first = stream.readline(65_536).strip()
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not text in UTF-8 (byte {error.start})") from error
    separator = max(",;\t", key=first.count)
    cells = first.split(separator)
    headerless = all(_NUMBER.match(cell.strip()) for cell in cells)
    if headerless and len(cells) not in _HEADERLESS_WIDTHS:
        kind = "trades (time, price, volume), not candles" if len(cells) == 3 else "no candles"
        raise DataError(
            f"{path}: no header, and {len(cells)} columns of numbers are {kind}; "
            "expected timestamp,open,high,low,close,volume"
        )
    if "\0" in first:
        raise DataError(f"{path}: is binary, not text")
    twice = [cell for cell in cells if cell and cells.count(cell) > 1]
    if twice and not headerless:
        raise DataError(
            f"{path}: has the column {twice[0]} {cells.count(twice[0])} times; expected each once"
        )
    try:
        frame = pl.read_csv(path, infer_schema=False, separator=separator, has_header=not headerless)
    except pl.exceptions.PolarsError as error:
        raise _explain(path, separator, len(cells)) or error from None
    if headerless:
        names = ("timestamp", "open", "high", "low", "close", "volume")
        frame = frame[:, :6].rename(dict(zip(frame.columns[:6], names, strict=True)))
        notes.append(f"no header; the first 6 of {len(cells)} columns read as {','.join(names)}")
    filled = frame.select(~pl.all_horizontal(pl.all().is_null())).to_series().arg_true()
    return frame.head(int(filled[-1]) + 1 if len(filled) else 0)


def _explain(path: Path, separator: str, width: int) -> DataError | None:
    """What is wrong with a CSV file that the fast reader refused, found by going through it line by line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for row, cells in enumerate(csv.reader(stream, delimiter=separator), start=-1):
                if len(cells) > width:
                    return DataError(f"{path}: row {row} has {len(cells)} fields; expected {width}")
    except (UnicodeDecodeError, csv.Error) as error:
        return DataError(f"{path}: is not text in CSV: {error}")
    return None
