"""What goes with the candles of a perpetual: funding rates and mark price candles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from spark_stacker.data.files import is_same_market, market_in_name
from spark_stacker.data.gaps import find_gaps, infer_interval
from spark_stacker.data.importing import prepare
from spark_stacker.data.quality import SANE_RATE
from spark_stacker.data.times import interval_us
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from datetime import datetime

    from spark_stacker.data.catalogue import Catalogue

__all__ = [
    "PerpetualData",
    "catalogued_perpetual",
    "funding_file",
    "funding_warnings",
    "mark_file",
    "mark_warnings",
]


@dataclass(frozen=True, slots=True)
class PerpetualData:
    """Funding (``timestamp``, ``rate``) and mark candles of a market; None is what there is not.

    ``notes`` say where they come from.
    """

    funding: pl.DataFrame | None = None
    mark: pl.DataFrame | None = None
    notes: tuple[str, ...] = ()

    def joined(self, other: PerpetualData) -> PerpetualData:
        """Both together, ``other`` first where both have something."""
        return PerpetualData(
            self.funding if other.funding is None else other.funding,
            self.mark if other.mark is None else other.mark,
            self.notes + other.notes,
        )


def funding_file(path: str | Path, *, symbol: str, any_name: bool = False) -> PerpetualData:
    """Funding rates of a file.

    Raises `DataError` naming file, column, row and value for whatever breaks a rule, for a file of candles,
    and, unless ``any_name``, for one that is named after another market.
    """
    return _file(Path(path), symbol, None, "funding", any_name=any_name)


def mark_file(path: str | Path, *, symbol: str, interval: str, any_name: bool = False) -> PerpetualData:
    """Mark price candles of a file, which must be of the ``interval`` of the trade candles; see
    `funding_file`.
    """
    return _file(Path(path), symbol, interval, "mark", any_name=any_name)


def catalogued_perpetual(
    catalogue: Catalogue,
    venue: str,
    symbol: str,
    interval: str,
    *,
    funding: bool = True,
    mark: bool = True,
) -> PerpetualData:
    """What the catalogue has beside the candles of ``interval``: funding of the market, mark candles of that
    interval, as far as wanted.

    Raises `DataError` when it has funding at several intervals, since which one is paid cannot be known here.
    """
    beside = PerpetualData()
    if funding:
        beside = beside.joined(_catalogued_funding(catalogue, venue, symbol))
    if mark:
        beside = beside.joined(_catalogued_mark(catalogue, venue, symbol, interval))
    return beside


def _catalogued_funding(catalogue: Catalogue, venue: str, symbol: str) -> PerpetualData:
    sets = catalogue.list(venue=venue, symbol=symbol, kind="funding")
    if not sets:
        return PerpetualData()
    item, *others = sets
    if others:
        raise DataError(
            f"{symbol}: {venue} has funding of {' and of '.join(item.interval for item in sets)}; expected "
            f"one (name the file of one, such as {item.path}, or none)"
        )
    frame = catalogue.read(venue, symbol, item.interval, kind="funding")
    note = _note(symbol, "funding", item.interval, f"the catalogue ({venue})", item.rows)
    return PerpetualData(funding=frame, notes=(note,))


def _catalogued_mark(catalogue: Catalogue, venue: str, symbol: str, interval: str) -> PerpetualData:
    sets = {item.interval: item for item in catalogue.list(venue=venue, symbol=symbol, kind="mark")}
    if not sets:
        return PerpetualData()
    if interval not in sets:
        note = f"{symbol}: mark candles of {', '.join(sets)} are not used, the candles are of {interval}"
        return PerpetualData(notes=(note,))
    frame = catalogue.read(venue, symbol, interval, kind="mark")
    note = _note(symbol, "mark", interval, f"the catalogue ({venue})", sets[interval].rows)
    return PerpetualData(mark=frame, notes=(note,))


def funding_warnings(funding: pl.DataFrame, times: pl.Series, *, symbol: str) -> list[str]:
    """What funding rates leave open over bars that open at ``times``: ends that lack, gaps, rates that can
    hardly be.
    """
    rates = funding["timestamp"]
    if len(rates) < 2:
        return []
    interval = infer_interval(rates, where=f"funding of {symbol}")
    step = timedelta(microseconds=interval_us(interval))
    warnings = []
    if rates[0] - times[0] > step:
        warnings.append(f"{symbol}: funding rates begin at {_minute(rates[0])}, none is paid before")
    if times[-1] - rates[-1] > step:
        warnings.append(f"{symbol}: funding rates end at {_minute(rates[-1])}, none is paid after")
    inside = funding.filter(pl.col("timestamp").is_between(times[0], times[-1]))
    if len(inside) and (gaps := find_gaps(inside["timestamp"], interval)):
        missing = sum(gap.missing for gap in gaps)
        warnings.append(f"{symbol}: {missing} funding rates missing in {len(gaps)} gaps, the first {gaps[0]}")
    beyond = inside.filter(pl.col("rate").abs() > SANE_RATE)
    if len(beyond):
        time, rate = beyond.row(0)
        warnings.append(
            f"{symbol}: {len(beyond)} funding rates are beyond {SANE_RATE:g} a payment, the first {rate:g} "
            f"at {_minute(time)}; a rate is a fraction, not percent"
        )
    return warnings


def mark_warnings(mark: pl.DataFrame, times: pl.Series, *, symbol: str) -> list[str]:
    """Says so where bars that open at ``times`` have no mark candle."""
    lacking = times.filter(~times.is_in(mark["timestamp"].implode()))
    if lacking.is_empty():
        return []
    return [
        f"{symbol}: {len(lacking):,} of {len(times):,} bars have no mark candle, the first "
        f"{_minute(lacking[0])}; there the trade candle stands for it"
    ]


def _file(path: Path, symbol: str, interval: str | None, kind: str, *, any_name: bool) -> PerpetualData:
    other = None if any_name else _other_market(path, kind, symbol)
    if other is not None:
        raise DataError(
            f"{path}: is named after {other}; expected {_WORDS[kind]} of {symbol} "
            f"({symbol}={path.name} takes it all the same)"
        )
    prepared = prepare(path, kind=kind, interval=interval)
    notes = (_note(symbol, kind, prepared.file.interval, str(path), len(prepared.frame)),)
    if kind == "funding":
        return PerpetualData(funding=prepared.frame, notes=notes)
    return PerpetualData(mark=prepared.frame, notes=notes)


_WORDS = {"funding": "funding rates", "mark": "mark candles"}


def _other_market(path: Path, kind: str, symbol: str) -> str | None:
    """The market that a file is named after, if it is another; a name need not be of a market."""
    from spark_stacker.config.symbols import parse_symbol

    named = market_in_name(path, kind)
    if named is None or is_same_market(named[0], symbol):
        return None
    try:
        return str(parse_symbol(named[0]))
    except ParameterError:
        return None


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"


def _note(symbol: str, kind: str, interval: str, source: str, rows: int) -> str:
    return f"{symbol}: {_WORDS[kind]} of {interval} from {source}, {rows:,} rows"
