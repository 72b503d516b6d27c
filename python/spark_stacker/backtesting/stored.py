"""From the data of a saved result back to its parts, every one checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import polars as pl

from spark_stacker.backtesting.frames import TABLES, TIME, plain_columns
from spark_stacker.backtesting.market import TradedMarket
from spark_stacker.backtesting.metrics import METRICS
from spark_stacker.backtesting.record import StoredRun
from spark_stacker.backtesting.setup import RunSetup
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["read_result"]

T = TypeVar("T")
N = TypeVar("N", bound=np.generic)

_PRICES = ("open", "high", "low", "close", "volume")


def read_result(data: Mapping[str, object]) -> tuple[StoredRun, RunSetup]:
    """Run and setup of a result's plain data; `DataError` names the key that is missing or malformed."""
    curve = _get(data, "equity", dict)
    metrics = _get(data, "metrics", dict)
    unknown = [name for name in METRICS if name not in metrics]
    if unknown:
        raise DataError(f"metrics: {unknown[0]} is missing")
    open_time_ns = _array(curve, "open_time_ns", "equity", np.int64)
    equity = _array(curve, "equity", "equity", np.float64)
    if len(open_time_ns) != len(equity):
        raise DataError(f"equity: {len(equity)} values for {len(open_time_ns)} bars")
    run = StoredRun(
        open_time_ns=open_time_ns,
        equity=equity,
        tables={table: plain_columns(table, _get(data, table, dict)) for table in TABLES},
        values=metrics,
        reasons=_get(data, "undefined", dict),
    )
    setup = RunSetup(
        initial_balance=_get(data, "initial_balance", float),
        quote=_get(data, "quote", str),
        markets=tuple(_market(market) for market in _get(data, "markets", list)),
        strategies=_texts(data, "strategies"),
        configuration=_get(data, "configuration", dict),
        seed=_get(data, "seed", int),
        assumptions=_texts(data, "assumptions"),
        warnings=_texts(data, "warnings"),
    )
    return run, setup


def _get(data: Mapping[str, object], key: str, kind: type[T], where: str = "result") -> T:
    if key not in data:
        raise DataError(f"{where}: {key} is missing")
    value = data[key]
    if kind is float and type(value) is int:
        value = float(value)
    if not isinstance(value, kind):
        raise DataError(f"{where}: {key} must be {kind.__name__}, was {type(value).__name__}")
    return value


def _texts(data: Mapping[str, object], key: str) -> tuple[str, ...]:
    texts = _get(data, key, list)
    if not all(isinstance(text, str) for text in texts):
        raise DataError(f"result: {key} must hold texts")
    return tuple(texts)


def _array(data: Mapping[str, object], key: str, where: str, kind: type[N]) -> NDArray[N]:
    values = _get(data, key, list, where)
    try:
        array = np.array(values, dtype=kind)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{where}: {key} must hold numbers: {error}") from error
    if array.ndim != 1:
        raise DataError(f"{where}: {key} must be a list of numbers")
    return array


def _market(data: object) -> TradedMarket:
    if not isinstance(data, dict):
        raise DataError(f"markets: must hold objects, was {type(data).__name__}")
    candles = _get(data, "candles", dict, "market")
    lines = _get(data, "lines", dict, "market")
    times = _array(candles, "open_time_ns", "candles", np.int64)
    columns = [(pl.Series("timestamp", times) // 1_000).cast(TIME)]
    columns += [pl.Series(name, _array(candles, name, "candles", np.float64)) for name in _PRICES]
    drawn = [pl.Series(name, _array(lines, name, "lines", np.float64)).fill_nan(None) for name in lines]
    for column in columns + drawn:
        if len(column) != len(times):
            raise DataError(f"market: {column.name} has {len(column)} rows, expected {len(times)}")
    return TradedMarket(
        symbol=_get(data, "symbol", str, "market"),
        interval=_get(data, "interval", str, "market"),
        source=_get(data, "source", str, "market"),
        candles=pl.DataFrame(columns),
        draw=lambda: pl.DataFrame(drawn),
    )
