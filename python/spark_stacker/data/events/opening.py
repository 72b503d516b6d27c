"""Files of events told apart: the feed in each, whatever its format."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import polars as pl

from spark_stacker.data.events.cells import Cells
from spark_stacker.data.events.feeds import Feed
from spark_stacker.data.events.npz import npz_batches
from spark_stacker.data.events.raw import TABLES, damaged, require_file, table_batches, table_columns
from spark_stacker.data.events.schema import EVENT_SCHEMA, require_events
from spark_stacker.data.events.tables import table_converter
from spark_stacker.data.events.tardis import is_tardis, tardis_converter
from spark_stacker.data.files import is_same_market
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from spark_stacker.data.events.feeds import Converter

__all__ = ["FORMATS", "is_events_file", "open_feeds", "require_one_market"]

FORMATS: Final = ("hftbacktest", "tardis", "table", "recording")
_SYMBOLS: Final = ("symbol", "instrument", "market", "pair")
_EVENTS: Final = set(EVENT_SCHEMA) - {"sequence"}


def is_events_file(path: Path) -> bool:
    """Whether a file holds trades, quotes, a book or events, as its suffix and columns tell."""
    if path.suffix.lower() == ".npz":
        return True
    try:
        return bool(open_feeds(path, note=lambda _: None))
    except DataError:
        return False


def open_feeds(path: Path, *, note: Callable[[str], None], format: str | None = None) -> list[Feed]:  # noqa: A002
    """The feed in a file, or those in the files of a recording's directory. Nothing but the head is read yet.

    Raises `DataError` naming the file when it is missing, empty, damaged at its head, or of no known format.
    """
    if format is not None and format not in FORMATS:
        raise ParameterError(f"format must be one of {', '.join(FORMATS)}, was {format!r}")
    if path.is_dir():
        parts = sorted(part for part in path.glob("*.parquet") if not part.name.startswith("."))
        if not parts:
            raise DataError(f"{path}: no parts of a recording (.parquet) in this directory")
        return [Feed(path, "events", None, partial(_recorded, parts))]
    require_file(path)
    suffix = path.suffix.lower()
    if format == "hftbacktest" or (format is None and suffix == ".npz"):
        return [Feed(path, "events", None, partial(npz_batches, path, note))]
    if suffix not in (*TABLES, ".csv", ".gz"):
        known = f".npz, .csv, .csv.gz, {', '.join(TABLES)}"
        raise DataError(f"{path}: unknown kind of file {path.suffix!r}; expected one of {known}")
    names = {name: name.strip().lower() for name in table_columns(path)}
    columns = list(names.values())
    if len(set(columns)) < len(columns):
        raise DataError(f"{path}: columns {', '.join(names)[:200]}; expected each once, whatever its case")
    if format == "recording" or (format is None and set(columns) >= _EVENTS):
        return [Feed(path, "events", None, partial(_recorded, [path]))]
    tardis = format == "tardis" or (format is None and is_tardis(columns))
    kind, converter = (tardis_converter if tardis else table_converter)(columns, path)
    symbol = next((name for name in _SYMBOLS if name in columns), None)
    read = partial(_converted, path, names, converter, symbol)
    return [Feed(path, kind, _symbol(path, names, symbol), read)]


def _recorded(parts: list[Path]) -> Iterator[pl.DataFrame]:
    for part in parts:
        for row, frame in table_batches(part):
            try:
                yield require_events(frame, place=str(part))
            except DataError as error:
                raise DataError(f"{error} (rows counted from {row:,})" if row else str(error)) from error


def _symbol(path: Path, names: dict[str, str], column: str | None) -> str | None:
    """The symbol in the first row."""
    if column is None:
        return None
    first = next(iter(table_batches(path)), None)
    if first is None:
        return None
    text = Cells(first[1].rename(names), path=path, first_row=0).text(column)[0]
    return None if text is None else str(text)


def _converted(
    path: Path, names: dict[str, str], converter: Converter, symbol: str | None
) -> Iterator[pl.DataFrame]:
    expected: str | None = None
    is_empty = True
    for first_row, frame in table_batches(path):
        cells = Cells(frame.rename(names), path=path, first_row=first_row)
        is_empty = False
        if symbol is not None:
            texts = cells.text(symbol)
            expected = texts[0] if expected is None else expected
            same = texts.eq_missing(pl.Series([expected], dtype=pl.String))
            cells.require(same, symbol, f"{expected!r}, as the rows before; one market a file")
        # Whatever a converter has not foreseen is still an error of this file.
        with damaged(path, "understandable"):
            rows = converter(cells)
        yield rows
    if is_empty:
        raise DataError(f"{path}: has no rows")


def require_one_market(feeds: list[Feed]) -> str | None:
    """The symbol that the files agree in, if any says it. Raises `DataError` naming two that do not agree."""
    named = [(feed.path, feed.symbol) for feed in feeds if feed.symbol]
    for path, symbol in named[1:]:
        if not is_same_market(symbol, named[0][1]):
            raise DataError(
                f"{path}: is of {symbol}, {named[0][0]} of {named[0][1]}; expected files of one market"
            )
    return named[0][1] if named else None
