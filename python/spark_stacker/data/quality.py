"""The quality check: what is wrong, odd or missing in candles, in words and numbers. It changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from spark_stacker.data.gaps import Gap, find_gaps, infer_interval
from spark_stacker.data.rules import FUNDING_RULES, RULES, Rule, offences
from spark_stacker.data.times import bucket_start, interval_us
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

__all__ = ["SANE_RATE", "Finding", "QualityReport", "check_quality"]

_ROWS_SHOWN: Final = 5
SANE_RATE: Final = 0.04
"""The highest cap on a funding payment at the venues known here: Hyperliquid's, 4 % an hour."""
# Of normal values, one standard deviation is 1.4826 median and 1.2533 mean absolute deviations.
_MAD_TO_SIGMA: Final = 1.4826
_MEAN_TO_SIGMA: Final = 1.2533


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of offence or oddity: how many rows show it, and which come first."""

    rule: str
    column: str
    is_error: bool
    count: int
    first_rows: tuple[int, ...]
    words: str

    def to_dict(self) -> dict[str, Any]:
        """The finding for JSON."""
        return {
            "rule": self.rule,
            "column": self.column,
            "level": "error" if self.is_error else "note",
            "count": self.count,
            "first_rows": list(self.first_rows),
            "words": self.words,
        }


@dataclass(frozen=True, slots=True)
class QualityReport:
    """What the check found; ``ok`` says that no rule is broken. Gaps and oddities are told, not judged."""

    where: str
    interval: str
    rows: int
    start: datetime
    end: datetime
    gaps: tuple[Gap, ...]
    findings: tuple[Finding, ...]
    rows_are: str = "bars"
    """``bars``, or ``rates`` in a report on funding."""

    @property
    def ok(self) -> bool:
        """Whether the rows can be backtested as they are."""
        return not any(finding.is_error for finding in self.findings)

    @property
    def missing_bars(self) -> int:
        """Bars missing in all gaps."""
        return sum(gap.missing for gap in self.gaps)

    @property
    def completeness(self) -> float:
        """Bars there over bars that the span from first to last should have, a fraction."""
        return self.rows / (self.rows + self.missing_bars)

    def count(self, rule: str) -> int:
        """Rows that show ``rule``, over all columns."""
        return sum(finding.count for finding in self.findings if finding.rule == rule)

    def to_dict(self) -> dict[str, Any]:
        """The report for JSON, all gaps included."""
        return {
            "where": self.where,
            "interval": self.interval,
            "rows": self.rows,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "ok": self.ok,
            "missing_bars": self.missing_bars,
            "completeness": self.completeness,
            "gaps": [gap.to_dict() for gap in self.gaps],
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def __str__(self) -> str:
        lines = [
            f"{self.where}: {self.rows:,} rows of {self.interval}, {self.start:%Y-%m-%d %H:%M} to "
            f"{self.end:%Y-%m-%d %H:%M} UTC"
        ]
        if self.gaps:
            longest = max(self.gaps, key=lambda gap: gap.missing)
            lines.append(
                f"gaps: {len(self.gaps)}, {self.missing_bars:,} {self.rows_are} missing "
                f"({self.completeness:.2%} there); the longest: {longest}"
            )
        else:
            lines.append("gaps: none")
        lines += [f"{'error' if finding.is_error else 'note'}: {finding.words}" for finding in self.findings]
        lines.append("fit to be used as it is" if self.ok else "not fit to be used as it is")
        return "\n".join(lines)


def check_quality(
    frame: pl.DataFrame,
    interval: str | None = None,
    *,
    where: str = "data",
    outlier_mads: float = 20.0,
    is_mark: bool = False,
) -> QualityReport:
    """Checks candles, or funding rates, in the schema; ``interval`` None is the commonest step.

    Mark candles (``is_mark``) have no volume to speak of.

    Errors are what `require_clean` refuses: nulls, numbers that are not finite, prices of 0 or less, high or
    low that do not enclose the bar, double and unordered times, bars nearer than the interval. Notes are bars
    without volume, times off the interval's grid, and outliers: returns and ranges (high over low) whose
    logarithm lies more than ``outlier_mads`` scaled median absolute deviations from the median. Of funding,
    notes are rates beyond `SANE_RATE` and payments nearer than the interval. Gaps are counted between sorted,
    single times.
    """
    times = frame["timestamp"].drop_nulls().unique().sort()
    if times.is_empty():
        raise DataError(f"{where}: no rows to check")
    interval = interval or infer_interval(times, where=where)
    nominal = interval_us(interval)
    is_funding = "rate" in frame.columns
    rules = FUNDING_RULES if is_funding else RULES
    findings = [
        _finding(rule.name, rule.column, rows, f"expected {rule.expected}", is_error=True)
        for rule, rows in _gathered(frame, rules)
    ]
    if is_funding:
        findings += _funding_notes(frame, nominal, interval)
    else:
        findings += _time_notes(frame, nominal, interval)
        if not is_mark:
            zero = (frame["volume"] == 0).arg_true()
            findings.append(_finding("zero_volume", "volume", zero, "no trades", is_error=False))
        findings += _outliers(frame, nominal, outlier_mads)
    gaps = tuple(find_gaps(times, interval))
    found = tuple(finding for finding in findings if finding.count)
    noun = "rates" if is_funding else "bars"
    return QualityReport(where, interval, len(frame), times[0], times[-1], gaps, found, noun)


def _gathered(frame: pl.DataFrame, rules: tuple[Rule, ...]) -> list[tuple[Rule, pl.Series]]:
    """Offences, with double times counted wherever in the data the two rows stand."""
    twice = (frame["timestamp"].is_not_null() & ~frame["timestamp"].is_first_distinct()).arg_true()
    broken = [(rule, rows) for rule, rows in offences(frame, rules) if rule.name != "duplicate_time"]
    return broken + [(rule, twice) for rule in rules if rule.name == "duplicate_time" and len(twice)]


def _funding_notes(frame: pl.DataFrame, nominal: int, interval: str) -> list[Finding]:
    beyond = (frame["rate"].is_finite() & (frame["rate"].abs() > SANE_RATE)).arg_true()
    steps = frame["timestamp"].diff().dt.total_microseconds()
    # Venues stamp payments some milliseconds late, so that a step may fall short by those.
    near = ((steps > 0) & (steps < 0.5 * nominal)).arg_true()
    words = f"beyond {SANE_RATE:g} a payment; a rate is a fraction, not percent"
    return [
        _finding("rate_beyond_bound", "rate", beyond, words, is_error=False),
        _finding(
            "off_schedule", "timestamp", near, f"nearer than {interval} to the one before", is_error=False
        ),
    ]


def _time_notes(frame: pl.DataFrame, nominal: int, interval: str) -> list[Finding]:
    steps = frame["timestamp"].diff().dt.total_microseconds()
    near = ((steps > 0) & (steps < nominal)).arg_true()
    is_off = bucket_start(pl.col("timestamp"), interval) != pl.col("timestamp")
    off = frame.select(is_off).to_series().arg_true()
    return [
        _finding("overlap", "timestamp", near, f"expected {interval} from bar to bar", is_error=True),
        _finding("off_grid", "timestamp", off, f"not on the UTC grid of {interval}", is_error=False),
    ]


def _outliers(frame: pl.DataFrame, nominal: int, mads: float) -> list[Finding]:
    close = frame["close"]
    neighbours = frame["timestamp"].diff().dt.total_microseconds() == nominal
    valid = (close > 0) & (close.shift() > 0) & neighbours
    returns = (close / close.shift()).set(~valid.fill_null(value=False), None).log()
    spread = (frame["low"] > 0) & (frame["high"] >= frame["low"])
    ranges = (frame["high"] / frame["low"]).set(~spread.fill_null(value=False), None).log()
    words = f"more than {mads:g} deviations from the median"
    return [
        _finding("return_outlier", "close", _far(returns, mads), f"return {words}", is_error=False),
        _finding("range_outlier", "high", _far(ranges, mads), f"range {words}", is_error=False),
    ]


def _far(values: pl.Series, mads: float) -> pl.Series:
    """Rows far from the median; where most values are equal, the mean deviation stands in for the MAD."""
    values = values.set(~values.is_finite().fill_null(value=False), None)
    away = (values - values.median()).abs().rename("away")
    median, mean = away.to_frame().select(m=pl.col("away").median(), a=pl.col("away").mean()).row(0)
    scale = _MAD_TO_SIGMA * (median or 0.0) or _MEAN_TO_SIGMA * (mean or 0.0)
    return ((away > mads * scale) & (scale > 0)).fill_null(value=False).arg_true()


def _finding(rule: str, column: str, rows: pl.Series, words: str, *, is_error: bool) -> Finding:
    shown = tuple(rows.head(_ROWS_SHOWN).to_list())
    more = ", …" if len(rows) > len(shown) else ""
    places = ", ".join(map(str, shown)) + more
    text = f"{rule.replace('_', ' ')} in {column}: {len(rows):,} rows ({places}); {words}"
    return Finding(rule, column, is_error, len(rows), shown, text)
