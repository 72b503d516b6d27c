"""The built-in indicators: faces of the core, which holds their formulas, parameters and rules of signals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl

from spark_stacker import _core
from spark_stacker.indicators.base_indicator import BaseIndicator
from spark_stacker.indicators.frames import as_polars, require_columns, to_bars
from spark_stacker.models import SignalDirection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spark_stacker.models import Signal

__all__ = [
    "BUILTIN",
    "AdaptiveSuperTrendIndicator",
    "AdaptiveTrendFinderIndicator",
    "BollingerBandsIndicator",
    "BollingerIndicator",
    "BuiltinIndicator",
    "MACDIndicator",
    "MovingAverageIndicator",
    "RSIIndicator",
    "UltimateMAIndicator",
]

_CATALOG: dict[str, dict[str, Any]] = {str(entry["type"]): entry for entry in _core.indicator_catalog()}
_PRICES = ("open", "high", "low", "close")


class BuiltinIndicator(BaseIndicator):
    """An indicator that the core computes.

    ``kind`` is its type; ``parameters`` holds every parameter, aliases and defaults resolved (``params``
    those given). Values are null in warm-up, flags are true on bars with the signal they name. Where the
    frame already has one of these columns, of another indicator of the type, its own are prefixed by its
    name. Raises `ParameterError` for an unknown or wrong parameter and `DataError` for a column that is
    missing or holds what it must not.
    """

    kind: ClassVar[str]
    _signal_reads_close: ClassVar[bool] = True

    def __init__(self, name: str, params: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, params)
        self._core = _core.Indicator(self.kind, self.params)
        self.parameters: dict[str, int | float | bool | str] = self._core.parameters
        self._values: list[str] = _CATALOG[self.kind]["columns"]
        self._flags: list[str] = _CATALOG[self.kind]["flags"]

    @property
    def warm_up(self) -> int:
        """Bars before the first one with all values."""
        return self._core.warm_up

    def calculate(self, data: pl.DataFrame) -> pl.DataFrame:
        """Return ``data`` as a Polars frame with the columns of the indicator added."""
        frame = as_polars(data)
        columns = self._core.compute(to_bars(frame, self._reads()))
        is_taken = any(name in frame.columns for name in columns)
        prefix = f"{self.name}_" if is_taken else ""
        return frame.with_columns(
            pl.Series(prefix + name, values > 0)
            if name in self._flags
            else pl.Series(prefix + name, values).fill_nan(None)
            for name, values in columns.items()
        )

    def generate_signal(self, data: pl.DataFrame) -> Signal | None:
        """Return the signal of the last row, read from its columns; calculates them if missing."""
        frame = as_polars(data)
        if not any(self._prefix_of(frame, name) is not None for name in self._values):
            frame = self.calculate(frame)
        if frame.is_empty():
            return None
        tail = self._tail(frame)
        said = self._core.last_signal(
            tail["close"].to_numpy(), [tail[name].to_numpy() for name in self._values]
        )
        if said is None:
            return None
        direction, confidence, trigger = said
        last = tail.select(pl.col(self._values).fill_nan(None)).tail(1)
        return self.signal(
            frame,
            SignalDirection.BUY if direction > 0 else SignalDirection.SELL,
            confidence=confidence,
            params={**last.row(0, named=True), "trigger": trigger},
        )

    def signals(self, data: pl.DataFrame) -> pl.DataFrame:
        """Return one row a bar: ``direction`` (Int8: 1 buy, -1 sell, 0 none) and ``confidence``."""
        frame = as_polars(data)
        rows, directions, confidences = self._core.signals(to_bars(frame, self._reads()))
        direction = np.zeros(len(frame), dtype=np.int8)
        confidence = np.zeros(len(frame))
        direction[rows] = directions
        confidence[rows] = confidences
        return pl.DataFrame({"direction": direction, "confidence": confidence})

    def _reads(self) -> tuple[str, ...]:
        """Columns of the candles that the values depend on."""
        return ("close",)

    def _memory(self) -> int:
        """Rows before the last one that its signal depends on."""
        return 1

    def _tail(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows that the last signal depends on: close and values by their plain names, NaN for null."""
        tail = frame.tail(self._memory() + 1)
        if self._signal_reads_close:
            require_columns(tail, ("close",))
        names = {"close": "close"} | {
            name: (self._prefix_of(tail, name) or "") + name for name in self._values
        }
        nan = pl.lit(float("nan"))
        return tail.select(
            (pl.col(column).cast(pl.Float64).fill_null(nan) if column in tail.columns else nan).alias(name)
            for name, column in names.items()
        )

    def _prefix_of(self, frame: pl.DataFrame, name: str) -> str | None:
        """What stands before its column in this frame, prefixed ones first; `None` without the column."""
        own = f"{self.name}_"
        if own + name in frame.columns:
            return own
        return "" if name in frame.columns else None


