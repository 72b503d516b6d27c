"""A kept search of which a file was lost or edited is told, whatever the edit."""

from __future__ import annotations

import json
import shutil

import pytest

from made.searches import GRID, engine, settings
from spark_stacker.backtesting.search import SearchResult
from spark_stacker.backtesting.search.evaluators.configured import ConfiguredEvaluator
from spark_stacker.errors import DataError


@pytest.fixture(scope="module")
def made():
    return engine()


@pytest.fixture(scope="module")
def whole(made, tmp_path_factory):
    """Three parts, of 64 sets and of the rest."""
    directory = tmp_path_factory.mktemp("kept") / "whole"
    patched = pytest.MonkeyPatch()
    patched.setattr(ConfiguredEvaluator, "batch_limit", 64)
    space = {"cross.fast_period": (3, 20, 1), "cross.slow_period": (21, 30, 1)}
    made.optimize_parameters(settings=settings(), param_grid=space, honesty=False, out=directory)
    patched.undo()
    return directory


@pytest.fixture
def kept(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "kept")


def parts(directory):
    return sorted((directory / "parts").iterdir())


def test_the_loss_of_a_part_between_shows(kept):
    assert len(parts(kept)) == 3
    parts(kept)[1].unlink()
    with pytest.raises(DataError, match=r"tells of 180: files were removed or added"):
        SearchResult.load(kept)


def test_the_loss_of_the_last_parts_shows(kept):
    parts(kept)[-1].unlink()
    with pytest.raises(DataError, match=r"holds 128 trials, result\.json tells of 180"):
        SearchResult.load(kept)
    for part in parts(kept):
        part.unlink()
    with pytest.raises(DataError, match=r"holds 0 trials, result\.json tells of 180"):
        SearchResult.load(kept)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"best_score": 99.0}, r"result\.json was altered: .* best score of 99\.0, the trials have"),
        ({"failed": -3}, r"result\.json was altered: it says -3 failed sets"),
        ({"count": 5}, "holds 180 trials"),
        ({"best_params": {"cross.fast_period": 7_777, "cross.slow_period": 21}}, "is damaged"),
        ({"best_params": {}}, "is damaged"),
    ],
)
def test_an_edited_result_is_told(kept, changed, message):
    path = kept / "result.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))
    with pytest.raises(DataError, match=message):
        SearchResult.load(kept)


def test_what_is_lost_comes_back_by_resuming(made, kept, whole, monkeypatch):
    monkeypatch.setattr(ConfiguredEvaluator, "batch_limit", 64)
    parts(kept)[1].unlink()
    space = {"cross.fast_period": (3, 20, 1), "cross.slow_period": (21, 30, 1)}
    made.optimize_parameters(settings=settings(), param_grid=space, honesty=False, resume=kept)
    assert [path.name for path in parts(kept)] == [path.name for path in parts(whole)]
    assert SearchResult.load(kept).trials.equals(SearchResult.load(whole).trials)


def test_a_result_of_several_goals_is_loaded(made, tmp_path):
    goals = ["total_return", "max_drawdown"]
    found = made.optimize_parameters(
        settings=settings(),
        param_grid=GRID,
        metric_to_optimize=goals,
        constraints=["max_drawdown <= 0.25"],
        honesty=False,
    )
    assert 0 < found.failed < 27
    loaded = SearchResult.load(found.save(tmp_path / "kept"))
    assert loaded.best_params == found.best_params
    assert loaded.pareto.equals(found.pareto)
