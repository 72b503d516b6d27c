"""What every indicator is: columns added to a frame, and a signal read from its last row.

An indicator of your own needs two methods. It then works wherever a built-in one does: in a frame, in a
configuration (after `IndicatorFactory.register_indicator`), in a backtest and in the live loop.

>>> import polars as pl
>>> from spark_stacker.models import Signal, SignalDirection
>>> class Breakout(BaseIndicator):
...     def calculate(self, data):
...         highest = pl.col("high").shift(1).rolling_max(self.params.get("period", 3))
...         return data.with_columns(highest=highest)
...     def generate_signal(self, data):
...         if not data["close"][-1] > (data["highest"][-1] or float("inf")):
...             return None
...         return self.signal(data, SignalDirection.BUY, confidence=0.6, params={"trigger": "breakout"})
>>> frame = pl.DataFrame({"high": [2.0, 3.0, 3.0, 5.0], "close": [1.0, 2.0, 2.0, 4.0]})
>>> processed, signal = Breakout("breakout").process(frame)
>>> signal.direction.value, signal.confidence
('BUY', 0.6)
"""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from spark_stacker.errors import StrategyError
from spark_stacker.indicators.causality import calculated, guarded, refuse_looking_ahead
from spark_stacker.indicators.frames import as_polars, close_time
from spark_stacker.models import Signal, SignalDirection

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

__all__ = ["DIRECTION_CODES", "UNKNOWN_SYMBOL", "BaseIndicator", "bar_signals"]

DIRECTION_CODES = {SignalDirection.BUY: 1, SignalDirection.SELL: -1, SignalDirection.NEUTRAL: 0}
"""How directions stand in columns."""

UNKNOWN_SYMBOL = "UNKNOWN"
"""The symbol of a signal whose market was never named."""


class BaseIndicator(abc.ABC):
    """Base of all indicators.

    ``name`` is what the user calls it, ``params`` its parameters. ``symbol`` is the market that signals name
    when the frame has no column ``symbol``; ``interval`` the length of a bar when a frame has too few rows to
    tell.
    """

    symbol: str | None = None
    interval: timedelta | None = None

    def __init__(self, name: str, params: Mapping[str, Any] | None = None) -> None:
        self.name = name
        self.params: dict[str, Any] = dict(params or {})

    @abc.abstractmethod
    def calculate(self, data: pl.DataFrame) -> pl.DataFrame:
        """Return ``data`` with columns added; the value of a row may use that row and earlier ones only."""

    @abc.abstractmethod
    def generate_signal(self, data: pl.DataFrame) -> Signal | None:
        """Return the signal of the last row of a calculated frame, or `None`."""

    def process(self, data: pl.DataFrame) -> tuple[pl.DataFrame, Signal | None]:
        """Return the calculated frame and the signal of its last row."""
        processed = self.calculate(as_polars(data))
        return processed, self.generate_signal(processed)

    def signals(self, data: pl.DataFrame) -> pl.DataFrame:
        """Return one row a bar: ``direction`` (Int8: 1 buy, -1 sell, 0 none), ``confidence`` (0 where none).

        This one calculates once and asks `generate_signal` at every bar, handing it the rows up to there.
        Override it where the whole answer can be had at once. Raises `StrategyError` when the indicator
        fails, returns something else than a signal, or looks ahead: when its columns at a row change as
        later rows are added.
        """
        frame = as_polars(data)
        processed = calculated(self, frame)
        refuse_looking_ahead(self, frame, processed, calculated)
        return bar_signals(self, processed, len(frame))

    def signal(
        self,
        data: pl.DataFrame,
        direction: SignalDirection,
        *,
        confidence: float,
        params: Mapping[str, object] | None = None,
    ) -> Signal:
        """Return a signal at the last row, with its symbol, and the close of its bar in UTC as the time."""
        symbol = data["symbol"][-1] if "symbol" in data.columns else self.symbol
        return Signal(
            direction=direction,
            symbol=symbol or UNKNOWN_SYMBOL,
            indicator=self.name,
            confidence=confidence,
            timestamp=close_time(data, self.interval),
            params=dict(params or {}),
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.params!r})"


def bar_signals(indicator: BaseIndicator, processed: pl.DataFrame, rows: int) -> pl.DataFrame:
    """What ``generate_signal`` says at each of the first ``rows`` of a calculated frame, as in `signals`.

    Each time it is handed the rows up to there. Raises `StrategyError` when it fails or gives something else
    than a signal.
    """
    direction = np.zeros(rows, dtype=np.int8)
    confidence = np.zeros(rows)
    for row in range(rows):
        signal = guarded(indicator, "generate_signal", processed.head(row + 1))
        if signal is None:
            continue
        if not isinstance(signal, Signal):
            raise StrategyError(
                f"indicator {indicator.name!r}, row {row}: must give a Signal or None, gave {signal!r}"
            )
        direction[row] = DIRECTION_CODES[signal.direction]
        confidence[row] = signal.confidence if direction[row] else 0.0
    return pl.DataFrame({"direction": direction, "confidence": confidence})
