"""What searches tell the trial ledger, and what it tells their honesty reports."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from made.backtests import CrossInPython
from made.searches import GRID, engine, failing, follow, settings
from spark_stacker.backtesting.search import Interrupted, tally
from spark_stacker.backtesting.search.evaluators.configured import ConfiguredEvaluator
from spark_stacker.backtesting.search.trial_ledger import TrialLedger, ledgers_in
from spark_stacker.errors import DataError, ParameterError, StrategyError


@pytest.fixture(scope="module")
def made():
    return engine()


def grid(made, space=GRID, *, given=None, **options):
    options.setdefault("honesty", False)
    return made.optimize_parameters(settings=given or settings(), param_grid=space, **options)


def counts(result) -> tuple[int, int]:
    return result.ledger.new, result.ledger.total


def history(result):
    return TrialLedger(result.ledger.path.parent, result.ledger.path.stem).read()


def test_the_deflated_sharpe_ratio_counts_every_set_ever_tried(made):
    first = grid(made, honesty=True)
    assert first.honesty.trials == first.honesty.sets == 27
    assert first.ledger.note == "no history"
    other = {"cross.fast_period": (3, 19, 1), "cross.slow_period": [50, 60]}
    second = grid(made, other, honesty=True)
    assert (second.honesty.sets, second.honesty.trials) == (34, 61)
    alone = grid(made, other, honesty=True, ledger=False)
    assert alone.ledger is None
    assert alone.honesty.trials == 34
    assert second.honesty.effective_trials > alone.honesty.effective_trials
    assert second.honesty.deflated_sharpe < alone.honesty.deflated_sharpe


def test_it_lies_in_the_data_directory_or_where_it_is_asked_for(made, tmp_path):
    assert grid(made).ledger.path.parent == Path(os.environ["SPARK_STACKER_DATA"]) / "trials"
    mine = grid(made, ledger=tmp_path / "mine")
    assert mine.ledger.path.parent == tmp_path / "mine"
    assert counts(mine) == (27, 27)


def test_the_same_set_counts_once_whichever_search_tried_it(made):
    assert counts(grid(made)) == (27, 27)
    assert counts(grid(made)) == (0, 27)
    # A stop that was searched before and is fixed now, numbers written otherwise, settings in another order.
    overlap = {"cross.slow_period": [20, 30], "cross.fast_period": [5.0, 10.0, 12.0]}
    with_stop = grid(made, overlap, given=settings(stop_loss_pct=2.0))
    assert counts(with_stop) == (2, 29)
    drawn = made.random_search(settings=settings(), param_space=GRID, samples=9, honesty=False)
    assert counts(drawn) == (0, 29)
    bred = made.genetic_optimize(settings=settings(), param_space=GRID, honesty=False)
    assert counts(bred) == (0, 29)


def test_another_value_of_any_other_setting_is_another_set(made):
    assert counts(grid(made)) == (27, 27)
    assert counts(grid(made, given=settings(side="long"))) == (27, 54)
    assert counts(grid(made, {"cross.fast_period": [5, 10]}, given=settings(take_profit_pct=9))) == (2, 56)


def test_other_data_and_other_strategies_have_ledgers_of_their_own(made):
    paths = {
        grid(made).ledger.path,
        grid(engine(seed=12)).ledger.path,
        grid(made, start_date="2024-01-02").ledger.path,
        made.optimize_parameters(
            symbol="ETH-USD",
            interval="1h",
            indicators=[CrossInPython("cross", {"fast_period": 5, "slow_period": 20})],
            param_grid={"cross.fast_period": [4, 6]},
            honesty=False,
        ).ledger.path,
    }
    assert len(paths) == 4


def test_a_function_is_known_by_its_code(made):
    space = {"fast_period": [5, 20], "slow_period": [30, 40], "position_size": [0.1]}
    call = {"symbol": "ETH-USD", "interval": "1h", "honesty": False, "threads": 1}
    first = made.optimize_parameters(follow, **call, param_grid=space)
    assert counts(first) == (4, 4)
    fixed = made.optimize_parameters(
        follow,
        **call,
        param_grid={"fast_period": [5, 6]},
        strategy_params={"slow_period": 30, "position_size": 0.1},
    )
    assert counts(fixed) == (1, 5)
    assert made.optimize_parameters(failing, **call, param_grid=space).ledger.path != first.ledger.path


def test_each_search_is_a_line(made):
    at = datetime(2025, 3, 1, 12, tzinfo=UTC)
    grid(made, searched_at=at)
    last = grid(made, {"cross.fast_period": [5, 6]}, constraints=["fast_period < 7"])
    first, second = history(last).entries
    assert (first.at, second.at) == ("2025-03-01T12:00:00+00:00", None)
    assert first.subject == "follow on ETH-USD 1h"
    assert (first.sampler, first.objective, first.whole, first.complete) == (
        "grid",
        "sharpe_ratio",
        True,
        True,
    )
    assert first.best_score == grid(made, ledger=False).best_score
    assert last.ledger.link == second.hash


def test_a_walk_forward_counts_its_sets_once(made):
    longer = engine(24 * 150)
    call = {"settings": settings(), "param_grid": GRID, "train_size": 2, "test_size": 1}
    walked = longer.walk_forward_analysis(**call)
    assert len(walked.windows) > 1
    assert (walked.ledger.new, walked.ledger.total) == (27, 27)
    assert history(walked).entries[0].sampler == "grid, walk-forward 2/1, embargo 1"
    assert counts(grid(longer)) == (0, 27)


def test_an_interrupted_search_counts_what_it_did_and_its_resumption_the_rest(made, tmp_path, monkeypatch):
    monkeypatch.setattr(ConfiguredEvaluator, "batch_limit", 64)
    space = {"cross.fast_period": (3, 20, 1), "cross.slow_period": (21, 60, 1)}

    def interrupt(progress):
        if progress.done >= 200:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted) as stopped:
        grid(made, space, out=tmp_path / "kept", progress=interrupt)
    done = stopped.value.result.count
    assert counts(stopped.value.result) == (done, done)
    resumed = grid(made, space, resume=tmp_path / "kept")
    assert counts(resumed) == (720 - done, 720)
    assert [entry.complete for entry in history(resumed).entries] == [False, True]


def test_an_interrupted_walk_forward_counts_what_it_did(made, monkeypatch):
    monkeypatch.setattr(ConfiguredEvaluator, "batch_limit", 64)
    longer = engine(24 * 150)
    space = {"cross.fast_period": (3, 20, 1), "cross.slow_period": (21, 60, 1)}

    def interrupt(progress):
        if progress.done >= 200:
            os.kill(os.getpid(), signal.SIGINT)

    call = {"settings": settings(), "param_grid": space, "train_size": 2, "test_size": 1}
    with pytest.raises(Interrupted) as stopped:
        longer.walk_forward_analysis(**call, progress=interrupt)
    done = stopped.value.tally.count
    walked = longer.walk_forward_analysis(**call)
    assert 0 < done < 720
    assert [entry.sets for entry in history(walked).entries] == [done, 720]
    assert [entry.complete for entry in history(walked).entries] == [False, True]
    assert counts(walked) == (720 - done, 720)


def test_sets_that_are_on_disk_are_known_one_by_one_too(made, monkeypatch):
    space = {"cross.fast_period": (3, 20, 1), "stop_loss_pct": [None, 1.5, 2], "side": ["long", "both"]}
    assert counts(grid(made, {**space, "side": ["long"]})) == (54, 54)
    monkeypatch.setattr(tally, "IN_MEMORY", 10)
    monkeypatch.setattr(ConfiguredEvaluator, "batch_limit", 64)
    assert counts(grid(made, space)) == (54, 108)


def test_of_too_many_sets_only_the_number_is_remembered_and_the_bound_is_upper(made, monkeypatch):
    from spark_stacker.backtesting.search import trial_record

    assert counts(grid(made)) == (27, 27)
    monkeypatch.setattr(trial_record, "_MOST_HASHED", 20)
    larger = {**GRID, "stop_loss_pct": [2, 3, 4]}
    assert counts(grid(made, larger)) == (27, 54)
    assert counts(grid(made, larger)) == (0, 54)
    drawn = made.random_search(settings=settings(), param_space=larger, samples=25, honesty=False)
    assert counts(drawn) == (0, 54)


def test_a_search_that_finds_nothing_is_not_recorded(made):
    with pytest.raises(StrategyError, match="all 2 sets failed"):
        grid(made, {"cross.fast_period": [50, 60]})
    assert counts(grid(made)) == (27, 27)


def test_a_damaged_ledger_is_told_before_anything_runs(made):
    path = grid(made).ledger.path
    path.write_bytes(path.read_bytes().replace(b'"total":27', b'"total":7'))
    before = path.read_bytes()
    seen = []
    with pytest.raises(DataError, match=r"jsonl: line 1: was altered.*begins anew"):
        grid(made, progress=seen.append)
    assert seen == []
    assert path.read_bytes() == before
    assert grid(made, ledger=False).count == 27


def test_a_ledger_that_breaks_during_the_search_costs_no_result(made):
    path = grid(made).ledger.path

    def tamper(progress):
        path.write_bytes(b"{}\n")

    found = grid(made, {"cross.fast_period": [5, 6]}, progress=tamper)
    assert found.count == 2
    assert found.ledger is None
    assert "The ledger does not know of this search" in found.warnings[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ledger": 3}, "ledger must be a directory"),
        ({"searched_at": "2025"}, "searched_at must be a datetime"),
        ({"searched_at": datetime(2025, 1, 1)}, "with its time zone"),  # noqa: DTZ001 - what is refused
    ],
)
def test_options_that_are_none_are_refused(made, options, message):
    with pytest.raises(ParameterError, match=message):
        grid(made, **options)


def test_every_ledger_is_found(made):
    paths = {grid(made).ledger.path, grid(engine(seed=12)).ledger.path}
    root = next(iter(paths)).parent
    assert {ledger.log for ledger in ledgers_in(root)} == paths
