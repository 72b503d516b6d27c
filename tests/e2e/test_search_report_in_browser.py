"""The scripts of a search report in a real browser: what they draw, at desktop and phone width."""

from __future__ import annotations

import re

import pytest

from made.browser import drawn, needs_browser
from made.searches import GRID, engine, settings
from spark_stacker.reporting import write_search_report

pytestmark = [pytest.mark.slow, needs_browser]


@pytest.fixture(scope="module")
def walk():
    return engine(24 * 150).walk_forward_analysis(
        settings=settings(), start_date="2024-01-01", param_grid=GRID, train_size=2, test_size=1
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory, walk):
    result = engine(2_000).genetic_optimize(
        settings=settings(),
        param_space=GRID,
        metric_to_optimize=["total_return", "max_drawdown"],
        population_size=9,
        generations=3,
    )
    path = tmp_path_factory.mktemp("report") / "search.html"
    return write_search_report(result, path, walk_forward=walk)


def charts(text):
    """Which of the page's charts hold a drawing."""
    return re.findall(r'<div id="([\w-]+)" class="chart[^"]*js-plotly-plot', text)


@pytest.mark.parametrize(("width", "theme"), [(1400, "light"), (500, "dark")])
def test_every_chart_and_the_table_are_drawn(page, width, theme):
    text = drawn(page, f"theme={theme}", width)
    assert f'data-theme="{theme}"' in text
    found = charts(text)
    for name in ("curves", "map", "parallel", "pareto", "history", "windows", "sides", "stitched"):
        assert name in found
    assert {"effect-0", "effect-1", "effect-2"} <= set(
        re.findall(r'id="(effect-\d)" class="chart js-plotly', text)
    )
    assert text.count('<option value="2">') == 3  # two choosers of three settings, one of windows' metrics
    assert re.search(r"Total return \(%\), the best over all other settings, which luck favours", text)
    rows = re.search(r'<table id="sets">.*?</table>', text, flags=re.DOTALL).group()
    assert rows.count("<tr") >= 10
    assert rows.count('class="chosen"') == 1


def test_the_table_sorts_by_the_column_asked_for(page):
    text = drawn(page, "sort=Closed trades", 1400)
    rows = re.search(r'<table id="sets">.*?</table>', text, flags=re.DOTALL).group()
    places = [re.sub(r"<[^>]+>|\u200b", "", head).strip() for head in re.findall(r"<th.*?</th>", rows)]
    place = places.index("Closed trades ↑")
    values = [
        int(re.findall(r"<td[^>]*>([^<]*)</td>", row)[place].replace(",", ""))
        for row in re.findall(r"<tr[^>]*>(?:<td.*?)</tr>", rows, flags=re.DOTALL)
    ]
    assert values == sorted(values)
    assert len(set(values)) > 1


def test_a_walk_forward_alone_is_drawn(walk, tmp_path):
    text = drawn(write_search_report(walk, tmp_path / "walk.html"), "theme=light", 1400)
    assert set(charts(text)) == {"windows", "sides", "stitched"}
