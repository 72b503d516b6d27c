"""Walk-forward: chosen in training alone, traded flat from the boundary, stitched without a seam."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from made.searches import engine, follow, settings
from spark_stacker.backtesting.search import Interrupted
from spark_stacker.backtesting.search.trial_ledger import ledgers_in
from spark_stacker.errors import ParameterError, StrategyError

GRID = {"cross.fast_period": [5, 10], "cross.slow_period": [20, 30]}
WIDER = {
    "cross.fast_period": [3, 5, 10, 15],
    "cross.slow_period": [20, 30, 50],
    "stop_loss_pct": [None, 1, 2],
}
BARS = 24 * 213  # 2024-01-01 to 2024-08-01


@pytest.fixture(scope="module")
def made():
    return engine(BARS, seed=5)


@pytest.fixture(scope="module")
def result(made):
    return made.walk_forward_analysis(settings=settings(), param_grid=GRID, train_size=3, test_size=2)


def with_periods(params):
    given = settings()
    names = {path.rpartition(".")[2]: value for path, value in params.items()}
    cross = given.indicators[0].model_copy(update={"parameters": names})
    return given.model_copy(update={"indicators": (cross,)})


def test_each_window_takes_the_best_of_its_training_alone(made, result):
    assert [
        row[:4]
        for row in result.frame.select(pl.col("^(train|test)_(start|end)$").dt.strftime("%m-%d %H")).rows()
    ] == [
        ("01-01 00", "03-31 23", "04-01 00", "06-01 00"),
        ("03-01 00", "05-31 23", "06-01 00", "08-01 00"),
    ]
    for window in result.windows:
        row = result.frame.row(list(result.windows).index(window), named=True)
        trained = made.optimize_parameters(
            settings=settings(),
            param_grid=GRID,
            start_date=row["train_start"],
            end_date=row["train_end"],
            warm_up_bars=BARS,
            honesty=False,
        )
        assert window.best_params == trained.best_params
        assert window.in_sample["sharpe_ratio"] == trained.best_score


def test_the_test_is_a_backtest_that_begins_flat_with_warm_indicators(made, result):
    for number, window in enumerate(result.windows):
        row = result.frame.row(number, named=True)
        tested = made.run_settings(
            with_periods(window.best_params),
            start_date=row["test_start"],
            end_date=row["test_end"],
            warm_up_bars=BARS,
        )
        assert window.out_of_sample["total_return"] == tested.metrics["total_return"]
        assert window.equity.tolist() == tested.equity_curve["equity"].to_list()


def test_the_stitched_curve_carries_the_balance_on(result):
    balance, expected = 10_000.0, []
    for window in result.windows:
        piece = [balance * value / 10_000.0 for value in window.equity.tolist()]
        expected += piece
        balance = piece[-1]
    curve = result.equity_curve
    np.testing.assert_allclose(curve["equity"].to_numpy(), expected, rtol=1e-12)
    assert curve["timestamp"].is_sorted()
    assert curve["timestamp"].n_unique() == len(curve) == sum(w.span.test_bars for w in result.windows)
    assert result.metrics["total_return"] == pytest.approx(balance / 10_000.0 - 1, rel=1e-12)


def test_efficiency_is_annualised_out_of_sample_over_in_sample(result):
    for window in result.windows:
        trained, tested = (side["annualized_return"] for side in (window.in_sample, window.out_of_sample))
        assert window.efficiency == (tested / trained if trained > 0 else None)
    mean = np.mean([window.in_sample["annualized_return"] for window in result.windows])
    expected = result.metrics["annualized_return"] / mean if mean > 0 else None
    assert result.efficiency == (None if expected is None else pytest.approx(expected, rel=1e-12))


def test_return_and_sharpe_ratio_decay_from_training_to_test_in_numbers_and_words(result):
    trained = [window.in_sample["sharpe_ratio"] for window in result.windows]
    assert result.sharpe_decay.in_sample == pytest.approx(np.mean(trained), rel=1e-12)
    assert result.sharpe_decay.out_of_sample == result.metrics["sharpe_ratio"]
    first = result.windows[0]
    assert first.sharpe_decay.in_sample == first.in_sample["sharpe_ratio"]
    assert first.decay.out_of_sample == first.out_of_sample["annualized_return"]
    returns, sharpes, windows = result.sentences()
    assert f"{100 * result.decay.out_of_sample:.1f} % in the tests that followed" in returns
    assert f"{result.sharpe_decay.out_of_sample:.2f} over the tests in one" in sharpes
    lost = sum(window.out_of_sample["total_return"] < 0 for window in result.windows)
    assert windows.startswith(f"Of {len(result.windows)} windows {lost} lost money in the test")
    assert returns in result.summary()


def test_what_decayed_is_none_where_a_side_is_undefined(result):
    window = result.windows[0]
    without = replace(window, out_of_sample=window.out_of_sample | {"sharpe_ratio": None})
    assert without.sharpe_decay is None
    idle = replace(result, windows=[replace(window, in_sample=window.in_sample | {"sharpe_ratio": None})])
    assert idle.sharpe_decay is None
    assert "Decay of the Sharpe ratio: none" in idle.sentences()[1]


def test_a_short_last_test_is_kept_and_marked(made):
    found = made.walk_forward_analysis(settings=settings(), param_grid=GRID, train_size=4, test_size=2)
    assert [window.span.complete for window in found.windows] == [True, False]
    assert "cut short by the end of the data" in found.warnings[0]
    assert "(cut short by the end of the data)" in found.summary()


def test_anchored_trainings_grow(made):
    found = made.walk_forward_analysis(
        settings=settings(), param_grid=GRID, train_size=3, test_size=2, anchored=True, embargo_bars=24
    )
    assert [window.span.train_bars for window in found.windows] == [24 * 90, 24 * 151]


def test_another_search_may_choose(made, result):
    found = made.walk_forward_analysis(
        settings=settings(),
        param_grid=GRID,
        train_size=3,
        test_size=2,
        search="random",
        search_options={"samples": 100},
    )
    assert [window.best_params for window in found.windows] == [
        window.best_params for window in result.windows
    ]
    with pytest.raises(ParameterError, match="must be one of grid, random, genetic, tpe, cma-es, was 'gird'"):
        made.walk_forward_analysis(settings=settings(), param_grid=GRID, search="gird")
    with pytest.raises(ParameterError, match="a grid search has no setting 'samples'"):
        made.walk_forward_analysis(settings=settings(), param_grid=GRID, search_options={"samples": 1})


def test_of_several_goals_it_chooses_as_a_search_does(made):
    goals = ["total_return", "max_drawdown"]
    call = {"settings": settings(), "param_grid": WIDER, "metric_to_optimize": goals}
    found = made.walk_forward_analysis(**call, train_size=3, test_size=2)
    for window, row in zip(found.windows, found.frame.iter_rows(named=True), strict=True):
        trained = made.optimize_parameters(
            **call,
            start_date=row["train_start"],
            end_date=row["train_end"],
            warm_up_bars=BARS,
            honesty=False,
        )
        assert window.best_params == trained.best_params
    alone = made.walk_forward_analysis(
        settings=settings(),
        param_grid=WIDER,
        metric_to_optimize="total_return",
        train_size=3,
        test_size=2,
    )
    assert [w.best_params for w in alone.windows] != [w.best_params for w in found.windows]


def test_after_a_loss_of_everything_nothing_is_traded(result):
    first, second = result.windows
    lost = np.where(np.arange(len(first.equity)) < 10, first.equity, -50.0)
    found = replace(result, windows=(replace(first, equity=lost), second))
    assert found.equity_curve["equity"].to_list()[len(lost) :] == [-50.0] * len(second.equity)


def test_a_function_walks_forward(made):
    found = made.walk_forward_analysis(
        follow,
        "ETH-USD",
        "1h",
        "2024-01-01",
        "2024-04-01",
        "made",
        {"fast_period": [5], "slow_period": [20, 30], "position_size": [0.5]},
        2,
        1,
        threads=1,
    )
    [window] = found.windows
    tested = made.run_backtest(
        follow,
        "ETH-USD",
        "1h",
        "2024-03-01",
        "2024-04-01",
        strategy_params=dict(window.best_params),
        warm_up_bars=BARS,
    )
    assert window.out_of_sample["total_return"] == tested.metrics["total_return"]
    assert window.equity.tolist() == tested.equity_curve["equity"].to_list()


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"train_size": 12}, ParameterError, "longer than the data"),
        ({"train_size": 0}, ParameterError, "train_size must be a whole number from 1"),
        ({"test_size": -1}, ParameterError, "test_size must be a whole number from 1"),
        (
            {"constraints": ["total_trades > 1e6"]},
            ParameterError,
            "training window from 2024-01-01: none of the",
        ),
        ({"metric_to_optimize": "sharp"}, ParameterError, "unknown metric 'sharp'"),
        (
            {"param_grid": {"cross.fast_period": [50]}},
            StrategyError,
            "training window from .*all 1 sets failed",
        ),
    ],
)
def test_what_is_wrong_is_said(made, changed, error, message):
    with pytest.raises(error, match=message):
        made.walk_forward_analysis(**{"settings": settings(), "param_grid": GRID, **changed})


def test_a_window_without_variance_has_no_efficiency(made):
    found = made.walk_forward_analysis(
        settings=settings(), param_grid=GRID, train_size=3, test_size=2, metric_to_optimize="max_drawdown"
    )
    assert all(efficiency is None or math.isfinite(efficiency) for efficiency in found.frame["efficiency"])


def test_what_a_curve_does_not_tell_is_not_said_to_be_zero(result):
    assert sum(window.out_of_sample["total_trades"] for window in result.windows) > 0
    for name in ("total_trades", "winning_trades", "fees_paid", "exposure", "turnover", "win_rate"):
        assert result.metrics[name] is None
        assert result.undefined[name] == "the stitched curve tells of no orders"
    of_the_curve = {name for name, value in result.metrics.items() if value is not None}
    assert of_the_curve == {
        "final_equity",
        "net_profit",
        "total_return",
        "annualized_return",
        "annualized_volatility",
        "sharpe_ratio",
        "sortino_ratio",
        "calmar_ratio",
        "daily_sharpe_ratio",
        "daily_sortino_ratio",
        "max_drawdown",
        "max_drawdown_abs",
        "longest_drawdown_seconds",
    }


def test_trades_are_counted_in_whole_numbers(result):
    assert isinstance(result.windows[0].in_sample["total_trades"], int)
    assert result.frame["out_total_trades"].dtype == pl.Int64


def test_the_time_for_all_windows_is_told_before_they_run(made):
    told = []
    made.walk_forward_analysis(
        settings=settings(), param_grid=GRID, train_size=3, test_size=2, estimated=told.append
    )
    [estimated] = told
    assert (estimated.sets, estimated.measured) == (2 * 4, 4)
    assert estimated.seconds > 0


def test_ctrl_c_tells_the_ledger_of_the_sets_tried(made, tmp_path):
    done = []

    def stop_in_the_second_window(progress):
        done.append(progress.done)
        if len(done) == 2:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        made.walk_forward_analysis(
            settings=settings(),
            param_grid=GRID,
            train_size=3,
            test_size=2,
            ledger=tmp_path,
            progress=stop_in_the_second_window,
        )
    [ledger] = ledgers_in(tmp_path)
    [entry] = ledger.read().entries
    assert (entry.sets, entry.complete, entry.sampler) == (4, False, "grid, walk-forward 3/2, embargo 1")
