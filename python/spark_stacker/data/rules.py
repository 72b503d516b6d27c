"""What makes a bar a bar: the rules that `require_clean` enforces and the quality check counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "COLUMNS",
    "FUNDING_COLUMNS",
    "FUNDING_RULES",
    "PRICES",
    "RULES",
    "Rule",
    "first_row",
    "offences",
    "require_clean",
]

PRICES: Final = ("open", "high", "low", "close")
COLUMNS: Final = ("timestamp", *PRICES, "volume")
FUNDING_COLUMNS: Final = ("timestamp", "rate")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of candles: ``offends`` is true in the rows that break it; errors point to ``column``."""

    name: str
    column: str
    offends: pl.Expr
    expected: str


def _rules() -> Iterator[Rule]:
    for column in COLUMNS:
        yield Rule("null", column, pl.col(column).is_null(), "a value")
    for column in (*PRICES, "volume"):
        yield Rule("not_finite", column, ~pl.col(column).is_finite(), "a finite number")
    for column in PRICES:
        finite = pl.col(column).is_finite()
        yield Rule("not_positive", column, finite & (pl.col(column) <= 0), "a price above 0")
    yield Rule("negative_volume", "volume", pl.col("volume") < 0, "a volume of 0 or more")
    numbers = pl.all_horizontal(pl.col(column).is_finite() for column in PRICES)
    highest, lowest = (pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close"))
    yield Rule("high_too_low", "high", numbers & (pl.col("high") < highest), "at least open and close")
    yield Rule("low_too_high", "low", numbers & (pl.col("low") > lowest), "at most open and close")
    yield from _time_rules()


def _time_rules() -> Iterator[Rule]:
    before = pl.col("timestamp").shift()
    yield Rule("duplicate_time", "timestamp", pl.col("timestamp") == before, "each time once")
    yield Rule("out_of_order", "timestamp", pl.col("timestamp") < before, "times in rising order")


RULES: Final = tuple(_rules())
FUNDING_RULES: Final = (
    Rule("null", "timestamp", pl.col("timestamp").is_null(), "a value"),
    Rule("null", "rate", pl.col("rate").is_null(), "a value"),
    Rule("not_finite", "rate", ~pl.col("rate").is_finite(), "a finite number"),
    *_time_rules(),
)


def first_row(mask: pl.Series) -> int | None:
    """The number of the first row in which ``mask`` is true (nulls are not)."""
    rows = mask.arg_true()
    return int(rows[0]) if len(rows) else None


def offences(frame: pl.DataFrame, rules: tuple[Rule, ...] = RULES) -> list[tuple[Rule, pl.Series]]:
    """The rules that ``frame`` breaks, each with the numbers of the rows that break it (from 0)."""
    masks = frame.select(rule.offends.fill_null(value=False).alias(str(i)) for i, rule in enumerate(rules))
    return [(rule, masks[str(i)].arg_true()) for i, rule in enumerate(rules) if masks[str(i)].any()]


def require_clean(frame: pl.DataFrame, *, where: str = "data") -> None:
    """Raises `DataError` for the first row that breaks a rule, naming ``where``, column, row, value and rule.

    ``frame`` holds candles, or funding if it has a column ``rate``. Gaps are no offence: quality reports tell
    of them.
    """
    broken = offences(frame, FUNDING_RULES if "rate" in frame.columns else RULES)
    if broken:
        rule, rows = min(broken, key=lambda offence: int(offence[1][0]))
        row = int(rows[0])
        value = frame[rule.column][row]
        more = sum(len(rows) for _, rows in broken) - 1
        others = f" (and {more} more offence{'s' if more > 1 else ''} in the data)" if more else ""
        raise DataError(
            f"{where}: column {rule.column}, row {row}: {value}; expected {rule.expected}{others}"
        )
