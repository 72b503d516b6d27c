from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from made.results import made_result
from spark_stacker.backtesting.frames import TABLES, table_frame
from spark_stacker.backtesting.metrics import METRICS, format_duration, format_metric, metric
from spark_stacker.errors import DataError, ParameterError


@pytest.fixture(scope="module")
def result():
    return made_result()


def test_equity_curve_has_one_row_a_bar_and_its_drawdown(result):
    curve = result.equity_curve
    assert curve.schema == {
        "timestamp": pl.Datetime("us", "UTC"),
        "equity": pl.Float64(),
        "drawdown": pl.Float64(),
    }
    assert len(curve) == 400
    assert curve["drawdown"].max() == result.metrics["max_drawdown"]


def test_a_loss_from_the_start_is_drawdown_from_the_initial_balance():
    result = made_result(bars=30, seed=3)
    falls = 1.0 - result.equity_curve["equity"] / 10_000.0
    assert (result.equity_curve["drawdown"] >= falls - 1e-15).all()


def test_tables_have_names_and_times(result):
    trades = result.trades
    assert trades["market"].unique().to_list() == ["ETH-USD"]
    assert trades["account"].unique().to_list() == ["main"]
    assert trades["strategy"].unique().to_list() == ["cross"]
    assert trades.schema["entry_time"] == pl.Datetime("us", "UTC")
    assert len(result.fills) == len(result.orders) > 2 * len(trades) - 1


@pytest.mark.parametrize("table", TABLES)
def test_empty_tables_keep_their_types(table):
    full = table_frame(table, getattr(made_result()._run, table)(), markets=["ETH-USD"], strategies=["cross"])
    empty = table_frame(
        table, {column: [] for column in TABLES[table]}, markets=["ETH-USD"], strategies=["cross"]
    )
    assert empty.is_empty()
    assert empty.schema == full.schema


def test_an_index_without_a_name_is_refused():
    columns = {column: [] for column in TABLES["fills"]}
    run = made_result()._run.fills()
    with pytest.raises(DataError, match="column market must index 1 names, was 3"):
        table_frame(
            "fills", {**columns, **run, "market": [3] * len(run["order"])}, markets=["A"], strategies=["s"]
        )


def test_to_dict_is_plain_json(result):
    text = json.dumps(result.to_dict(), allow_nan=False)
    assert json.loads(text) == result.to_dict()


def test_manifest_carries_version_seed_and_hashes(result):
    manifest = result.manifest
    assert set(manifest) == {"version", "seed", "configuration_sha256", "data"}
    (data,) = manifest["data"]
    assert (data["bars"], data["symbol"], data["first"]) == (400, "ETH-USD", "2024-01-01T00:00:00+00:00")
    assert len(data["sha256"]) == len(manifest["configuration_sha256"]) == 64
    assert made_result(seed=8).manifest["data"][0]["sha256"] != data["sha256"]
    assert made_result(strategy="other").manifest["configuration_sha256"] != manifest["configuration_sha256"]


def test_summary_gives_reasons_for_what_is_undefined():
    text = made_result(bars=10).summary()
    assert "no closed trades" in text
    assert "ETH-USD 1h" in text


def test_open_positions_are_told(result):
    assert len(result.open_positions) == 1
    assert any("1 position stands at the end" in sentence for sentence in result.assumptions)


def test_every_metric_of_the_core_is_described(result):
    assert list(result.metrics) == list(METRICS)


def test_an_unknown_metric_gets_the_closest_name():
    with pytest.raises(
        ParameterError, match="unknown metric 'sharp_ratio' \\(did you mean 'sharpe_ratio'\\?\\)"
    ):
        metric("sharp_ratio")


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("total_return", -0.05, "-5.00 %"),
        ("fees_paid", 1234.5, "1,234.50 USD"),
        ("fees_paid", 0.00012, "0.000120 USD"),
        ("total_trades", 1200, "1,200"),
        ("sharpe_ratio", 1.23456, "1.235"),
        ("sharpe_ratio", None, "–"),
        ("longest_drawdown_seconds", 90_000.0, "1 d 1 h"),
    ],
)
def test_metrics_read_with_their_units(name, value, text):
    assert format_metric(name, value, "USD") == text


def test_durations_have_two_units():
    assert [format_duration(s) for s in (0, 59, 3_661, 86_400 * 3)] == ["0 s", "59 s", "1 h 1 min", "3 d"]


def test_figures_hold_the_curve(result, tmp_path):
    figure = result.plot_equity_curve(tmp_path / "equity.html")
    assert np.array_equal(figure.data[0].y, result.equity_curve["equity"].to_numpy())
    assert [trace.name for trace in figure.data] == ["Strategy", "Buy and hold ETH-USD"]
    first = (tmp_path / "equity.html").read_bytes()
    result.plot_equity_curve(tmp_path / "equity.html")
    assert (tmp_path / "equity.html").read_bytes() == first
    drawdown = result.plot_drawdown(tmp_path / "drawdown.json")
    assert min(drawdown.data[0].y) == pytest.approx(-100 * result.metrics["max_drawdown"])
    assert json.loads((tmp_path / "drawdown.json").read_text())["data"]
    with pytest.raises(ParameterError, match=r"must be \.html or \.json, was '\.gif'"):
        result.plot_drawdown(tmp_path / "x.gif")


def test_a_long_curve_is_thinned_and_says_so():
    result = made_result(bars=30_000)
    figure = result.plot_drawdown()
    assert len(figure.data[0].y) <= 20_002
    assert min(figure.data[0].y) == pytest.approx(-100 * result.metrics["max_drawdown"])
    assert "30,000 points" in figure.layout.title.text
