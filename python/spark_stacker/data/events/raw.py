"""Tables on disk, read in batches: CSV, plain or gzipped, Parquet and Feather.

What a file claims is never believed before it is there: a line, a batch, an unpacked block are bounded, so
that a damaged or malicious file costs an error and not the memory.
"""

from __future__ import annotations

import gzip
import io
import lzma
import re
import struct
import zipfile
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final, cast

import polars as pl

from spark_stacker.data.sheltered import table_frames, table_names
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["BATCH_ROWS", "TABLES", "csv_header", "damaged", "require_file", "table_batches", "table_columns"]

TABLES: Final = (".parquet", ".feather", ".arrow", ".ipc")
BATCH_ROWS: Final = 1 << 19
_BLOCK_BYTES: Final = 16 << 20
_LONGEST_LINE: Final = 1 << 20
_MOST_COLUMNS: Final = 10_000
_CONTROL: Final = bytes({*range(32)} - {*b"\t\n\r"})
_DAMAGE: Final = (
    *(pl.exceptions.PolarsError, pl.exceptions.PanicException),
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(OSError, EOFError, ValueError, TypeError, LookupError, RuntimeError, SyntaxError),
    *(MemoryError, OverflowError),
)
_NUMBER: Final = re.compile(r"^-?\d+(\.\d*)?([eE][+-]?\d+)?$")


def require_file(path: Path) -> None:
    """Raises `DataError` unless there is a file with something in it."""
    if path.is_dir():
        raise DataError(f"{path}: is a directory; expected a file")
    try:
        size = path.stat().st_size
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    if size == 0:
        raise DataError(f"{path}: is empty")


@contextmanager
def damaged(path: Path, what: str) -> Iterator[None]:
    """Turns whatever a reader makes of a damaged file into `DataError` naming the file."""
    try:
        yield
    except DataError:
        raise
    # A reader's panic is no Exception; it leaves nothing behind but the file unread.
    except _DAMAGE as error:
        raise DataError(f"{path}: not a whole {what} file: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]


def table_columns(path: Path) -> list[str]:
    """Names of the columns of a table. Raises `DataError` naming a file that is no whole table."""
    if path.suffix.lower() in TABLES:
        return table_names(path)
    return csv_header(path)[0]


def table_batches(path: Path) -> Iterator[tuple[int, pl.DataFrame]]:
    """Batches of a table, each with the row it begins with; the cells of CSV are text."""
    yield from _scanned(path) if path.suffix.lower() in TABLES else _csv_batches(path)


def _scanned(path: Path) -> Iterator[tuple[int, pl.DataFrame]]:
    row = 0
    for frame in table_frames(path, BATCH_ROWS):
        if frame.height:
            yield row, frame
        row += frame.height


def csv_header(path: Path) -> tuple[list[str], str, bool]:
    """Columns, separator, and whether the file names them; rows of three bare numbers are time, price,
    amount.
    """
    with damaged(path, "CSV"), _opened(path) as stream:
        line = stream.readline(_LONGEST_LINE + 1)
    if len(line) > _LONGEST_LINE:
        raise DataError(
            f"{path}: a first line of more than {_LONGEST_LINE:,} bytes; expected names of columns"
        )
    text = _decode(line, path, 0).lstrip("\ufeff").strip("\r\n")
    separator = max(",;\t", key=text.count)
    cells = [cell.strip().strip('"') for cell in text.split(separator)]
    if len(cells) > _MOST_COLUMNS:
        raise DataError(f"{path}: {len(cells):,} columns; expected at most {_MOST_COLUMNS:,}")
    if all(_NUMBER.match(cell) for cell in cells):
        if len(cells) != 3:
            raise DataError(f"{path}: {len(cells)} columns without names; expected a header")
        return ["timestamp", "price", "amount"], separator, False
    twice = next((cell for cell in cells if cells.count(cell) > 1), None)
    if twice is not None:
        raise DataError(f"{path}: has the column {twice!r} {cells.count(twice)} times; expected each once")
    return cells, separator, True


def _csv_batches(path: Path) -> Iterator[tuple[int, pl.DataFrame]]:
    columns, separator, named = csv_header(path)
    # Names of our own head every block, so that a block stands for itself and a short row is one with nulls.
    names = [f"column_{place}" for place in range(len(columns))]
    head = separator.join(names) + "\n"
    row = 0
    for place, block in enumerate(_blocks(path)):
        text = _decode(block, path, row)
        if place == 0:
            text = text.lstrip("\ufeff")
            text = text[text.find("\n") + 1 :] if named and "\n" in text else "" if named else text
        if not text.strip():
            continue
        try:
            frame = pl.read_csv(
                io.BytesIO((head + text).encode()),
                infer_schema=False,
                separator=separator,
                quote_char='"' if '"' in text else None,
            )
        except pl.exceptions.PolarsError as error:
            raise _explained(text, separator, len(columns), path, row) or DataError(
                f"{path}: rows from {row}: not CSV: {_first_line(error)}"
            ) from error
        yield row, frame.rename(dict(zip(names, columns, strict=True)))
        row += frame.height


def _explained(text: str, separator: str, width: int, path: Path, row: int) -> DataError | None:
    for place, line in enumerate(text.splitlines()):
        fields = line.count(separator) + 1
        if fields > width:
            return DataError(f"{path}: row {row + place} has {fields} fields; expected {width}")
    return None


def _blocks(path: Path) -> Iterator[bytes]:
    """The file in blocks of whole lines."""
    rest = b""
    with damaged(path, "CSV"), _opened(path) as stream:
        while block := stream.read(_BLOCK_BYTES):
            first, end = block.find(b"\n"), block.rfind(b"\n")
            if len(rest) + (len(block) if first < 0 else first) > _LONGEST_LINE:
                raise DataError(
                    f"{path}: a line of more than {_LONGEST_LINE:,} bytes; expected rows of a table"
                )
            if end < 0:
                rest += block
                continue
            yield rest + block[: end + 1]
            rest = block[end + 1 :]
    if rest.strip():
        yield rest


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not packed:
            yield file
            return
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield cast("IO[bytes]", unpacked)


def _decode(block: bytes, path: Path, row: int) -> str:
    # Polars unpacks bytes that look packed; a text without control characters never does.
    if len(block.translate(None, _CONTROL)) != len(block):
        raise DataError(f"{path}: rows from {row}: is binary; expected text")
    try:
        return block.decode()
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: rows from {row}: is not text in UTF-8 (byte {error.start})") from error
