"""Recorded tables of trades, quotes and books, column by column, as feeds of events."""

from __future__ import annotations

from typing import Final

import polars as pl

from spark_stacker.errors import DataError

__all__ = ["FEED_SCHEMA", "feed_frame", "read_table"]

FEED_SCHEMA: Final = pl.Schema(
    {
        "exchange_ns": pl.Int64(),
        "local_ns": pl.Int64(),
        "kind": pl.String(),
        "side": pl.Int8(),
        "price": pl.Float64(),
        "size": pl.Float64(),
        "first_id": pl.Int64(),
        "last_id": pl.Int64(),
        "prev_id": pl.Int64(),
    }
)
"""One row an event; rows of one message agree in times and ids. Ids are null where the feed has none."""

_PRICE: Final = ("price", "px")
_SIZE: Final = ("qty", "amount", "quantity", "size", "volume")
_TAKER: Final = ("taker_side", "side", "aggressor_side")
_TIME: Final = ("timestamp", "timestamp_s", "timestamp_ms", "time", "exch_ms", "recv_ns", "local_timestamp")
_SIDES: Final = {"buy": 1, "b": 1, "bid": 1, "sell": -1, "s": -1, "ask": -1, "a": -1}


def feed_frame(columns: dict[str, pl.Series]) -> pl.DataFrame:
    """A feed from its columns; those that are missing are null."""
    frame = pl.DataFrame(columns)
    missing = [pl.lit(None).alias(name) for name in FEED_SCHEMA if name not in frame.columns]
    return frame.with_columns(missing).select(pl.col(name).cast(dtype) for name, dtype in FEED_SCHEMA.items())


def read_table(raw: pl.DataFrame, place: str) -> pl.DataFrame:
    """The feed in a table of trades, quotes or books. Raises `DataError` naming what cannot be understood."""
    names = {name.lower(): name for name in raw.columns}
    raw = raw.rename({old: new for new, old in names.items()})
    if raw.is_empty():
        raise DataError(f"{place}: has no rows")
    _require_one_symbol(raw, place)
    columns = set(raw.columns)
    if {"bid", "ask"} <= columns:
        return _quotes(raw, place)
    if "event" in columns or "level" in columns:
        return _book(raw, place)
    if columns & set(_PRICE) and columns & set(_SIZE):
        return _trades(raw, place)
    raise DataError(
        f"{place}: columns {', '.join(raw.columns)}; expected those of trades (time, price, qty), quotes "
        "(bid, bid_qty, ask, ask_qty) or a book (event, side, price, qty)"
    )


def _require_one_symbol(raw: pl.DataFrame, place: str) -> None:
    for name in ("symbol", "instrument", "pair"):
        if name in raw.columns and raw[name].n_unique() > 1:
            row = int((raw[name] != raw[name][0]).arg_max() or 0)
            raise DataError(
                f"{place}: column {name}, row {row}: {raw[name][row]!r} after {raw[name][0]!r}; "
                "expected one symbol a file"
            )


def _first(raw: pl.DataFrame, names: tuple[str, ...], what: str, place: str) -> str:
    for name in names:
        if name in raw.columns:
            return name
    raise DataError(f"{place}: no column of {what}; expected one of {', '.join(names)}")


def _ns(raw: pl.DataFrame, name: str, place: str) -> pl.Series:
    """Times in UTC nanoseconds, the unit told from the values."""
    times = raw[name]
    if times.dtype.is_temporal():
        return times.cast(pl.Datetime("ns", "UTC") if times.dtype == pl.Datetime else pl.Datetime("ns")).cast(
            pl.Int64
        )
    try:
        times = times.cast(pl.Int64, strict=True)
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{place}: column {name} is {times.dtype}; expected times") from error
    highest = times.max()
    if not isinstance(highest, int) or highest <= 0:
        raise DataError(f"{place}: column {name}: highest {highest!r}; expected times after 1970")
    digits = len(str(highest))
    factor = {10: 10**9, 13: 10**6, 16: 10**3, 19: 1}.get(digits)
    if factor is None:
        raise DataError(
            f"{place}: column {name}: {highest}; expected seconds, milliseconds, microseconds or nanoseconds"
        )
    return times * factor


def _clocks(raw: pl.DataFrame, place: str) -> tuple[pl.Series, pl.Series]:
    """Exchange and local times; where one is missing it is the other."""
    local = _ns(raw, "recv_ns", place) if "recv_ns" in raw.columns else None
    if "exch_ms" in raw.columns and raw["exch_ms"].null_count() < raw.height:
        exchange = _ns(raw, "exch_ms", place)
    elif local is not None:
        exchange = local
    else:
        exchange = _ns(raw, _first(raw, _TIME, "times", place), place)
    local = exchange if local is None else local
    return exchange.fill_null(local), local


