"""The best set of a search under other conditions: each case is a backtest that can be made by hand."""

from __future__ import annotations

import json
import pickle

import numpy as np
import polars as pl
import pytest

from made.backtests import CrossInPython, cross, made_engine, moving_average
from made.impacts import model
from made.results import made_candles
from made.searches import GRID, engine, follow, settings
from spark_stacker import _core
from spark_stacker.backtesting.search import Robustness, SearchResult, stress
from spark_stacker.backtesting.search.resampling import bootstrap, reorder_trades, trade_returns
from spark_stacker.data import SCENARIOS, synthesise
from spark_stacker.data.impact import ImpactCatalogue
from spark_stacker.errors import DataError
from spark_stacker.indicators.base_indicator import BaseIndicator

BARS = 2_000
FEW = {"cross.fast_period": [5, 10], "stop_loss_pct": [None, 3]}


@pytest.fixture(scope="module")
def grid():
    return engine(BARS).optimize_parameters(settings=settings(), param_grid=GRID, honesty=False)


@pytest.fixture(scope="module")
def found(grid):
    return grid.robustness()


def case(found, name):
    return next(known for known in found.cases if known.name == name)


def numbers(result):
    metrics = result.metrics
    return tuple(metrics[name] for name in ("total_return", "sharpe_ratio", "max_drawdown", "total_trades"))


def told(known):
    return known.total_return, known.sharpe_ratio, known.max_drawdown, known.trades


def test_the_cases_are_costs_delay_and_every_scenario(grid, found):
    names = [known.name for known in found.cases]
    assert names == [
        "as found",
        "fees and slippage doubled",
        "decisions one bar late",
        *(f"synthetic: {name}" for name in SCENARIOS),
    ]
    assert told(found.base) == numbers(grid.best_result)
    assert found.base.left == 1.0
    for known in found.cases:
        assert known.left == pytest.approx(known.total_return / found.base.total_return)


def test_doubled_costs_are_the_backtest_with_twice_the_fees_and_slippage(grid, found):
    dear = settings().model_dump()
    dear["simulation"] |= {
        "maker_fee": 0.0003,
        "taker_fee": 0.0009,
        "slippage": {"model": "fixed", "bps": 2.0},
    }
    base = dict(dear, simulation=dear["simulation"] | {"maker_fee": 0.00015, "taker_fee": 0.00045})
    base["simulation"]["slippage"] = {"model": "fixed", "bps": 1.0}
    from spark_stacker.config import parse_settings

    result = engine().optimize_parameters(settings=parse_settings(base), param_grid=GRID, honesty=False)
    by_hand = engine().optimize_parameters(
        settings=parse_settings(dear),
        param_grid={path: [value] for path, value in result.best_params.items()},
        honesty=False,
    )
    assert told(case(result.robustness(), "fees and slippage doubled")) == numbers(by_hand.best_result)


def test_without_slippage_only_the_fees_are_doubled():
    made = made_engine(made_candles(600, seed=11), taker_fee=0.001, maker_fee=0.0002)
    space = {"ma.fast_period": [5, 10]}
    arguments = {"symbol": "ETH-USD", "interval": "1h", "indicators": [moving_average()], "honesty": False}
    result = made.optimize_parameters(**arguments, param_grid=space)
    dear = made_engine(made_candles(600, seed=11), taker_fee=0.002, maker_fee=0.0004)
    only = {path: [value] for path, value in result.best_params.items()}
    by_hand = dear.optimize_parameters(**arguments, param_grid=only)
    assert told(case(result.robustness(), "fees doubled")) == numbers(by_hand.best_result)


@pytest.mark.parametrize("model", ["fixed", "random", "volume_share", "square_root"])
def test_every_model_of_slippage_gets_dearer(model):
    priced = settings().model_dump()
    priced["simulation"]["slippage"] = {"model": model}
    from spark_stacker.config import parse_settings

    result = engine().optimize_parameters(settings=parse_settings(priced), param_grid=FEW, honesty=False)
    plan = stress.with_costs(result._evaluator, result.best_params, 2.0).configuration["plan"]
    slippage = plan["venue"]["slippage"]
    before = result.best_result.configuration["plan"]["venue"]["slippage"]
    unchanged = {"model", "max_share_fraction", "volatility_bars"}
    for name, value in before.items():
        assert slippage[name] == (value if name in unchanged else 2 * value)


