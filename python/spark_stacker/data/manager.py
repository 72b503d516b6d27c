"""The `DataManager`: named sources in, checked candles of exactly the range asked out."""

from __future__ import annotations

import difflib
import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

from spark_stacker.data.candles import to_bars
from spark_stacker.data.files import LABEL
from spark_stacker.data.fingerprint import data_hash
from spark_stacker.data.gaps import Gap, find_gaps
from spark_stacker.data.rules import first_row, require_clean
from spark_stacker.data.scenarios import made_up
from spark_stacker.data.times import TimeLike, interval_us, to_utc
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

    from spark_stacker import _core
    from spark_stacker.data.catalogue import Catalogue, Saved
    from spark_stacker.data.sources import DataSource

__all__ = ["DataManager", "History"]

_log = logging.getLogger(__name__)

_REMEMBERED_BARS: Final = 2_000_000
"""Bars of all histories kept, some 200 MB; the history asked for last is kept whatever its length."""


@dataclass(frozen=True)
class History:
    """Candles of one market and what is to be said of them; ``gaps`` are bars missing inside the range.

    ``synthetic`` names the scenario where the source says that they are made up.
    """

    source: str
    symbol: str
    interval: str
    frame: pl.DataFrame
    gaps: tuple[Gap, ...]
    warnings: tuple[str, ...]
    synthetic: str | None = None

    @cached_property
    def data_hash(self) -> str:
        """SHA-256 of the candles, as manifests carry it."""
        return data_hash(self.frame)

    @cached_property
    def bars(self) -> _core.Bars:
        """The candles in the core."""
        return to_bars(self.frame, self.interval, where=f"{self.source}: {self.symbol} {self.interval}")


