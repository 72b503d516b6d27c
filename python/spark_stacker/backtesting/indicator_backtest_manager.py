"""`IndicatorBacktestManager`: many indicators over the same candles, side by side."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import polars as pl

from spark_stacker.backtesting.metrics import Better, metric
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from spark_stacker.backtesting.backtest_engine import BacktestEngine
    from spark_stacker.backtesting.result import BacktestResult
    from spark_stacker.indicators.base_indicator import BaseIndicator

__all__ = ["IndicatorBacktestManager", "compare_results"]

_BESIDE = ("total_return", "sharpe_ratio", "max_drawdown", "win_rate", "profit_factor", "total_trades")


class IndicatorBacktestManager:
    """Backtests each of its indicators alone, by the engine's terms.

    ``results`` holds the latest result of each indicator by name.
    """

    def __init__(self, backtest_engine: BacktestEngine) -> None:
        self.backtest_engine = backtest_engine
        self.indicators: dict[str, BaseIndicator] = {}
        self.results: dict[str, BacktestResult] = {}

    def add_indicator(self, indicator: BaseIndicator) -> None:
        """Takes an indicator in; its name must not be taken."""
        if indicator.name in self.indicators:
            raise ParameterError(
                f"indicators must have names of their own, {indicator.name!r} was given twice"
            )
        self.indicators[indicator.name] = indicator

    def add_indicators(self, indicators: Iterable[BaseIndicator]) -> None:
        """Takes several indicators in."""
        for indicator in indicators:
            self.add_indicator(indicator)

    def add_indicators_from_config(self, configs: Iterable[Mapping[str, object]]) -> None:
        """Takes in the enabled indicators of a configuration's list."""
        from spark_stacker.indicators.indicator_factory import IndicatorFactory

        self.add_indicators(IndicatorFactory.create_indicators_from_config(configs).values())

    def remove_indicator(self, name: str) -> None:
        """Takes an indicator and its result out."""
        self._known(name, self.indicators)
        del self.indicators[name]
        self.results.pop(name, None)

    def backtest_indicator(self, name: str, symbol: str, interval: str, **options: object) -> BacktestResult:
        """Backtests one indicator; ``options`` are those of `BacktestEngine.run_backtest`."""
        self._known(name, self.indicators)
        self.results[name] = self.backtest_engine.run_backtest(
            symbol=symbol,
            interval=interval,
            indicators=[self.indicators[name]],
            **options,  # type: ignore[arg-type]
        )
        return self.results[name]

    def backtest_all_indicators(
        self,
        symbol: str,
        interval: str,
        *,
        on_done: Callable[[str], object] | None = None,
        **options: object,
    ) -> dict[str, BacktestResult]:
        """Backtests every indicator; ``on_done`` is told the name of each when it is done."""
        if not self.indicators:
            raise ParameterError("no indicators were added")
        for name in self.indicators:
            self.backtest_indicator(name, symbol, interval, **options)
            if on_done is not None:
                on_done(name)
        return {name: self.results[name] for name in self.indicators}

    def compare_indicators(self, metric_name: str = "sharpe_ratio") -> pl.DataFrame:
        """Rank, indicator, the metric and the main ones beside it, best first; undefined values come last."""
        return compare_results(self.results, metric_name).rename({"name": "indicator"})

    def get_result(self, name: str) -> BacktestResult:
        """The latest result of an indicator."""
        self._known(name, self.results)
        return self.results[name]

    def best(self, metric_name: str = "sharpe_ratio") -> tuple[str, BacktestResult]:
        """Name and result of the indicator that is best by the metric."""
        name = str(self.compare_indicators(metric_name)["indicator"][0])
        return name, self.results[name]

    def _known(self, name: str, among: Mapping[str, object]) -> None:
        if name not in among:
            close = difflib.get_close_matches(name, among, n=1)
            hint = f" (did you mean {close[0]!r}?)" if close else ""
            raise ParameterError(f"unknown indicator {name!r}{hint}; known: {', '.join(among) or 'none'}")


def compare_results(results: Mapping[str, BacktestResult], metric_name: str) -> pl.DataFrame:
    """Results by name, ranked by a metric: the better the higher up, undefined last.

    Columns are ``rank``, ``name``, the metric, and the main metrics beside it.
    """
    better = metric(metric_name).better
    if not results:
        raise ParameterError("there are no results to compare")
    columns = [metric_name, *(name for name in _BESIDE if name != metric_name)]
    rows = [
        {"name": name, **{column: result.metrics[column] for column in columns}}
        for name, result in results.items()
    ]
    frame = pl.DataFrame(
        rows,
        schema={
            "name": pl.String,
            **{column: pl.Int64 if column == "total_trades" else pl.Float64 for column in columns},
        },
    )
    ranked = frame.sort(
        metric_name, descending=better is not Better.LOWER, nulls_last=True, maintain_order=True
    )
    return ranked.with_row_index("rank", offset=1)
