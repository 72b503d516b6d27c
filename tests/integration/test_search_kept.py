"""A search on disk: killed and resumed, stopped by Ctrl-C, on one thread and on two: the same bytes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from made import run_search, searches
from made.searches import GRID, engine, follow, settings
from spark_stacker.backtesting.search import Interrupted, SearchResult
from spark_stacker.backtesting.search.evaluators.configured import ConfiguredEvaluator
from spark_stacker.errors import DataError, ParameterError


@pytest.fixture(scope="module")
def made():
    return engine()


def content(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def process(
    directory: Path, how: str, threads: int, kill_after: int | None = None
) -> subprocess.CompletedProcess:
    arguments = [str(directory), how, str(threads)] + ([] if kill_after is None else [str(kill_after)])
    tests = Path(run_search.__file__).parents[1]
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "made.run_search", *arguments],
        env={**os.environ, "PYTHONPATH": str(tests)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_search_that_was_killed_and_resumed_leaves_the_same_bytes(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert process(whole, "out", threads=2).returncode == 0
    done = process(killed, "out", threads=1, kill_after=5)
    assert done.returncode == -signal.SIGKILL
    parts = content(killed)
    assert 5 <= len([name for name in parts if name.startswith("parts/")]) < 15
    assert "result.json" not in parts
    again = process(killed, "resume", threads=1, kill_after=9)
    assert again.returncode == -signal.SIGKILL
    last = process(killed, "resume", threads=2)
    assert last.returncode == 0, last.stderr
    assert content(killed) == content(whole)
    assert SearchResult.load(killed).trials.equals(SearchResult.load(whole).trials)


def test_one_and_two_threads_leave_the_same_bytes(made, tmp_path):
    for threads in (1, 2):
        made.optimize_parameters(
            settings=settings(), param_grid=GRID, threads=threads, honesty=False, out=tmp_path / str(threads)
        )
    assert content(tmp_path / "1") == content(tmp_path / "2")


def interrupt_after(sets: int):
    def listen(progress):
        if progress.done >= sets:
            os.kill(os.getpid(), signal.SIGINT)

    return listen


def test_ctrl_c_keeps_what_is_done_and_says_where(made, tmp_path, monkeypatch):
    monkeypatch.setattr(ConfiguredEvaluator, "batch_limit", 64)
    space = {"cross.fast_period": (3, 20, 1), "cross.slow_period": (21, 60, 1)}
    with pytest.raises(Interrupted, match="interrupted after") as stopped:
        made.optimize_parameters(
            settings=settings(),
            param_grid=space,
            honesty=False,
            out=tmp_path / "kept",
            progress=interrupt_after(200),
        )
    assert stopped.value.directory == tmp_path / "kept"
    assert 128 <= stopped.value.result.count < 720
    assert stopped.value.result.best_params
    told = []
    resumed = made.optimize_parameters(
        settings=settings(), param_grid=space, honesty=False, resume=tmp_path / "kept", progress=told.append
    )
    assert (told[-1].done, told[-1].read) == (720, told[0].read)
    assert told[0].read >= 128
    for each in told:  # what was read was not run at any speed
        assert each.sets_per_second == (each.done - each.read) / each.seconds
    fresh = made.optimize_parameters(settings=settings(), param_grid=space, honesty=False)
    assert resumed.trials.equals(fresh.trials)


def test_a_finished_search_is_loaded_by_resuming_it(made, tmp_path):
    first = made.optimize_parameters(
        settings=settings(), param_grid=GRID, honesty=False, out=tmp_path / "kept"
    )
    before = content(tmp_path / "kept")
    seen = []
    again = made.optimize_parameters(
        settings=settings(), param_grid=GRID, honesty=False, resume=tmp_path / "kept", progress=seen.append
    )
    assert again.trials.equals(first.trials)
    assert seen == []
    assert content(tmp_path / "kept") == before


def test_more_sets_than_memory_should_hold_stream_to_disk(made, monkeypatch):
    from spark_stacker.backtesting.search import tally

    space = {"cross.fast_period": (3, 20, 1), "cross.slow_period": (21, 60, 1)}
    whole = made.optimize_parameters(settings=settings(), param_grid=space, honesty=False)
    monkeypatch.setattr(tally, "IN_MEMORY", 100)
    monkeypatch.setattr(ConfiguredEvaluator, "batch_limit", 64)
    streamed = made.optimize_parameters(settings=settings(), param_grid=space, honesty=False)
    assert streamed.trials.equals(whole.trials)
    assert streamed.best_params == whole.best_params
    assert streamed.plateau_score == pytest.approx(whole.plateau_score, abs=0.05)
    assert streamed.top(5).equals(whole.top(5))
    assert streamed.importance == pytest.approx(whole.importance)
    studied = streamed._tally.studied()
    assert len(studied.digits) == len(studied.scores) == 720


def test_the_studied_sets_are_the_best_and_a_seeded_sample():
    import numpy as np

    from spark_stacker.backtesting.search.tally import Kept

    rng = np.random.default_rng(5)
    scores = rng.normal(size=5_000)
    kept = Kept(1, 100)
    for first in range(0, 5_000, 700):
        rows = np.arange(first, min(first + 700, 5_000))
        kept.add(scores[rows], rows, rows[:, np.newaxis].astype(np.uint32), scores[rows])
    assert sorted(kept.score, reverse=True) == sorted(scores, reverse=True)[:100]
    assert np.array_equal(kept.place, kept.digits[:, 0])


@pytest.fixture
def kept(made, tmp_path):
    made.optimize_parameters(settings=settings(), param_grid=GRID, honesty=False, out=tmp_path / "kept")
    return tmp_path / "kept"


def resume(directory, made, **changed):
    values = {"settings": settings(), "param_grid": GRID, "honesty": False, **changed}
    return made.optimize_parameters(resume=directory, **values)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"settings": settings(side="long")}, "its configuration is not the same"),
        ({"param_grid": {**GRID, "stop_loss_pct": [1]}}, "its space is not the same"),
        ({"metric_to_optimize": "total_return"}, "its objective is"),
        ({"seed": 1}, "its seed is 0, asked was 1"),
        ({"start_date": "2024-01-02"}, "its data is not the same"),
        ({"constraints": ["total_trades > 3"]}, "its constraints is"),
    ],
)
def test_a_directory_of_another_search_is_refused(made, kept, changed, message):
    before = content(kept)
    with pytest.raises(ParameterError, match=message):
        resume(kept, made, **changed)
    assert content(kept) == before


def test_a_directory_of_another_search_is_refused_before_time_is_spent(made, kept):
    told = []
    with pytest.raises(ParameterError, match="belongs to another search"):
        made.optimize_parameters(
            settings=settings(), param_grid=GRID, resume=kept, seed=99, estimated=told.append
        )
    assert told == []


def test_the_time_told_is_that_of_the_sets_that_are_left(made, tmp_path):
    told = []
    made.optimize_parameters(settings=settings(), param_grid=GRID, out=tmp_path / "all", honesty=False)
    made.optimize_parameters(
        settings=settings(), param_grid=GRID, resume=tmp_path / "all", honesty=False, estimated=told.append
    )
    assert [estimated.sets for estimated in told] == [0]


@pytest.mark.parametrize("count", [0, -1, True, 1.5])
def test_the_best_sets_are_asked_for_by_a_number_of_them(made, count):
    found = made.optimize_parameters(settings=settings(), param_grid=GRID, honesty=False, ledger=False)
    with pytest.raises(ParameterError, match="count must be a whole number from 1 on"):
        found.top(count)


def test_a_directory_with_a_search_is_not_written_over(made, kept):
    with pytest.raises(ParameterError, match="holds a search already; resume it"):
        made.optimize_parameters(settings=settings(), param_grid=GRID, out=kept)


def test_a_damaged_part_is_named(made, kept):
    part = next((kept / "parts").iterdir())
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    with pytest.raises(DataError, match="is damaged, its hash does not match"):
        resume(kept, made)
    with pytest.raises(DataError, match="is damaged"):
        SearchResult.load(kept)
    part.unlink()
    assert resume(kept, made).count == 27


def test_a_part_that_was_removed_is_told(made, kept):
    parts = list((kept / "parts").iterdir())
    parts[0].unlink()
    with pytest.raises(DataError, match=r"holds 0 trials, result\.json tells of 27: files were removed"):
        SearchResult.load(kept)


def test_a_part_of_another_search_is_named(made, kept, tmp_path):
    made.optimize_parameters(
        settings=settings(),
        param_grid={**GRID, "stop_loss_pct": [5, 6, 7]},
        honesty=False,
        out=tmp_path / "other",
    )
    part = next((kept / "parts").iterdir())
    other = next((tmp_path / "other" / "parts").iterdir())
    part.unlink()
    (kept / "parts" / other.name).write_bytes(other.read_bytes())
    with pytest.raises(DataError, match="holds other sets than this search asks for"):
        resume(kept, made)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is damaged"),
        ("{}", "is not of a search"),
        (json.dumps({"format": "spark-stacker-search", "version": 99}), "is of version 99"),
    ],
)
def test_a_head_that_is_none_is_named(made, kept, text, message):
    (kept / "search.json").write_text(text)
    with pytest.raises(DataError, match=message):
        resume(kept, made)


def test_a_directory_without_a_search_is_named(made, tmp_path):
    with pytest.raises(DataError, match="holds no search"):
        resume(tmp_path / "nothing", made)
    with pytest.raises(DataError, match="holds no search"):
        SearchResult.load(tmp_path)


def test_an_unfinished_search_is_not_loaded(kept):
    (kept / "result.json").unlink()
    with pytest.raises(DataError, match="is not finished; resume it"):
        SearchResult.load(kept)


def test_a_search_of_a_function_resumes(made, tmp_path):
    space = {"fast_period": [5, 10], "slow_period": [20, 30], "position_size": [0.1, 0.2]}
    with pytest.raises(Interrupted):
        made.optimize_parameters(
            follow,
            "ETH-USD",
            "1h",
            param_grid=space,
            honesty=False,
            threads=1,
            out=tmp_path / "kept",
            progress=interrupt_after(3),
        )
    found = made.optimize_parameters(
        follow, "ETH-USD", "1h", param_grid=space, honesty=False, threads=1, resume=tmp_path / "kept"
    )
    assert found.count == 8
    with pytest.raises(ParameterError, match="its configuration is not the same"):
        made.optimize_parameters(
            searches.failing, "ETH-USD", "1h", param_grid=space, honesty=False, resume=tmp_path / "kept"
        )
    assert isinstance(found.trials, pl.DataFrame)