class DataManager:
    """Candles by name of source, symbol, interval and time.

    >>> from spark_stacker.data import FrameDataSource, synthesise
    >>> manager = DataManager()
    >>> made = synthesise("bull", interval="1h", bars=48, seed=1, start="2024-01-01")
    >>> manager.register_source("made", FrameDataSource({(made.symbol, "1h"): made.frame}))
    >>> len(manager.get_data("made", made.symbol, "1h", "2024-01-01", "2024-01-02"))
    24
    """

    def __init__(self) -> None:
        self._sources: dict[str, DataSource] = {}
        self._checked: dict[tuple[object, ...], History] = {}

    def register_source(self, name: str, source: DataSource) -> None:
        """Makes ``source`` known as ``name``, in place of what had the name before."""
        self._sources[name] = source

    def sources(self) -> list[str]:
        """Names of the sources, in the order of their registration."""
        return list(self._sources)

    def available(self, source_name: str) -> list[tuple[str, str]]:
        """Symbol and interval of what a source can name."""
        return self._source(source_name).available()

    def get_data(
        self,
        source_name: str,
        symbol: str,
        interval: str,
        start_time: TimeLike | None = None,
        end_time: TimeLike | None = None,
        *,
        allow_partial: bool = False,
    ) -> pl.DataFrame:
        """The frame of `get`; its warnings go to the log."""
        history = self.get(source_name, symbol, interval, start_time, end_time, allow_partial=allow_partial)
        for warning in history.warnings:
            _log.warning("%s", warning)
        return history.frame.clone()

    def get(
        self,
        source_name: str,
        symbol: str,
        interval: str,
        start_time: TimeLike | None = None,
        end_time: TimeLike | None = None,
        *,
        allow_partial: bool = False,
    ) -> History:
        """Every candle that opens at or after ``start_time`` and before ``end_time``, however many these are.

        Times are UTC: datetimes, dates, ISO 8601 text, or numbers in s, ms, µs or ns by their size; None is
        as far as the source goes. Raises `DataError` when a candle breaks a rule, when the bars are not
        ``interval`` apart, and when the data begin more than one interval after ``start_time`` or end before
        the last bar of the range; ``allow_partial`` makes the last a warning in the result. Gaps inside are
        reported there, never bridged.

        The source is read every time; candles equal to those of an earlier call are not checked again.
        """
        start = None if start_time is None else to_utc(start_time, name="start_time")
        end = None if end_time is None else to_utc(end_time, name="end_time")
        if start is not None and end is not None and start >= end:
            raise ParameterError(f"start_time must be before end_time, was {start} and {end}")
        interval_us(interval)
        source = self._source(source_name)
        frame = source.load(symbol, interval, start=start, end=end)
        # A source of the user's own need not know of labels.
        label = getattr(source, "synthetic", None)
        synthetic: str | None = None if label is None else label(symbol, interval)
        asked = (source_name, symbol, interval, start, end, allow_partial, synthetic)
        known = self._checked.pop(asked, None)
        if known is None or not known.frame.equals(frame):
            known = _check(
                frame,
                source=source_name,
                symbol=symbol,
                interval=interval,
                start=start,
                end=end,
                allow_partial=allow_partial,
                synthetic=synthetic,
            )
        self._remember(asked, known)
        return known

    def download(
        self,
        source_name: str,
        symbol: str,
        interval: str,
        start_time: TimeLike,
        end_time: TimeLike,
        *,
        catalogue: Catalogue,
        venue: str | None = None,
        replace: bool = False,
        allow_partial: bool = False,
    ) -> Saved:
        """Gets candles and keeps them in the catalogue under ``venue``, by default the source's name."""
        history = self.get(source_name, symbol, interval, start_time, end_time, allow_partial=allow_partial)
        labels = {"source": source_name}
        if history.synthetic is not None:
            labels[LABEL] = history.synthetic
        place = (venue or source_name, symbol, interval)
        return catalogue.write(history.frame, *place, replace=replace, metadata=labels)

    def _remember(self, asked: tuple[object, ...], history: History) -> None:
        """Keeps a history as the newest, and forgets the oldest beyond the room there is."""
        self._checked[asked] = history
        bars = sum(len(kept.frame) for kept in self._checked.values())
        while bars > _REMEMBERED_BARS and len(self._checked) > 1:
            bars -= len(self._checked.pop(next(iter(self._checked))).frame)

    def _source(self, name: str) -> DataSource:
        if name not in self._sources:
            close = difflib.get_close_matches(name, self._sources, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            has = ", ".join(self._sources) or "none"
            raise ParameterError(f"source_name must be a registered source ({has}), was {name!r}{hint}")
        return self._sources[name]


def _check(
    frame: pl.DataFrame,
    *,
    source: str,
    symbol: str,
    interval: str,
    start: datetime | None,
    end: datetime | None,
    allow_partial: bool,
    synthetic: str | None,
) -> History:
    """The candles that a source gave for a range, if they are what was asked."""
    where = f"{source}: {symbol} {interval}"
    if frame.is_empty():
        raise DataError(f"{where}: no candles from {start or 'the first'} to {end or 'the last'}")
    require_clean(frame, where=where)
    _require_interval(frame, interval, where)
    short = _shortfall(frame, interval, start, end)
    if short and not allow_partial:
        raise DataError(f"{where}: {'; '.join(short)}; allow_partial takes what is there")
    gaps = find_gaps(frame["timestamp"], interval)
    warnings = [] if synthetic is None else [made_up(symbol, synthetic)]
    warnings += [f"{where}: {words}" for words in short]
    if start is not None and frame["timestamp"][0] - start == timedelta(microseconds=interval_us(interval)):
        warnings.append(f"{where}: the first bar is missing, data begin at {frame['timestamp'][0]}")
    if gaps:
        missing = sum(gap.missing for gap in gaps)
        warnings.append(f"{where}: {missing} bars missing in {len(gaps)} gaps, the first {gaps[0]}")
    return History(source, symbol, interval, frame.rechunk().clone(), tuple(gaps), tuple(warnings), synthetic)


def _require_interval(frame: pl.DataFrame, interval: str, where: str) -> None:
    """Bars must not lie nearer than the interval, and some two must be just that far apart."""
    steps = frame["timestamp"].diff().dt.total_microseconds()
    row = first_row(steps < interval_us(interval))
    if row is not None:
        time, step = frame["timestamp"][row], timedelta(microseconds=steps[row])
        raise DataError(
            f"{where}: column timestamp, row {row}: {time} is {step} after the bar before; "
            f"expected {interval}"
        )
    if len(frame) > 2 and not (steps == interval_us(interval)).any():
        least = timedelta(microseconds=int(steps.min()))  # type: ignore[arg-type]
        raise DataError(f"{where}: bars are at least {least} apart; expected {interval}")


def _shortfall(frame: pl.DataFrame, interval: str, start: datetime | None, end: datetime | None) -> list[str]:
    """What lacks at either end of the range asked, in words."""
    one = timedelta(microseconds=interval_us(interval))
    first, last = frame["timestamp"][0], frame["timestamp"][-1]
    short = []
    if start is not None and first > start + one:
        short.append(f"data begin at {first}, asked from {start}")
    if end is not None and last < end - one:
        short.append(f"data end with the bar of {last}, asked to {end}")
    return short
