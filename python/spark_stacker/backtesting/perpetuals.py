"""Funding and mark prices of a market over the traded range, for the core and for what a result tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from spark_stacker.data import data_hash, infer_interval, require_clean, to_bars
from spark_stacker.data.candles import normalise, read_any
from spark_stacker.data.perpetuals import funding_warnings, mark_warnings
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from spark_stacker import _core
    from spark_stacker.backtesting.histories import MarketHistory

__all__ = ["PerpetualTerms", "fingerprints", "perpetual_terms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpetualTerms:
    """What a market has beside its candles; None where nothing was given.

    So many ``payments`` fall due inside the traded range, so many of its ``bars`` are ``marked`` by a mark
    candle. ``hashes`` are those of the frames, by what they hold.
    """

    symbol: str
    funding: tuple[NDArray[np.int64], NDArray[np.float64]] | None = None
    mark: _core.Bars | None = None
    payments: int = 0
    marked: int = 0
    bars: int = 0
    hashes: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def perpetual_terms(
    funding: object | None, mark: object | None, history: MarketHistory, market: Mapping[str, Any]
) -> PerpetualTerms:
    """Checks a frame of ``timestamp`` and ``rate`` and one of mark candles, either or both None.

    ``market`` is that of the plan. Mark candles must be of the interval of the trade candles. Raises
    `DataError` with column, row and value, and `ParameterError` for a market that is traded spot.
    """
    for name, given in (("funding", funding), ("mark", mark)):
        if given is not None and (market["instrument"] or {}).get("market_type") == "spot":
            raise ParameterError(f"{name} must be of a market on margin, {market['symbol']} is traded spot")
    symbol, times = history.symbol, history.traded["timestamp"]
    columns = bars = None
    payments = marked = 0
    warnings: list[str] = []
    hashes = {}
    if funding is not None:
        rates = _checked(funding, "funding", f"funding of {symbol}")
        columns = (
            np.ascontiguousarray(rates["timestamp"].dt.epoch("ns").to_numpy()),
            np.ascontiguousarray(rates["rate"].to_numpy()),
        )
        # What is due at the first bar's open or before meets no position.
        payments = len(rates.filter((pl.col("timestamp") > times[0]) & (pl.col("timestamp") <= times[-1])))
        warnings += funding_warnings(rates, times, symbol=symbol)
        hashes["funding"] = data_hash(rates)
    if mark is not None:
        where = f"mark prices of {symbol}"
        prices = _checked(mark, "mark", where)
        if len(prices) > 1 and (step := infer_interval(prices["timestamp"])) != history.interval:
            raise DataError(f"{where}: candles are mostly {step} apart; expected {history.interval}")
        bars = to_bars(prices, history.interval, where=where)
        marked = int(times.is_in(prices["timestamp"].implode()).sum())
        warnings += mark_warnings(prices, times, symbol=symbol)
        hashes["mark"] = data_hash(prices)
    return PerpetualTerms(
        symbol=symbol,
        funding=columns,
        mark=bars,
        payments=payments,
        marked=marked,
        bars=len(times),
        hashes=hashes,
        warnings=tuple(warnings),
    )


def fingerprints(terms: Iterable[PerpetualTerms]) -> dict[str, object]:
    """Hashes of funding and mark candles by symbol, for the configuration of a result; empty without any."""
    given = {term.symbol: term.hashes for term in terms if term.hashes}
    return {"perpetuals": given} if given else {}


def _checked(data: object, kind: str, where: str) -> pl.DataFrame:
    frame = normalise(read_any(data, where=where), kind=kind, where=where).frame
    require_clean(frame, where=where)
    return frame
