"""Python indicators in the loop: each sees the closed bars of its timeframe and gives its signal to the
engine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from spark_stacker._core import Aggregator
from spark_stacker.errors import DataError, SparkStackerError, StrategyError
from spark_stacker.models import Signal, SignalDirection
from spark_stacker.trading.events import SignalGiven

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl

    from spark_stacker.trading.bar_groups import BarGroup
    from spark_stacker.trading.paper import ExternalSignal, HistoryRow

__all__ = ["IndicatorRole", "PythonIndicators", "SignalIndicator"]

DIRECTIONS = {SignalDirection.BUY: 1, SignalDirection.SELL: -1, SignalDirection.NEUTRAL: 0}


class SignalIndicator(Protocol):
    """The part of ``BaseIndicator`` that the loop calls."""

    name: str

    def process(self, data: pl.DataFrame) -> tuple[pl.DataFrame, Signal | None]:
        """Return the frame with the indicator's columns and the signal at its last row."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorRole:
    """An indicator and its place in the plan."""

    indicator: SignalIndicator
    strategy: int
    strategy_name: str
    position: int
    market: int
    symbol: str
    interval_ns: int
    timeframe_ns: int


@dataclass(slots=True)
class _Worker:
    """An indicator with the bars of its timeframe."""

    role: IndicatorRole
    aggregator: Aggregator
    rows: list[HistoryRow] = field(default_factory=list)

    def push(self, row: HistoryRow) -> Iterator[Signal | None]:
        """Take a closed bar of the market; yield a signal for each bar of the timeframe that it closes."""
        for closed in self.aggregator.push(row):
            self.rows.append(closed)
            yield self._signal()

    def see(self, row: HistoryRow) -> None:
        """Take a bar of the past."""
        self.rows += self.aggregator.push(row)

    def _signal(self) -> Signal | None:
        role = self.role
        try:
            _, signal = role.indicator.process(frame_of(self.rows))
        except (DataError, StrategyError):
            raise
        except (Exception, SystemExit) as error:
            reason = str(error) if isinstance(error, SparkStackerError) else repr(error)
            raise StrategyError(
                f"indicator {role.indicator.name!r} failed on {role.symbol}: {reason}"
            ) from error
        if signal is not None and not isinstance(signal, Signal):
            raise StrategyError(
                f"indicator {role.indicator.name!r} must give a Signal or None, gave {signal!r}"
            )
        return signal


class PythonIndicators:
    """All Python indicators of a session. Their frames hold every bar since the warm-up's first, as in a
    backtest.
    """

    def __init__(self, roles: Sequence[IndicatorRole]) -> None:
        self._workers = [
            _Worker(role, Aggregator(interval_ns=role.interval_ns, timeframe_ns=role.timeframe_ns))
            for role in roles
        ]

    def see(self, market: int, rows: Sequence[HistoryRow]) -> None:
        """Take bars whose signals are not wanted: history, or bars of an earlier session."""
        for worker in self._workers:
            if worker.role.market == market:
                for row in rows:
                    worker.see(row)

    def on_group(self, group: BarGroup) -> tuple[list[ExternalSignal], list[SignalGiven]]:
        """Take a group of bars; return one entry a closed bar for the engine (0 is neutral) and the signals
        given.
        """
        entries: list[ExternalSignal] = []
        given: list[SignalGiven] = []
        for worker in self._workers:
            role = worker.role
            for bar in group.bars:
                if bar[0] != role.market:
                    continue
                for signal in worker.push((group.open_time_ns, *bar[1:])):
                    direction = DIRECTIONS[signal.direction] if signal else 0
                    confidence = signal.confidence if signal and direction else 0.0
                    entries.append((role.strategy, role.position, direction, confidence))
                    if signal and direction:
                        given.append(
                            SignalGiven(
                                strategy=role.strategy_name,
                                market=role.symbol,
                                indicator=role.indicator.name,
                                direction=signal.direction.value,
                                confidence=signal.confidence,
                            )
                        )
        return entries, given


def frame_of(rows: Sequence[HistoryRow]) -> pl.DataFrame:
    """Return bars as the frame that indicators see: ``timestamp`` (open time, UTC), open, high, low, close,
    volume.
    """
    import polars as pl

    columns = ("timestamp", "open", "high", "low", "close", "volume")
    frame = pl.DataFrame(
        rows, schema=dict.fromkeys(columns, pl.Float64) | {"timestamp": pl.Int64}, orient="row"
    )
    return frame.with_columns(
        pl.from_epoch("timestamp", time_unit="ns").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    )