def _sides(raw: pl.DataFrame, name: str, place: str) -> pl.Series:
    text = raw[name].cast(pl.String).str.to_lowercase()
    sides = text.replace_strict(_SIDES, default=None, return_dtype=pl.Int8)
    if sides.null_count():
        row = int(sides.is_null().arg_max() or 0)
        raise DataError(f"{place}: column {name}, row {row}: {text[row]!r}; expected buy or sell, bid or ask")
    return sides


def _numbers(raw: pl.DataFrame, name: str, place: str, *, least: float = 0.0) -> pl.Series:
    try:
        values = raw[name].cast(pl.Float64, strict=True)
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{place}: column {name} is {raw.schema[name]}; expected numbers") from error
    sound = (values.is_finite() & (values >= least)).fill_null(value=False)
    if not sound.all():
        row = int((~sound).arg_max() or 0)
        raise DataError(
            f"{place}: column {name}, row {row}: {values[row]}; expected finite and at least {least:g}"
        )
    return values


def _feed(columns: dict[str, pl.Series | str | int], height: int) -> pl.DataFrame:
    """A feed whose columns are series, or one value for all rows."""
    return feed_frame(
        {
            name: value if isinstance(value, pl.Series) else pl.Series([value]).new_from_index(0, height)
            for name, value in columns.items()
        }
    )


def _trades(raw: pl.DataFrame, place: str) -> pl.DataFrame:
    exchange, local = _clocks(raw, place)
    if "buyer_maker" in raw.columns:
        maker = raw["buyer_maker"].cast(pl.String).str.to_lowercase()
        side: pl.Series | str | int = (1 - 2 * (maker == "true").cast(pl.Int8)).cast(pl.Int8)
    elif any(name in raw.columns for name in _TAKER):
        side = _sides(raw, _first(raw, _TAKER, "sides", place), place)
    else:
        side = 0
    ids = next((name for name in ("trade_id", "id") if name in raw.columns), None)
    columns: dict[str, pl.Series | str | int] = {
        "exchange_ns": exchange,
        "local_ns": local,
        "kind": "trade",
        "side": side,
        "price": _numbers(raw, _first(raw, _PRICE, "prices", place), place),
        "size": _numbers(raw, _first(raw, _SIZE, "sizes", place), place),
    }
    if ids is not None:
        columns["last_id"] = raw[ids].cast(pl.Int64, strict=False)
    return _feed(columns, raw.height).filter((pl.col("size") > 0) & (pl.col("price") > 0))


def _quotes(raw: pl.DataFrame, place: str) -> pl.DataFrame:
    exchange, local = _clocks(raw, place)
    sides = []
    for sign, side in ((1, "bid"), (-1, "ask")):
        size = _first(raw, (f"{side}_qty", f"{side}_size", f"{side}_amount"), f"{side} sizes", place)
        columns: dict[str, pl.Series | str | int] = {
            "exchange_ns": exchange,
            "local_ns": local,
            "kind": "quote",
            "side": sign,
            "price": _numbers(raw, side, place),
            "size": _numbers(raw, size, place),
        }
        if "update_id" in raw.columns:
            columns["last_id"] = raw["update_id"]
        sides.append(_feed(columns, raw.height).with_row_index("row"))
    both = pl.concat(sides).sort("row", maintain_order=True).drop("row")
    return both.filter(pl.col("price") > 0)


def _book(raw: pl.DataFrame, place: str) -> pl.DataFrame:
    exchange, local = _clocks(raw, place)
    if "event" in raw.columns:
        event = raw["event"].cast(pl.String).str.to_lowercase()
        kinds = event.replace_strict({"snapshot": "snapshot", "delta": "depth"}, default=None)
        if kinds.null_count():
            row = int(kinds.is_null().arg_max() or 0)
            raise DataError(f"{place}: column event, row {row}: {event[row]!r}; expected snapshot or delta")
        kind: pl.Series | str = kinds
    else:
        kind = "snapshot"
    columns: dict[str, pl.Series | str | int] = {
        "exchange_ns": exchange,
        "local_ns": local,
        "kind": kind,
        "side": _sides(raw, "side", place),
        "price": _numbers(raw, _first(raw, _PRICE, "prices", place), place),
        "size": _numbers(raw, _first(raw, _SIZE, "sizes", place), place),
    }
    columns |= {name: raw[name] for name in ("first_id", "last_id", "prev_id") if name in raw.columns}
    return _feed(columns, raw.height)
