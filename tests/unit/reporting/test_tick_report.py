"""The report of a run on ticks: its numbers, looked up anew in the result."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from made.books import made_events
from made.pages import parse, unpacked
from spark_stacker.backtesting.ticks import (
    ConstantLatency,
    EventStream,
    GridMaker,
    Targets,
    TickSettings,
    book_picture,
    profit_interval,
    run_tick_backtest,
)
from spark_stacker.errors import ParameterError
from spark_stacker.reporting import tick_charts, tick_report_html, write_tick_report
from spark_stacker.reporting.tick_report import tick_figure

HOSTILE = "</script><script>alert('x')</script><img src=x onerror=alert(1)>&\"'"
MAKER = GridMaker(order_size=0.5, max_position=5.0, levels=3, interval_ms=20)
SETTINGS = TickSettings(
    initial_balance=1e6,
    maker_fee=0.0001,
    order_latency=ConstantLatency(2_000_000),
    record_interval_ns=100_000_000,
)


@pytest.fixture(scope="module")
def stream() -> EventStream:
    return EventStream.of(made_events(60_000, seed=4).frame(), tick_size=0.1)


@pytest.fixture(scope="module")
def interval(stream):
    return profit_interval(stream, MAKER, SETTINGS)


@pytest.fixture(scope="module")
def html(interval, stream):
    return tick_report_html(interval.middle, streams={"BTC-USD": stream}, interval=interval)


@pytest.fixture(scope="module")
def data(html):
    return json.loads(next(text for text in parse(html).scripts if text.startswith('{"quote"')))


def test_the_page_fetches_nothing_and_is_the_same_each_time(html, interval, stream):
    assert parse(html).links == ["data:,"]
    assert tick_report_html(interval.middle, streams={"BTC-USD": stream}, interval=interval) == html


def test_the_profit_is_told_for_three_queues(html, interval):
    text = " ".join(parse(html).text)
    for profit in interval.profits:
        assert f"{profit:,.2f}" in text


def test_fills_orders_and_line_are_those_of_the_result(data, interval):
    fills, (market,) = interval.middle.fills, data["markets"]
    np.testing.assert_allclose(unpacked(market["fills"]["time"]), fills["time_ns"] / 1e6)
    np.testing.assert_array_equal(unpacked(market["fills"]["price"]), fills["price"])
    assert market["fills"]["side"] == fills["side"].to_list()
    rested = interval.middle.orders.filter(pl.col("queue_ahead").is_not_null())
    assert len(market["orders"]["side"]) == rested.height
    np.testing.assert_array_equal(
        np.sort(unpacked(market["orders"]["from"])), np.sort(rested["arrived_ns"].to_numpy() / 1e6)
    )
    assert market["base"] == "BTC"
    assert data["quote"] == "USD"


def test_the_heat_map_is_the_picture_of_the_book(data, interval, stream):
    (market,) = data["markets"]
    price, size = unpacked(market["book"]["price"]), unpacked(market["book"]["size"])
    columns = market["book"]["columns"]
    curve = interval.middle.curve
    step = price[1] - price[0]
    again = book_picture(
        stream,
        start_ns=int(curve["time_ns"][0]),
        end_ns=int(curve["time_ns"][-1]),
        low=price[0] + stream.tick_size / 2,
        high=price[-1] + step - 1.5 * stream.tick_size,
        rows=len(price),
    )
    assert columns == len(again.time_ns)
    np.testing.assert_allclose(again.price, price)
    np.testing.assert_array_equal(size.reshape(columns, -1), again.size)
    prices = interval.middle.fills["price"]
    assert price[0] < prices.min() < prices.max() < price[-1]


def test_markouts_are_weighted_by_notional_with_two_standard_errors(data, interval):
    fills = interval.middle.fills.filter(pl.col("markout_1s").is_not_null())
    weight = (fills["price"] * fills["quantity"]).to_numpy()
    value = 1e4 * fills["markout_1s"].to_numpy()
    mean = (value * weight).sum() / weight.sum()
    spread = (weight * (value - mean) ** 2).sum() / weight.sum()
    effective = weight.sum() ** 2 / (weight**2).sum()
    assert data["markouts"]["all"]["mean"][1] == pytest.approx(mean)
    assert data["markouts"]["all"]["error"][1] == pytest.approx(2 * (spread / (effective - 1)) ** 0.5)
    assert data["markouts"]["taker"]["count"] == 0


def test_what_is_left_out_is_told(monkeypatch, interval, stream):
    monkeypatch.setattr(tick_charts, "ORDERS", 5)
    monkeypatch.setattr(tick_charts, "SAMPLES", 3)
    page = tick_report_html(interval.middle, streams={"BTC-USD": stream})
    text = " ".join(parse(page).text)
    assert "BTC-USD: 5 of " in text
    assert "3 of " in text
    assert "evenly spaced" in text
    assert "Only one assumption was run." in text


def test_trades_alone_have_no_depth_and_nothing_filled_is_said(stream):
    frame = made_events(2_000, seed=1).frame().filter(pl.col("kind") == "trade")
    trades = EventStream.of(frame, tick_size=0.1)
    idle = Targets(time_ns=np.zeros(0, np.int64), position=np.zeros(0))
    settings = TickSettings(record_interval_ns=1_000_000)
    page = tick_report_html(run_tick_backtest(trades, idle, settings), streams={"BTC-USD": trades})
    text = " ".join(parse(page).text)
    assert "Nothing was filled." in text


def test_texts_of_the_user_are_escaped(interval, stream):
    page = tick_report_html(interval.middle, streams={HOSTILE: stream}, title=HOSTILE)
    assert "<img src=x" not in page.replace("\\u003c", "")
    assert "alert('x')</script>" not in page


def test_a_page_has_its_ending(tmp_path, interval, stream):
    with pytest.raises(ParameterError, match=r"must be \.html"):
        write_tick_report(interval.middle, tmp_path / "a.txt", streams={"BTC-USD": stream})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("maker_share", None, "–"),
        ("fees", -1234.5, "-1,234.50 USD"),
        ("median_round_trip_ns", 7_000_000, "7 ms"),
        ("median_time_in_queue_ns", 12_340_000_000, "12.3 s"),
        ("markout_5s", -0.000123, "-1.23 bps"),
        ("maker_share", 0.5, "50.0 %"),
        ("fills", 12345, "12,345"),
        ("median_queue_ahead", 0.25, "0.25"),
    ],
)
def test_figures_have_their_units(name, value, expected):
    assert tick_figure(name, value, "USD") == expected
