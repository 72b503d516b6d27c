"""The report's scripts in a real browser: what they draw, at desktop and phone width."""

from __future__ import annotations

import re

import pytest

from made.browser import drawn, needs_browser
from made.results import made_result
from spark_stacker.reporting import write_report

pytestmark = [pytest.mark.slow, needs_browser]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return write_report(made_result(bars=3_000), tmp_path_factory.mktemp("report") / "report.html")


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (500, "dark")])
def test_charts_and_table_are_drawn(page, width, theme):
    text = drawn(page, f"theme={theme}", width)
    assert f'data-theme="{theme}"' in text
    assert text.count('aria-selected="false"') == 25
    assert len(re.findall(r'class="main-svg"', text)) >= 4
    assert re.search(r"Each candle joins \d+ bars of 1h; zoom in for finer ones", text)
    for name in ("sma_5", "sma_20", "Exit"):
        assert f">{name}</span>" in text


def test_a_trade_of_the_table_leads_to_its_bars(page):
    text = drawn(page, "trade=30", 1280)
    assert len(re.findall(r'<tr [^>]*aria-selected="true"', text)) == 1
    assert "Each candle is a bar of 1h. Trade 30 is highlighted." in text
    assert "page 2 of" in text
    for name in ("Long entry", "Short entry", "Stop at entry"):
        assert f">{name}</span>" in text