def test_calibrated_slippage_gets_dearer_by_its_factor(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARK_STACKER_DATA", str(tmp_path))
    ImpactCatalogue().save(model(settings().strategies[0].market))
    from spark_stacker.config import parse_settings

    def searched(factor):
        priced = settings().model_dump()
        priced["simulation"]["slippage"] = {"model": "calibrated", "factor": factor}
        fees = {"maker_fee": 0.0001 * factor, "taker_fee": 0.0004 * factor}
        priced["simulation"] |= fees
        return engine().optimize_parameters(settings=parse_settings(priced), param_grid=FEW, honesty=False)

    result = searched(1.0)
    dear = stress.with_costs(result._evaluator, result.best_params, 2.0)
    by_hand = searched(2.0)._evaluator.result(result.best_params)
    assert dear.configuration["plan"]["venue"]["slippage"] == {"model": "calibrated", "factor": 2.0}
    assert numbers(dear) == numbers(by_hand)
    assert numbers(dear) != numbers(result.best_result)


def test_the_factor_of_calibrated_slippage_is_a_setting_of_searches(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARK_STACKER_DATA", str(tmp_path))
    ImpactCatalogue().save(model(settings().strategies[0].market))
    from spark_stacker.config import parse_settings

    priced = settings().model_dump()
    priced["simulation"]["slippage"] = {"model": "calibrated"}
    result = engine().optimize_parameters(
        settings=parse_settings(priced),
        param_grid={"simulation.slippage.factor": [0.0, 1.0, 4.0]},
        honesty=False,
    )
    assert result.best_params == {"simulation.slippage.factor": 0.0}
    for params, total in zip(
        ({"simulation.slippage.factor": factor} for factor in (0.0, 1.0, 4.0)),
        result.trials["total_return"],
        strict=True,
    ):
        assert result._evaluator.result(params).metrics["total_return"] == total


class Late(BaseIndicator):
    """The crossing of `moving_average`, told a bar late."""

    def calculate(self, data):
        return moving_average(**self.params).calculate(data)

    def generate_signal(self, data):
        raise NotImplementedError  # only ``signals`` is asked

    def signals(self, data):
        return moving_average(**self.params).signals(data).select(pl.all().shift(1, fill_value=0))


def test_late_decisions_are_those_of_an_indicator_that_tells_its_signals_a_bar_late():
    options = {"symbol": "ETH-USD", "interval": "1h", "honesty": False, "strategy": {"stop_loss_pct": 2.0}}
    params = {"fast_period": 5, "slow_period": 20}
    result = engine().optimize_parameters(
        **options, indicators=[moving_average(**params)], param_grid={"ma.fast_period": [5]}
    )
    late = engine().optimize_parameters(
        **options, indicators=[Late("ma", params)], param_grid={"ma.fast_period": [5]}
    )
    found = stress.one_bar_later(result._evaluator, result.best_params)
    assert len(found.fills) > 20
    assert found.fills.equals(late.best_result.fills)
    assert np.array_equal(found.equity_curve["equity"], late.best_result.equity_curve["equity"])


def test_signals_of_a_higher_timeframe_come_a_bar_of_it_late():
    result = engine(1_200).optimize_parameters(
        settings=settings(timeframe="4h"),
        intervals={"ETH-USD": "1h"},
        param_grid={"cross.fast_period": [5, 10]},
        honesty=False,
    )
    late = stress.one_bar_later(result._evaluator, result.best_params)
    base = result.best_result.fills["time"].dt.offset_by("4h").to_list()
    assert len(base) > 10
    assert late.fills["time"].to_list() == base[: len(late.fills)]


def test_signals_handed_in_without_delay_are_the_backtest_to_the_last_bit(grid, monkeypatch):
    monkeypatch.setattr(stress, "_later", lambda column, _: column)
    undelayed = stress.one_bar_later(grid._evaluator, grid.best_params)
    assert np.array_equal(undelayed.equity_curve["equity"], grid.best_result.equity_curve["equity"])
    assert undelayed.fills.equals(grid.best_result.fills)


def test_what_was_signalled_before_trading_began_does_not_stand_a_bar_later():
    column = np.array([1, 0, -1, 1, 0], dtype=np.int8)
    assert stress._later(column, 0).tolist() == [0, 1, 0, -1, 1]
    assert stress._later(column, 3).tolist() == [0, 0, 0, 0, 1]


def test_a_function_sees_one_bar_less_and_the_account_as_it_is():
    seen = []

    def watch(data, simulation, params):
        seen.append((len(data), data["close"][-1], data.open_time_ns, simulation.core.now_ns))

    made = engine(50)
    result = made.optimize_parameters(
        strategy_func=watch,
        symbol="ETH-USD",
        interval="1h",
        param_grid={"any": [1]},
        threads=1,
        honesty=False,
        metrics=["final_equity"],
        metric_to_optimize="final_equity",
    )
    seen.clear()
    stress.one_bar_later(result._evaluator, {"any": 1})
    candles = made_candles(50, seed=11)
    assert [row[0] for row in seen] == list(range(1, 50))
    assert [row[1] for row in seen] == candles["close"][:49].to_list()
    assert all(now - opened == 2 * 3_600_000_000_000 for _, _, opened, now in seen)


def test_a_function_that_trades_a_bar_late_fills_a_bar_later():
    made = made_engine(made_candles(600, seed=11))
    result = made.optimize_parameters(
        strategy_func=cross,
        symbol="ETH-USD",
        interval="1h",
        indicators=[moving_average()],
        param_grid={"any": [1]},
        threads=1,
        honesty=False,
    )
    late = stress.one_bar_later(result._evaluator, {"any": 1})
    base = result.best_result.fills["time"].dt.offset_by("1h").to_list()
    assert late.fills["time"].to_list() == base[: len(late.fills)]
    found = result.robustness()
    assert told(case(found, "decisions one bar late")) == numbers(late)
    assert all(known.failure is None for known in found.cases)


def test_a_scenario_is_that_of_the_data_package_at_the_markets_price(grid):
    result = stress.in_scenario(grid._evaluator, grid.best_params, "bear", seed=4)
    candles = result.markets[0].candles
    made = synthesise("bear", interval="1h", bars=BARS, seed=4, start="2024-01-01").frame
    market = made_candles(BARS, seed=11)
    assert candles["timestamp"].equals(made["timestamp"])
    scale = market["open"][0] / made["open"][0]
    assert np.allclose(candles["close"], made["close"] * scale, rtol=1e-15)
    assert candles["open"][0] == pytest.approx(market["open"][0])
    assert candles["volume"].median() == pytest.approx(market["volume"].median())
    assert any("synthetic" in warning for warning in result.warnings)


def test_a_scenario_warms_indicators_on_as_many_bars():
    result = engine().optimize_parameters(
        settings=settings(),
        start_date="2024-01-05",
        warm_up_bars=40,
        param_grid={"cross.fast_period": [5, 10]},
        honesty=False,
    )
    for scenario in ("bull", "gap_heavy"):
        traded = stress.in_scenario(result._evaluator, result.best_params, scenario, seed=1)
        curve = traded.equity_curve["timestamp"]
        assert str(curve[0])[:10] == "2024-01-05"
        assert len(curve) <= len(result.best_result.equity_curve)


def test_the_draws_are_those_of_the_winners_bars_and_trades(grid, found):
    best = grid.best_result
    equity = best.equity_curve["equity"].to_numpy()
    returns = equity / np.concatenate([[10_000.0], equity[:-1]]) - 1.0
    assert found.bootstrap == bootstrap(returns, periods_per_year=365 * 24, seed=0)
    profits = best.trades.sort("exit_time", maintain_order=True)["profit"].to_numpy()
    assert found.orders == reorder_trades(trade_returns(profits, initial_balance=10_000.0), seed=0)
    frame = found.frame
    worst = frame.filter(pl.col("case") == "block bootstrap, worst 2.5 %").row(0, named=True)
    assert worst["total_return"] == found.bootstrap.total_return.low
    assert worst["max_drawdown"] == found.bootstrap.max_drawdown.high
    assert frame.height == len(found.cases) + 4


def test_a_seed_gives_the_same_numbers_and_another_seed_others(grid, found):
    again = engine(BARS).optimize_parameters(settings=settings(), param_grid=GRID, honesty=False, threads=1)
    assert again.robustness() == found
    assert again.robustness(seed=5) != found
    assert again.robustness().seed == 5  # what was asked for last is kept
    assert told(again.robustness(seed=5).base) == told(found.base)


def test_it_is_kept_with_a_search_and_read_back(grid, found, tmp_path):
    assert Robustness.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    kept = engine().optimize_parameters(settings=settings(), param_grid=FEW, out=tmp_path / "kept")
    read = SearchResult.load(tmp_path / "kept")
    assert read.robustness() == kept.robustness()
    assert pickle.loads(pickle.dumps(grid)).robustness() == found  # noqa: S301 - made here
    with pytest.raises(DataError, match="without the robustness of the best set of seed 9, but of seed 0"):
        read.robustness(seed=9)


def test_a_search_kept_without_honesty_says_that_it_has_none(tmp_path):
    engine().optimize_parameters(settings=settings(), param_grid=FEW, out=tmp_path / "kept", honesty=False)
    with pytest.raises(DataError, match="without the robustness"):
        SearchResult.load(tmp_path / "kept").robustness()


def test_what_cannot_be_run_says_why_in_its_place():
    def fragile(data, simulation, params):
        if data["close"][-1] > 1.5 * data["close"][0]:
            raise RuntimeError("too high")
        follow(data, simulation, {"fast_period": 5, "slow_period": 20, "position_size": 0.5})

    result = engine().optimize_parameters(
        strategy_func=fragile,
        symbol="ETH-USD",
        interval="1h",
        param_grid={"any": [1]},
        threads=1,
        honesty=False,
    )
    found = result.robustness()
    failed = [known for known in found.cases if known.failure is not None]
    assert failed
    assert all("too high" in known.failure and known.total_return is None for known in failed)
    assert "could not be run" in " ".join(found.sentences())


def test_a_winner_without_trades_has_reasons_in_place_of_draws():
    result = engine(60).optimize_parameters(
        settings=settings(),
        param_grid={"cross.slow_period": [200, 300]},
        metric_to_optimize="total_return",
        honesty=False,
    )
    found = result.robustness()
    assert found.orders is None
    assert "there is no closed trade" in " ".join(found.sentences())
    assert found.base.left is None


def test_indicators_in_python_do_as_built_in_ones_under_every_condition():
    found = []
    for indicator in (
        CrossInPython("cross", {"fast_period": 5, "slow_period": 20}),
        moving_average("cross", fast_period=5, slow_period=20),
    ):
        result = engine().optimize_parameters(
            symbol="ETH-USD",
            interval="1h",
            indicators=[indicator],
            param_grid={"cross.fast_period": [5, 8]},
            honesty=False,
        )
        found.append(result.robustness())
    own, built_in = found
    for known, twin in zip(own.cases, built_in.cases, strict=True):
        assert known.failure is None
        assert known.trades == twin.trades


def test_the_delay_of_the_core_calls_nothing_before_there_is_a_bar():
    calls = []
    made = engine(10)
    history = made.data_manager.get("made", "ETH-USD", "1h")
    view = _core.MarketView(history.bars, {}, lambda _: None)
    from spark_stacker.backtesting.simulation_engine import SimulationEngine

    simulation = SimulationEngine({"USD": 1_000.0}, symbol="ETH-USD", interval="1h")
    simulation.core.run(view, 0, lambda data, *_: calls.append(len(data)), simulation, {}, delay=3)
    assert calls == [1, 2, 3, 4, 5, 6, 7]
