"""Sets run in other processes and on executors: the same rows, in the same order."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

from made.backtests import CrossInPython
from made.searches import GRID, engine, follow, hard_exit, settings
from spark_stacker.backtesting.search import optimise
from spark_stacker.backtesting.search.evaluators.configured import ConfiguredEvaluator
from spark_stacker.errors import ParameterError, RetryableError

FUNCTION_GRID = {"fast_period": [5, 10], "slow_period": [20, 30], "position_size": [0.1, 0.3]}


@pytest.fixture(scope="module")
def made():
    return engine()


@pytest.fixture(scope="module")
def pool():
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.fixture
def always_processes(monkeypatch):
    monkeypatch.setattr(optimise, "_WORTH_PROCESSES", 0.0)


def test_a_process_pool_gives_the_same_rows(made, pool, tmp_path, monkeypatch):
    monkeypatch.setattr(ConfiguredEvaluator, "batch_limit", 64)
    space = {"cross.fast_period": (3, 12, 1), "cross.slow_period": (21, 50, 1)}
    here = made.optimize_parameters(
        settings=settings(), param_grid=space, honesty=False, out=tmp_path / "here"
    )
    there = made.optimize_parameters(
        settings=settings(), param_grid=space, honesty=False, executor=pool, out=tmp_path / "there"
    )
    assert there.trials.equals(here.trials)
    parts = [
        sorted(path.name for path in (tmp_path / name / "parts").iterdir()) for name in ("here", "there")
    ]
    assert parts[0] == parts[1]


def test_an_indicator_in_python_goes_along(made, pool):
    call = {
        "symbol": "ETH-USD",
        "interval": "1h",
        "indicators": [CrossInPython("own", {"fast_period": 5, "slow_period": 20})],
        "param_grid": {"own.fast_period": [4, 6], "stop_loss_pct": [2.0, 3.0]},
        "honesty": False,
    }
    assert made.optimize_parameters(**call, executor=pool).trials.equals(
        made.optimize_parameters(**call).trials
    )


def test_a_function_runs_in_processes_of_its_own(made, always_processes):
    call = {"symbol": "ETH-USD", "interval": "1h", "param_grid": FUNCTION_GRID, "honesty": False}
    here = made.optimize_parameters(follow, **call, threads=1)
    there = made.optimize_parameters(follow, **call, threads=2)
    assert there.trials.equals(here.trials)


def test_threads_of_an_executor_will_do(made):
    with ThreadPoolExecutor(2) as threads:
        found = made.optimize_parameters(
            settings=settings(), param_grid=GRID, honesty=False, executor=threads
        )
    assert found.trials.equals(
        made.optimize_parameters(settings=settings(), param_grid=GRID, honesty=False).trials
    )


def test_a_walk_forward_runs_on_an_executor(made):
    made = engine(24 * 150)
    call = {
        "settings": settings(),
        "param_grid": {"cross.fast_period": [5, 10], "cross.slow_period": [20, 30]},
        "train_size": 2,
        "test_size": 1,
    }
    with ThreadPoolExecutor(2) as threads:
        there = made.walk_forward_analysis(**call, executor=threads)
    assert there.frame.equals(made.walk_forward_analysis(**call).frame)


def test_a_function_that_cannot_be_sent_is_told_before_anything_runs(made):
    calls = []

    def local(data, simulation, params):
        calls.append(params)

    with pytest.raises(
        ParameterError, match=r"local.* cannot be pickled: .*threads=1 to run in this process"
    ):
        made.optimize_parameters(local, "ETH-USD", "1h", param_grid=FUNCTION_GRID, threads=2)
    assert calls == []


def test_a_function_that_cannot_be_sent_runs_here_when_nothing_was_asked(made, always_processes, monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})

    def local(data, simulation, params):
        follow(data, simulation, params)

    found = made.optimize_parameters(local, "ETH-USD", "1h", param_grid=FUNCTION_GRID, honesty=False)
    assert found.count == 8
    assert "Ran in one process" in found.warnings[0]


def test_a_pool_that_dies_is_told_and_loses_nothing(made, tmp_path):
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        with pytest.raises(RetryableError, match=r"the executor died .*resume it from"):
            made.optimize_parameters(
                hard_exit,
                "ETH-USD",
                "1h",
                param_grid=FUNCTION_GRID,
                honesty=False,
                executor=pool,
                out=tmp_path / "kept",
            )
        with pytest.raises(RetryableError, match="the executor died"):
            made.optimize_parameters(settings=settings(), param_grid=GRID, honesty=False, executor=pool)


def test_what_is_no_executor_is_refused(made):
    with pytest.raises(ParameterError, match=r"executor must be a concurrent\.futures\.Executor"):
        made.optimize_parameters(settings=settings(), param_grid=GRID, executor="dask")
