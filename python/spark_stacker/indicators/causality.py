"""What users wrote, called with care: its failures named, its frames checked, no look into the future."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import polars as pl

from spark_stacker.errors import DataError, SparkStackerError, StrategyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from spark_stacker.indicators.base_indicator import BaseIndicator

__all__ = ["calculated", "guarded", "refuse_looking_ahead", "signalled"]

_SHARES = (0.31, 0.62, 0.83, 0.97)
"""Of the rows: how long the prefixes are that are calculated again."""


def guarded(indicator: BaseIndicator, method: str, frame: pl.DataFrame) -> Any:
    """Call a method of an indicator; its failure is a `StrategyError` naming the indicator and the row."""
    try:
        return getattr(indicator, method)(frame)
    except (DataError, StrategyError):
        raise
    except (Exception, SystemExit) as error:
        reason = str(error) if isinstance(error, SparkStackerError) else repr(error)
        raise StrategyError(
            f"indicator {indicator.name!r} failed in {method}, row {len(frame) - 1}: {reason}"
        ) from error


def calculated(indicator: BaseIndicator, frame: pl.DataFrame) -> pl.DataFrame:
    """Return what ``calculate`` makes of a frame; `StrategyError` unless that is a frame of as many rows."""
    return _of_all_rows(indicator, "calculate", frame)


def refuse_looking_ahead(
    indicator: BaseIndicator,
    frame: pl.DataFrame,
    made: pl.DataFrame,
    make: Callable[[BaseIndicator, pl.DataFrame], pl.DataFrame],
) -> None:
    """Raise `StrategyError` when a column of ``made``, which ``make`` made of ``frame``, knew later rows.

    A few prefixes are made again: the last row of each must be what it was with the later rows known.
    """
    for share in _SHARES:
        end = int(share * len(frame))
        if end == 0:
            continue
        part = make(indicator, frame.head(end))
        for column in made.columns:
            if column not in part.columns:
                raise StrategyError(
                    f"indicator {indicator.name!r}: no column {column} of {end} rows, but of {len(frame)}"
                )
            then, now = part[column][-1], made[column][end - 1]
            if not _same(then, now):
                raise StrategyError(
                    f"indicator {indicator.name!r} looks ahead: column {column}, row {end - 1} is {then} "
                    f"when it is the last row and {now} once later rows are known"
                )


def signalled(indicator: BaseIndicator, frame: pl.DataFrame) -> pl.DataFrame:
    """Return what ``signals`` makes of a frame; `StrategyError` unless that is a frame of as many rows."""
    return _of_all_rows(indicator, "signals", frame)


def _of_all_rows(indicator: BaseIndicator, method: str, frame: pl.DataFrame) -> pl.DataFrame:
    made = guarded(indicator, method, frame)
    if not isinstance(made, pl.DataFrame):
        raise StrategyError(
            f"indicator {indicator.name!r}: {method} must return a Polars frame, gave {type(made).__name__}"
        )
    if len(made) != len(frame):
        raise StrategyError(
            f"indicator {indicator.name!r}: {method} must keep all {len(frame)} rows, gave {len(made)}"
        )
    return made


def _same(then: object, now: object) -> bool:
    if isinstance(then, float) and isinstance(now, float):
        return math.isclose(then, now, rel_tol=1e-9, abs_tol=1e-12) or (math.isnan(then) and math.isnan(now))
    if isinstance(then, pl.Series) and isinstance(now, pl.Series):
        return then.equals(now)
    return bool(then == now)
