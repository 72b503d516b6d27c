"""The report of a search as a page: what stands in it, and what its charts get."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from plotly.offline import get_plotlyjs

from made.pages import parse, unpacked
from made.searches import GRID, engine, settings
from spark_stacker.backtesting.search import SearchResult
from spark_stacker.errors import ParameterError
from spark_stacker.reporting import search_charts, search_report_html, write_search_report

HOSTILE = "</script><script>alert('x')</script><img src=x onerror=alert(1)>&\"'"


def data_of(page):
    return json.loads(next(script for script in page.scripts if script.startswith('{"quote"')))


@pytest.fixture(scope="module")
def grid():
    return engine().optimize_parameters(settings=settings(), param_grid=GRID)


@pytest.fixture(scope="module")
def walk():
    return engine(24 * 150).walk_forward_analysis(
        settings=settings(), start_date="2024-01-01", param_grid=GRID, train_size=2, test_size=1
    )


@pytest.fixture(scope="module")
def html(grid):
    return search_report_html(grid)


@pytest.fixture(scope="module")
def page(html):
    return parse(html)


@pytest.fixture(scope="module")
def data(page):
    return data_of(page)


def test_the_page_is_well_formed_and_fetches_nothing(html, page):
    assert page.links == ["data:,"]
    own = html.replace(get_plotlyjs(), "")
    assert not re.findall(r"https?://|@import|url\(", own)


def test_luck_stands_before_everything_that_looks_good(grid, html, page):
    text = " ".join(page.text)
    for sentence in grid.honesty.sentences()[:-1]:
        assert sentence in text
    headings = re.findall(r"<h2>([^<]+)</h2>", html)
    assert headings[0] == "Is it luck?"
    assert f"{100 * grid.honesty.cross_validation.probability:.1f} %" in text
    assert f"{100 * grid.honesty.deflated_sharpe:.1f} %" in text
    assert f"{grid.honesty.trials:,} trials ever" in text
    assert f"{grid.honesty.permutation_p_value:.3f}" in text


def test_a_search_without_honesty_says_that_nothing_was_examined():
    result = engine().optimize_parameters(
        settings=settings(), param_grid={"stop_loss_pct": [2, 3]}, honesty=False
    )
    text = " ".join(parse(search_report_html(result)).text)
    assert "Not examined" in text
    assert data_of(parse(search_report_html(result)))["maps"] == []


def test_the_map_has_the_best_and_the_mean_of_each_pair_of_values(grid, data):
    x, y = (data["settings"][place]["path"] for place in (0, 1))
    shares = [setting["share"] for setting in data["settings"]]
    assert shares == sorted(shares, reverse=True)
    known = next(one for one in data["maps"] if (one["x"], one["y"]) == (0, 1))
    best = unpacked(known["best"]).reshape(3, 3)
    mean = unpacked(known["mean"]).reshape(3, 3)
    for row, down in enumerate(data["settings"][1]["labels"]):
        for column, across in enumerate(data["settings"][0]["labels"]):
            values = [
                trial["sharpe_ratio"]
                for trial in grid.trials.iter_rows(named=True)
                if text_of(trial[x]) == across and text_of(trial[y]) == down
            ]
            assert best[row, column] == max(values)
            assert mean[row, column] == pytest.approx(np.mean(values))
    assert len(data["maps"]) == 3


def text_of(value):
    return "off" if value is None else str(value)


def test_each_setting_has_the_best_and_mean_of_its_values(grid, data):
    for setting in data["settings"]:
        assert setting["labels"][setting["chosen"]] == text_of(grid.best_params[setting["path"]])
        column = [text_of(value) for value in grid.trials[setting["path"]]]
        scores = grid.trials["sharpe_ratio"].to_list()
        for label, best in zip(setting["labels"], unpacked(setting["best"]), strict=True):
            assert best == max(score for value, score in zip(column, scores, strict=True) if value == label)


def test_the_table_has_the_best_trials_with_numbers_to_sort_by(grid, data):
    top = grid.top(100)
    assert data["top"]["count"] == 27
    columns = {column["label"]: column for column in data["top"]["columns"]}
    assert columns["Sharpe ratio"]["texts"][0] == f"{grid.best_score:.3f}"
    assert np.array_equal(unpacked(columns["Sharpe ratio"]["order"]), top["sharpe_ratio"].to_numpy())
    stops = unpacked(columns["stop_loss_pct"]["order"])
    assert [[None, 2, 3][int(place)] for place in stops] == top["stop_loss_pct"].to_list()


def test_robustness_is_a_row_a_case(grid, page):
    text = " ".join(page.text)
    for case in grid.robustness().frame["case"]:
        assert case.replace("_", " ") in text
    for sentence in grid.robustness().sentences():
        assert sentence in text


def test_a_metric_that_falls_is_drawn_as_it_is():
    result = engine().optimize_parameters(
        settings=settings(), param_grid=GRID, metric_to_optimize="max_drawdown", honesty=False
    )
    data = data_of(parse(search_report_html(result)))
    assert data["goal"] == {"label": "Maximum drawdown (%)", "higher": False}
    best = min(unpacked(data["settings"][0]["best"]))
    assert best == pytest.approx(100 * result.best_result.metrics["max_drawdown"])


def test_several_goals_have_their_front_and_generations():
    result = engine().genetic_optimize(
        settings=settings(),
        param_space=GRID,
        metric_to_optimize=["total_return", "max_drawdown"],
        population_size=8,
        generations=4,
        honesty=False,
    )
    data = data_of(parse(search_report_html(result)))
    front = data["pareto"]
    assert [goal["label"] for goal in front["goals"]] == ["Total return (%)", "Maximum drawdown (%)"]
    pareto = result.pareto
    assert unpacked(front["goals"][0]["front"]) == pytest.approx(100 * pareto["total_return"].to_numpy())
    assert unpacked(front["goals"][1]["front"]) == pytest.approx(100 * pareto["max_drawdown"].to_numpy())
    chosen = front["sets"][front["chosen"]]
    assert f"cross.fast_period = {result.best_params['cross.fast_period']}" in chosen
    assert data["history"]["count"] == len(result.history)
    assert unpacked(data["history"]["best"]) == pytest.approx(100 * result.history["best"].to_numpy())


def test_what_the_charts_leave_out_is_said(monkeypatch):
    monkeypatch.setattr(search_charts, "LINES", 40)
    result = engine(300).optimize_parameters(
        settings=settings(),
        param_grid={"cross.fast_period": (3, 20, 1), "cross.slow_period": (21, 160, 1)},
        metrics=["sharpe_ratio"],
        honesty=False,
    )
    page = parse(search_report_html(result))
    text = " ".join(page.text)
    assert "cross.slow_period: the charts join 3 neighbours of its 140 values" in text
    assert re.search(r"Parallel axes show 40 of [\d,]+ sets: the best 20 and an even sample", text)
    assert "The table holds the best 100 of 2,520 sets" in text
    data = data_of(page)
    slow = next(one for one in data["settings"] if one["path"] == "cross.slow_period")
    assert slow["labels"][:2] == ["21 – 23", "24 – 26"]
    assert len(slow["labels"]) == 47
    assert len(unpacked(data["parallel"]["goal"])) == 40
    assert max(unpacked(data["parallel"]["goal"])) == result.best_score


def test_a_search_read_from_its_directory_gives_the_same_page(grid, html, tmp_path):
    grid.robustness()
    read = SearchResult.load(grid.save(tmp_path / "kept"))
    assert search_report_html(read) == html


def test_a_walk_forward_stands_beside_its_search(grid, walk):
    page = parse(search_report_html(grid, walk_forward=walk))
    text, data = " ".join(page.text), data_of(page)
    assert "Decay: the parameters earned" in text
    assert len(unpacked(data["walk"]["train_start"])) == len(walk.windows)
    assert unpacked(data["walk"]["curve"]["equity"])[-1] == walk.equity_curve["equity"][-1]
    assert grid.honesty.decay is None


def test_a_walk_forward_alone_has_a_page(walk, tmp_path):
    path = write_search_report(walk, tmp_path / "walk.html", title="Mine")
    page = parse(path.read_text())
    text, data = " ".join(page.text), data_of(page)
    assert "Mine" in text
    for window in walk.windows:
        assert f"stop_loss_pct = {text_of(window.best_params['stop_loss_pct'])}" in text
    first = data["walk"]["metrics"][0]
    assert first["label"] == "Sharpe ratio"
    expected = [window.out_of_sample["sharpe_ratio"] for window in walk.windows]
    assert unpacked(first["tested"]) == pytest.approx(expected)
    with pytest.raises(ParameterError, match="belongs to the report of a search"):
        search_report_html(walk, walk_forward=walk)


def test_no_text_of_the_user_becomes_markup():
    result = engine().optimize_parameters(
        settings=settings(name=HOSTILE), param_grid={"stop_loss_pct": [2, 3]}, honesty=False
    )
    result.outcome.warnings = (HOSTILE,)
    page = parse(search_report_html(result, title=HOSTILE))
    assert "img" not in page.tags
    assert page.tags.count("script") == 3
    assert "".join(page.text).count(HOSTILE) >= 3


def test_a_page_has_an_ending_of_pages(grid, tmp_path):
    with pytest.raises(ParameterError, match=r"must be \.html, was '\.pdf'"):
        write_search_report(grid, tmp_path / "search.pdf")
