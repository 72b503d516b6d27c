"""Candles of a higher interval made of lower ones. A higher bar exists only once it is closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from spark_stacker.data.rules import first_row, require_clean
from spark_stacker.data.times import TimeLike, bucket_start, grid_offset_us, interval_us, to_utc
from spark_stacker.errors import DataError, ParameterError

__all__ = ["Resampled", "resample"]


@dataclass(frozen=True, slots=True)
class Resampled:
    """Closed bars of ``interval``, and what lay between them and the source.

    ``partial`` lists the open times of bars made although source bars are missing inside them; ``left_out``
    those of buckets at either end that the source covers only in part, so that no bar was made.
    """

    interval: str
    frame: pl.DataFrame
    partial: tuple[datetime, ...]
    left_out: tuple[datetime, ...]

    def __str__(self) -> str:
        words = f"{len(self.frame):,} bars of {self.interval}"
        if self.partial:
            words += f"; {len(self.partial):,} of them lack source bars, the first at {self.partial[0]}"
        if self.left_out:
            words += f"; not made, being covered in part: {', '.join(str(time) for time in self.left_out)}"
        return words


def resample(
    frame: pl.DataFrame, source: str, target: str, *, closed_at: TimeLike | None = None
) -> Resampled:
    """Bars of ``target`` (such as ``1h``) from bars of ``source`` (such as ``5m``).

    Open is the first, high the highest, low the lowest, close the last, volume the sum. A bar is made once it
    is closed: its end is not after ``closed_at``, by default the end of the last source bar. A first bucket
    that begins before the data is left out too. A bucket without any source bar has no bar. Raises
    `ParameterError` unless ``target`` is a whole multiple of ``source``, `DataError` for candles that break a
    rule.
    """
    short, long = interval_us(source), interval_us(target)
    if long <= short or long % short or grid_offset_us(target) % short != grid_offset_us(source):
        raise ParameterError(f"target interval must be a whole multiple of {source}, was {target}")
    require_clean(frame)
    if frame.is_empty():
        raise DataError("no candles to resample")
    _require_aligned(frame, source)
    first, last = frame["timestamp"][0], frame["timestamp"][-1]
    end = last + timedelta(microseconds=short) if closed_at is None else to_utc(closed_at, name="closed_at")
    buckets = (
        frame.group_by(bucket_start(pl.col("timestamp"), target).alias("bucket"), maintain_order=True)
        .agg(
            pl.col("open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col("volume").sum(),
            bars=pl.len(),
        )
        .rename({"bucket": "timestamp"})
    )
    whole = (pl.col("timestamp") >= first) & (pl.col("timestamp") + pl.duration(microseconds=long) <= end)
    made = buckets.filter(whole)
    left_out = buckets.filter(~whole)["timestamp"]
    partial = made.filter(pl.col("bars") < long // short)["timestamp"]
    return Resampled(target, made.drop("bars"), tuple(partial), tuple(left_out))


def _require_aligned(frame: pl.DataFrame, source: str) -> None:
    off = (bucket_start(pl.col("timestamp"), source) != pl.col("timestamp")).alias("off")
    row = first_row(frame.select(off).to_series())
    if row is not None:
        time = frame["timestamp"][row]
        raise DataError(f"column timestamp, row {row}: {time}; expected a time on the UTC grid of {source}")