class RSIIndicator(BuiltinIndicator):
    """Wilder's relative strength index; adds ``rsi`` and the flags ``rsi_oversold``, ``rsi_overbought``."""

    kind = "rsi"
    _signal_reads_close = False

    def _memory(self) -> int:
        return int(self.parameters["signal_period"])


class MACDIndicator(BuiltinIndicator):
    """Moving average convergence divergence.

    Adds ``macd``, ``macd_signal``, ``macd_histogram`` and the flags ``macd_crosses_above``,
    ``macd_crosses_below``.
    """

    kind = "macd"


class BollingerBandsIndicator(BuiltinIndicator):
    """Bollinger bands.

    Adds ``bb_middle``, ``bb_upper``, ``bb_lower``, ``bb_width``, ``bb_percent_b`` and the flags
    ``bb_crosses_below_lower``, ``bb_crosses_above_upper``, ``bb_turns_up``, ``bb_turns_down``.
    """

    kind = "bollinger"


class MovingAverageIndicator(BuiltinIndicator):
    """A fast and a slow moving average.

    Adds ``fast_ma``, ``slow_ma``, ``ma_ratio`` and the flags ``ma_crosses_above``, ``ma_crosses_below``.
    """

    kind = "ma"
    _signal_reads_close = False

    def _tail(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Where the frame flags crossings those of the last row decide, whatever the row before it."""
        tail = super()._tail(frame)
        prefix = self._prefix_of(frame, "ma_crosses_above")
        if prefix is None:
            return tail
        last = tail.tail(1)
        crosses = frame[f"{prefix}ma_crosses_above"][-1] or frame[f"{prefix}ma_crosses_below"][-1]
        before = last.with_columns(fast_ma="slow_ma") if crosses else last
        return pl.concat([before, last])


class AdaptiveSuperTrendIndicator(BuiltinIndicator):
    """A SuperTrend of the range typical for the current volatility cluster.

    Adds ``ast_atr``, ``ast_cluster`` (0 low, 1 medium, 2 high), ``ast_supertrend``, ``ast_direction`` (1 up,
    -1 down) and the flags ``ast_flips_up``, ``ast_flips_down``.
    """

    kind = "adaptive_supertrend"
    _signal_reads_close = False

    def _reads(self) -> tuple[str, ...]:
        return ("high", "low", "close")


class AdaptiveTrendFinderIndicator(BuiltinIndicator):
    """The regression channel of log prices of the length that correlates best.

    Adds ``atf_period``, ``atf_pearson_r``, ``atf_slope`` (growth of the log price a bar), ``atf_midline``,
    ``atf_upper``, ``atf_lower`` and the flags ``atf_returns_up``, ``atf_returns_down``.
    """

    kind = "adaptive_trend_finder"

    def _reads(self) -> tuple[str, ...]:
        return _columns_of(self.parameters["source"])


class UltimateMAIndicator(BuiltinIndicator):
    """One or two moving averages of any of eight kinds.

    Adds ``uma_line1``, ``uma_line2`` (null without a second average) and the flags
    ``uma_price_crosses_above``, ``uma_price_crosses_below``, ``uma_lines_cross_above``,
    ``uma_lines_cross_below``.
    """

    kind = "ultimate_ma"

    def _reads(self) -> tuple[str, ...]:
        second = self.parameters["ma_type2"] if self.parameters["use_second_ma"] else None
        volume = ("volume",) if "vwma" in (self.parameters["ma_type"], second) else ()
        return _columns_of(self.parameters["source"]) + volume

    def _memory(self) -> int:
        return int(self.parameters["smooth_factor"])


def _columns_of(source: object) -> tuple[str, ...]:
    """The columns that a source such as ``hlc3`` needs; any but the close alone needs whole bars."""
    return ("close",) if source == "close" else _PRICES


BollingerIndicator = BollingerBandsIndicator

BUILTIN: dict[str, type[BuiltinIndicator]] = {
    indicator.kind: indicator
    for indicator in (
        RSIIndicator,
        MACDIndicator,
        BollingerBandsIndicator,
        MovingAverageIndicator,
        AdaptiveSuperTrendIndicator,
        AdaptiveTrendFinderIndicator,
        UltimateMAIndicator,
    )
}
"""Classes by type, in the order of the catalogue."""
