"""`IndicatorBacktestManager` on made candles: backtests side by side."""

from __future__ import annotations

import pytest

from made.backtests import made_engine, moving_average
from made.results import made_candles
from spark_stacker.backtesting import IndicatorBacktestManager
from spark_stacker.errors import ParameterError

BARS = 1_500


@pytest.fixture(scope="module")
def candles():
    return made_candles(BARS, seed=11)


@pytest.fixture(scope="module")
def engine(candles):
    return made_engine(candles)


@pytest.fixture(scope="module")
def manager(engine):
    manager = IndicatorBacktestManager(engine)
    manager.add_indicators([moving_average("fast", fast_period=5), moving_average("slow", slow_period=60)])
    manager.add_indicators_from_config([{"name": "rsi", "type": "rsi", "parameters": {"period": 10}}])
    manager.backtest_all_indicators("ETH-USD", "1h", start_date="2024-01-01", data_source_name="made")
    return manager


class TestManager:
    def test_each_indicator_has_its_result(self, manager):
        assert list(manager.results) == ["fast", "slow", "rsi"]
        assert manager.get_result("rsi").strategies == ("rsi",)

    def test_comparison_ranks_the_best_first(self, manager):
        frame = manager.compare_indicators(metric_name="total_return")
        assert frame.columns[:3] == ["rank", "indicator", "total_return"]
        assert frame["total_return"].is_sorted(descending=True)
        assert manager.best("total_return")[0] == frame["indicator"][0]

    def test_a_smaller_drawdown_is_better(self, manager):
        assert manager.compare_indicators("max_drawdown")["max_drawdown"].is_sorted()

    def test_unknown_names_get_a_suggestion(self, manager):
        with pytest.raises(
            ParameterError, match=r"unknown metric 'sharpe' \(did you mean 'sharpe_ratio'\?\)"
        ):
            manager.compare_indicators("sharpe")
        with pytest.raises(ParameterError, match=r"unknown indicator 'fats' \(did you mean 'fast'\?\)"):
            manager.get_result("fats")
        with pytest.raises(ParameterError, match="'fast' was given twice"):
            manager.add_indicator(moving_average("fast"))

    def test_nothing_to_compare_is_said(self, engine):
        with pytest.raises(ParameterError, match="there are no results to compare"):
            IndicatorBacktestManager(engine).compare_indicators()
        with pytest.raises(ParameterError, match="no indicators were added"):
            IndicatorBacktestManager(engine).backtest_all_indicators("ETH-USD", "1h")

    def test_undefined_values_come_last(self, engine):
        manager = IndicatorBacktestManager(engine)
        manager.add_indicators([moving_average("never", slow_period=1_400), moving_average("often")])
        manager.backtest_all_indicators("ETH-USD", "1h", end_date="2024-02-01")
        frame = manager.compare_indicators("win_rate")
        assert frame["indicator"].to_list() == ["often", "never"]
        assert frame["win_rate"][1] is None

    def test_an_indicator_can_be_taken_out(self, engine):
        manager = IndicatorBacktestManager(engine)
        manager.add_indicator(moving_average())
        manager.backtest_indicator("ma", "ETH-USD", "1h")
        manager.remove_indicator("ma")
        assert (manager.indicators, manager.results) == ({}, {})
