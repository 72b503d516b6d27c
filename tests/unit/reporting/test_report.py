from __future__ import annotations

import json
import re

import numpy as np
import pytest
from plotly.offline import get_plotlyjs

from made.pages import parse, unpacked
from made.results import made_result
from spark_stacker.errors import DataError, ParameterError
from spark_stacker.reporting import report_html, write_report
from spark_stacker.reporting.monthly import monthly_returns

HOSTILE = "</script><script>alert('x')</script><img src=x onerror=alert(1)>&\"'"


def data_of(page):
    return json.loads(next(script for script in page.scripts if script.startswith('{"quote"')))


@pytest.fixture(scope="module")
def result():
    return made_result(bars=2_000)


@pytest.fixture(scope="module")
def html(result):
    return report_html(result)


@pytest.fixture(scope="module")
def page(html):
    return parse(html)


def test_the_page_is_well_formed_and_fetches_nothing(html, page):
    assert page.links == ["data:,"]
    own = html.replace(get_plotlyjs(), "")
    assert not re.findall(r"https?://|@import|url\(", own)


def test_the_same_result_gives_the_same_bytes(result, html):
    assert report_html(made_result(bars=2_000)) == html
    assert report_html(result) == html


def test_the_headline_has_the_numbers(result, page):
    text = " ".join(page.text)
    assert f"{100 * result.metrics['total_return']:,.2f} %" in text
    assert f"{result.metrics['sharpe_ratio']:.3f}" in text
    assert "10,000.00 USD" in text
    for sentence in result.assumptions:
        assert sentence in text
    assert result.manifest["data"][0]["sha256"] in text


def test_charts_have_the_curve_the_candles_and_the_trades(result, page):
    data = data_of(page)
    assert np.array_equal(unpacked(data["curve"]["equity"]), result.equity_curve["equity"].to_numpy())
    (market,) = data["markets"]
    assert np.array_equal(unpacked(market["close"]), result.markets[0].candles["close"].to_numpy())
    assert [line["name"] for line in market["lines"]] == ["sma_5", "sma_20"]
    assert {line["panel"] for line in market["lines"]} == {""}
    assert data["trades"]["count"] == len(result.trades)
    assert np.array_equal(unpacked(data["trades"]["profit"]), result.trades["profit"].to_numpy())
    assert unpacked(data["trades"]["entry_time"])[0] == result.trades["entry_time"].dt.epoch("ms")[0]


def test_no_text_of_the_user_becomes_markup():
    result = made_result(symbol=HOSTILE, strategy=HOSTILE, warnings=(HOSTILE,))
    page = parse(report_html(result, title=HOSTILE))
    assert "img" not in page.tags
    assert page.tags.count("script") == parse(report_html(made_result())).tags.count("script")
    assert data_of(page)["markets"][0]["symbol"] == HOSTILE
    assert HOSTILE in "".join(page.text)


def test_warnings_and_undefined_metrics_are_shown():
    page = parse(report_html(made_result(bars=10, warnings=("3 bars missing",))))
    text = " ".join(page.text)
    assert "3 bars missing" in text
    assert "undefined: no closed trades" in text
    assert data_of(page)["trades"]["count"] == 0


def test_what_charts_leave_out_is_said():
    result = made_result(bars=60_000)
    page = parse(report_html(result))
    text = " ".join(page.text)
    assert "each of the finest candles shown joins 2 bars of 1h, 60,000 bars in all" in text
    assert re.search(r"Equity and drawdown show [\d,]+ of 60,000 points", text)
    market = data_of(page)["markets"][0]
    candles = result.markets[0].candles
    assert len(unpacked(market["time"])) == 30_000
    assert unpacked(market["high"])[0] == candles["high"][:2].max()
    assert unpacked(market["close"])[-1] == candles["close"][-1]
    curve = unpacked(data_of(page)["curve"]["drawdown"])
    assert curve.min() == pytest.approx(-100 * result.metrics["max_drawdown"])


def test_monthly_returns_multiply_to_the_total(result):
    years = monthly_returns(result)
    months = [value for year in years.values() for value in year[:12] if value is not None]
    assert np.prod([1 + value for value in months]) == pytest.approx(1 + result.metrics["total_return"])
    yearly = [year[12] for year in years.values()]
    assert np.prod([1 + value for value in yearly]) == pytest.approx(1 + result.metrics["total_return"])


def test_the_file_is_written_whole_or_not_at_all(result, tmp_path, monkeypatch):
    path = write_report(result, tmp_path / "pages" / "report.html", title="Mine")
    assert "<title>Mine</title>" in path.read_text()
    with pytest.raises(ParameterError, match=r"must be \.html, was '\.pdf'"):
        write_report(result, tmp_path / "report.pdf")
    (tmp_path / "taken.html").mkdir()
    with pytest.raises(DataError, match="cannot be written"):
        write_report(result, tmp_path / "taken.html")
    assert [item.name for item in path.parent.iterdir()] == ["report.html"]
