"""Candles by hand."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from spark_stacker.connectors.contract import Candle
from spark_stacker.connectors.replay.tape import RecordedMarket

MINUTE_NS = 60_000_000_000
START_NS = 1_704_067_200_000_000_000


def minute(number: int) -> int:
    """Open time of the numbered minute."""
    return START_NS + number * MINUTE_NS


def row(number: int, price: float | None = None) -> tuple[int, float, float, float, float, float]:
    """A sound bar of the numbered minute; its price tells which it is."""
    at = 100.0 + number if price is None else price
    return (minute(number), at, at + 1.0, at - 1.0, at + 0.5, 10.0)


def candle(symbol: str, number: int, price: float | None = None, *, closed: bool = True) -> Candle:
    time_ns, *values = row(number, price)
    open_, high, low, close, volume = (Decimal(repr(value)) for value in values)
    return Candle(symbol, MINUTE_NS, time_ns, open_, high, low, close, volume, closed)


def recorded(symbol: str, numbers: range | list[int]) -> RecordedMarket:
    return RecordedMarket(symbol, MINUTE_NS, [row(number) for number in numbers])


def frame(numbers: range) -> pl.DataFrame:
    names = ("timestamp", "open", "high", "low", "close", "volume")
    columns = dict(zip(names, zip(*map(row, numbers), strict=True), strict=True))
    times = pl.Series(columns["timestamp"]).cast(pl.Datetime("ns", "UTC")).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame({**columns, "timestamp": times})
