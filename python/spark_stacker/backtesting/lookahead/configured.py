"""Configured strategies under the check: indicators on their timeframes, and the orders they lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from spark_stacker import _core
from spark_stacker.backtesting.configured import prepare_settings
from spark_stacker.backtesting.histories import Span
from spark_stacker.backtesting.lookahead.futures import Future
from spark_stacker.backtesting.lookahead.observation import Observation, Track
from spark_stacker.backtesting.lookahead.observers import closes_ns, observe_indicator, order_tracks
from spark_stacker.backtesting.python_signals import timeframe_candles
from spark_stacker.config import indicators_of, symbol_of
from spark_stacker.errors import DataError, StrategyError
from spark_stacker.indicators.builtin import BUILTIN
from spark_stacker.indicators.indicator_factory import IndicatorFactory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from spark_stacker.backtesting.lookahead.futures import Cut
    from spark_stacker.backtesting.lookahead.substitution import Substitution
    from spark_stacker.config import Settings, StrategySettings

__all__ = ["indicator_classes", "observer_of_settings"]

_SOURCE = "candles"
_TRADED = (Future.RECORDED, Future.NONE, Future.MIRRORED)
"""What follows the cuts at which the strategies are traded too; the indicators are checked at all."""


def indicator_classes(settings: Settings, strategies: Sequence[StrategySettings]) -> list[type]:
    """Classes of the indicators in use, for what they hold."""
    return [
        type(IndicatorFactory.create_indicator(use.name, use.type, use.parameters))
        for strategy in strategies
        for use in indicators_of(settings, strategy)
    ]


def observer_of_settings(
    settings: Settings,
    strategies: Sequence[StrategySettings],
    candles: Mapping[str, pl.DataFrame],
    intervals: Mapping[str, str],
) -> Callable[[Any, Substitution, Cut], Observation]:
    """How to run the strategies; all markets are cut at one time."""

    def observe(_subject: Any, _substitution: Substitution, cut: Cut) -> Observation:
        frames = {
            symbol: cut.frame(
                frame, int((closes_ns(frame, _core.interval_ns(intervals[symbol])) <= cut.close_ns).sum())
            )
            for symbol, frame in candles.items()
        }
        tracks: dict[str, Track] = {}
        for strategy in strategies:
            symbol = str(symbol_of(settings, strategy))
            for use in indicators_of(settings, strategy):
                prefix = f"{strategy.name}.{use.name}."
                try:
                    frame = timeframe_candles(frames[symbol], intervals[symbol], use.timeframe)
                except DataError:
                    continue  # too few candles for one of the higher timeframe
                indicator = IndicatorFactory.create_indicator(use.name, use.type, use.parameters)
                step_ns = _core.interval_ns(use.timeframe)
                if len(frame):
                    tracks |= observe_indicator(indicator, frame, step_ns, cut, prefix=prefix)
        if cut.future not in _TRADED:
            return Observation(tracks)
        try:
            return Observation(tracks | _traded(settings, strategies, frames, intervals))
        except StrategyError as error:
            return Observation(tracks, failure=str(error))

    return observe


def _traded(
    settings: Settings,
    strategies: Sequence[StrategySettings],
    frames: Mapping[str, pl.DataFrame],
    intervals: Mapping[str, str],
) -> dict[str, Track]:
    from spark_stacker.data import DataManager, FrameDataSource

    manager = DataManager()
    manager.register_source(
        _SOURCE, FrameDataSource({(symbol, intervals[symbol]): frame for symbol, frame in frames.items()})
    )
    prepared = prepare_settings(
        settings,
        manager,
        source=_SOURCE,
        span=Span(),
        strategies=[strategy.name for strategy in strategies],
        intervals=intervals,
    )
    record = prepared.record()
    step_ns = _core.interval_ns(next(iter(intervals.values())))
    is_exact = all(
        use.type in BUILTIN for strategy in strategies for use in indicators_of(settings, strategy)
    )
    return order_tracks(record.orders()) | {
        "equity": Track("equity", record.open_time_ns + step_ns, pl.Series("equity", record.equity), is_exact)
    }
