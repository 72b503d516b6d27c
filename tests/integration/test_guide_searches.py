"""The searches of the developer guide, as they stand there."""

from __future__ import annotations

import pytest

from made.results import made_candles
from made.searches import follow
from spark_stacker.backtesting import BacktestEngine
from spark_stacker.backtesting.data_manager import CSVDataSource, DataManager


@pytest.fixture
def engine(tmp_path):
    csv_source = CSVDataSource(data_directory=tmp_path)
    csv_source.save(made_candles(24 * 340), "ETH-USD", "1h")
    data_manager = DataManager()
    data_manager.register_source("csv", csv_source)
    return BacktestEngine(data_manager=data_manager, initial_balance={"USD": 10000.0})


def test_walk_forward_analysis(engine):
    strategy_function = follow
    results = engine.walk_forward_analysis(
        strategy_func=strategy_function,
        symbol="ETH-USD",
        interval="1h",
        start_date="2024-01-01",
        end_date="2024-12-01",
        data_source_name="csv",
        param_grid={
            "fast_period": [5, 10, 15],
            "slow_period": [20, 30, 40],
            "position_size": [0.1, 0.2, 0.3],
        },
        train_size=6,  # months
        test_size=2,  # months
        metric_to_optimize="sharpe_ratio",
    )
    assert [window.sets for window in results.windows] == [27, 27, 27]
    assert len(results.equity_curve) == 24 * (62 + 61 + 30)


def test_genetic_optimize(engine):
    strategy_function = follow
    best_params, best_result = engine.genetic_optimize(
        strategy_func=strategy_function,
        symbol="ETH-USD",
        interval="1h",
        start_date="2024-01-01",
        end_date="2024-06-01",
        data_source_name="csv",
        param_space={
            "fast_period": [5, 10, 15, 20],
            "slow_period": [25, 30, 35, 40],
            "position_size": (0.1, 0.5, 0.1),  # (min, max, step)
        },
        population_size=20,
        generations=10,
        metric_to_optimize="sharpe_ratio",
    )
    assert best_params["position_size"] in (0.1, 0.2, 0.3, 0.4, 0.5)
    assert best_result.configuration["strategy_params"] == best_params
    assert best_result.metrics["total_trades"] > 0
