from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from made.minutes import MINUTE_NS, frame, minute, recorded
from spark_stacker.connectors.replay import Faults, ReplayConnector, Tape
from spark_stacker.data import Catalogue
from spark_stacker.errors import DataError, OrderRefusedError, ParameterError, RetryableError
from spark_stacker.models import OrderSide, OrderType

if TYPE_CHECKING:
    from pathlib import Path

BUY, SELL = OrderSide.BUY, OrderSide.SELL


def replay(**options: Any) -> ReplayConnector:
    markets = {"ETH-USD": recorded("ETH-USD", range(20)), "BTC-USD": recorded("BTC-USD", range(20))}
    return ReplayConnector("replay", markets, **options)


def advance(connector: ReplayConnector, deliveries: int = 2) -> None:
    for _ in range(deliveries):
        connector.advance()


def test_candles_become_known_as_the_tape_goes_on() -> None:
    connector = replay(warm_up_bars=3)
    assert [c["timestamp"] for c in connector.get_candles("ETH-USD", "1m")] == [
        minute(n) // 10**6 for n in range(3)
    ]
    advance(connector)
    candles = connector.get_candles("ETH-USD", "1m", limit=2)
    assert [c["timestamp"] for c in candles] == [minute(2) // 10**6, minute(3) // 10**6]
    assert candles[-1] == {
        "timestamp": minute(3) // 10**6,
        "open": 103.0,
        "high": 104.0,
        "low": 102.0,
        "close": 103.5,
        "volume": 10.0,
    }
    assert connector.get_candles("ETH-USD", "1m", minute(1) // 10**6, minute(2) // 10**6)[0]["open"] == 101.0


def test_the_ticker_is_the_close_of_the_current_bar() -> None:
    connector = replay(warm_up_bars=3)
    assert connector.get_ticker("ETH-USD") == {
        "symbol": "ETH-USD",
        "last_price": 102.5,
        "timestamp": minute(3) // 10**6,
    }
    with pytest.raises(RetryableError, match="no candle has closed yet"):
        replay().get_ticker("ETH-USD")


def test_a_market_order_fills_at_the_next_open_and_moves_the_balance() -> None:
    connector = replay(warm_up_bars=1, taker_fee_rate=0.001)
    order = connector.place_order("ETH-USD", BUY, OrderType.MARKET, 2.0)
    assert order["status"] == "open"
    advance(connector)
    filled = connector.get_order_status(order["order_id"])
    assert (filled["status"], filled["filled_size"], filled["average_price"]) == ("filled", 2.0, 101.0)
    assert connector.get_account_balance() == {"USD": pytest.approx(10_000 - 0.202)}
    (position,) = connector.get_positions()
    assert (position["symbol"], position["side"], position["size"]) == ("ETH-USD", "long", 2.0)
    connector.close_position("ETH-USD")
    advance(connector)
    assert connector.get_positions() == []
    assert connector.get_account_balance() == {"USD": pytest.approx(10_000 + 2 - 0.202 - 0.204)}


def test_markets_share_the_account() -> None:
    connector = replay(warm_up_bars=1)
    connector.place_order("ETH-USD", BUY, OrderType.MARKET, "1")
    connector.place_order("BTC-USD", SELL, OrderType.MARKET, 1)
    advance(connector)
    assert {(p["symbol"], p["side"]) for p in connector.get_positions()} == {
        ("ETH-USD", "long"),
        ("BTC-USD", "short"),
    }


def test_a_limit_order_waits_and_can_be_cancelled() -> None:
    connector = replay(warm_up_bars=1)
    order = connector.place_order("ETH-USD", BUY, OrderType.LIMIT, 1, 50.0, client_order_id="mine")
    advance(connector)
    assert connector.get_order_status(order["order_id"])["status"] == "open"
    assert connector.cancel_order(order["order_id"])
    assert not connector.cancel_order(order["order_id"])
    status = connector.get_order_status(order["order_id"])
    assert (status["status"], status["reason"], status["client_order_id"]) == (
        "cancelled",
        "requested",
        "mine",
    )


def test_an_order_that_the_account_cannot_carry_is_refused() -> None:
    connector = replay(warm_up_bars=1, balance=100)
    order = connector.place_order("ETH-USD", BUY, OrderType.MARKET, 50)
    advance(connector)
    assert connector.get_order_status(order["order_id"])["status"] == "rejected"
    with pytest.raises(OrderRefusedError, match="bad_leverage"):
        connector.place_order("ETH-USD", BUY, OrderType.MARKET, 1, leverage=0.5)


def test_leverage_is_set_for_new_positions() -> None:
    connector = replay(warm_up_bars=1, balance=100)
    assert connector.set_leverage("ETH-USD", 10) == {"symbol": "ETH-USD", "leverage": 10.0}
    order = connector.place_order("ETH-USD", BUY, OrderType.MARKET, 5)
    advance(connector)
    assert connector.get_order_status(order["order_id"])["status"] == "filled"
    assert connector.get_leverage_tiers("ETH-USD") == []
    with pytest.raises(ParameterError, match="leverage must be at least 1"):
        connector.set_leverage("ETH-USD", 0.5)


def test_an_order_book_is_given_only_where_one_was_recorded() -> None:
    with pytest.raises(ParameterError, match="no order book is recorded"):
        replay().get_orderbook("ETH-USD")
    book = {"bids": [[99.0, 1.0], [98.0, 2.0]], "asks": [[101.0, 1.0]]}
    given = replay(order_books={"ETH-USD": book}).get_orderbook("ETH-USD", depth=1)
    assert given["bids"] == [[99.0, 1.0]]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda c: c.get_ticker("XXX"), "no market 'XXX'"),
        (lambda c: c.get_candles("ETH-USD", "1h"), "1m are recorded"),
        (lambda c: c.place_order("XXX", BUY, OrderType.MARKET, 1), "no market"),
        (lambda c: c.place_order("ETH-USD", BUY, OrderType.MARKET, 0), "size must be above 0"),
        (lambda c: c.place_order("ETH-USD", BUY, OrderType.MARKET, float("nan")), "size must be finite"),
        (lambda c: c.place_order("ETH-USD", BUY, OrderType.MARKET, True), "size must be a number"),
        (lambda c: c.place_order("ETH-USD", BUY, OrderType.LIMIT, 1), "price"),
        (lambda c: c.place_order("ETH-USD", BUY, OrderType.MARKET, 1, levrage=2), "did you mean 'leverage'"),
        (lambda c: c.get_order_status("99"), "no order '99'"),
        (lambda c: c.close_position("ETH-USD"), "no position to close"),
    ],
)
def test_a_wrong_call_is_refused_with_the_reason(call: Any, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        call(replay(warm_up_bars=1))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"speed": 0}, "speed must be"),
        ({"speed": "fast"}, "speed must be"),
        ({"warm_up_bars": 20}, "leave none"),
        ({"warm_up_bars": -1}, "at least 0"),
        ({"warm_up_bars": 1, "start_ns": minute(3)}, "either"),
        ({"start_ns": minute(99)}, "after the last candle"),
        ({"balance": 0}, "balance must be above 0"),
    ],
)
def test_a_wrong_replay_is_refused_with_the_reason(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        replay(**options)


def test_no_recording_is_no_replay() -> None:
    with pytest.raises(ParameterError, match="at least one market"):
        ReplayConnector("replay")


def test_files_are_played_under_the_symbol_in_their_name(tmp_path: Path) -> None:
    frame(range(5)).write_parquet(tmp_path / "ETH-USD_1m.parquet")
    frame(range(5)).with_columns(timestamp=frame(range(5))["timestamp"].dt.epoch("ms")).write_csv(
        tmp_path / "BTC-USD_1m.csv"
    )
    connector = ReplayConnector("replay", files=[tmp_path])
    assert [(m["symbol"], m["interval"]) for m in connector.get_markets()] == [
        ("BTC-USD", "1m"),
        ("ETH-USD", "1m"),
    ]
    frame(range(5)).write_parquet(tmp_path / "x.parquet")
    with pytest.raises(ParameterError, match="does not say its market"):
        ReplayConnector("replay", files=[tmp_path / "x.parquet"])
    with pytest.raises(DataError, match="no such file"):
        ReplayConnector("replay", files=[tmp_path / "LTC-USD_1m.csv"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no files"):
        ReplayConnector("replay", files=[tmp_path / "empty"])


def test_speed_is_a_multiple_of_real_time() -> None:
    assert replay(speed=60).pause_s(MINUTE_NS) == 1.0
    assert replay().pause_s(MINUTE_NS) == 0.0


def test_the_tape_misbehaves_as_told() -> None:
    market = recorded("A", range(6))
    faults = Faults(
        lost=frozenset({("A", minute(1))}),
        absent=frozenset({("A", minute(2))}),
        late={("A", minute(3)): 1},
        duplicated={("A", minute(5)): 2},
    )
    tape = Tape([market], faults=faults)
    delivered = []
    while tape.remaining:
        delivered.append((tape.deliver()[1][0] - minute(0)) // MINUTE_NS)
    assert delivered == [0, 4, 3, 5, 5, 5]
    history = tape.history("A", start_ns=None, end_ns=None, limit=None)
    assert [(row[0] - minute(0)) // MINUTE_NS for row in history] == [0, 1, 3, 4, 5]


def test_a_late_candle_is_not_in_the_history_before_it_comes() -> None:
    tape = Tape([recorded("A", range(6))], faults=Faults(late={("A", minute(1)): 2}))
    for _ in range(3):
        tape.deliver()
    assert [row[0] for row in tape.history("A", start_ns=None, end_ns=None, limit=None)] == [
        minute(0),
        minute(2),
        minute(3),
    ]


def test_a_venue_of_the_catalogue_is_played_with_what_stands_beside_the_candles(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    minutes = frame(range(20))
    rates = minutes.gather_every(5).select("timestamp", rate=pl.lit(0.001))
    catalogue.write(minutes, "v", "ETH-USD", "1m")
    catalogue.write(minutes, "v", "BTC-USD", "1m", metadata={"synthetic": "bull"})
    catalogue.write(rates, "v", "ETH-USD", "5m", kind="funding")
    catalogue.write(minutes.with_columns(volume=pl.lit(0.0)), "v", "ETH-USD", "1m", kind="mark")
    connector = ReplayConnector("replay", venue="v", root=tmp_path)
    assert [market["symbol"] for market in connector.get_markets()] == ["BTC-USD", "ETH-USD"]
    assert [connector.offers(feed, "ETH-USD") for feed in ("funding", "mark", "book")] == [True, True, False]
    assert not connector.offers("funding", "BTC-USD")
    assert connector.source.startswith("replay: synthetic candles of BTC-USD ")
    advance(connector, 12)
    end = minute(100) // 10**6
    assert [row["timestamp"] for row in connector.get_funding_rates("ETH-USD", 0, end)] == [
        minute(number) // 10**6 for number in (0, 5)
    ]
    marks = connector.get_mark_candles("ETH-USD", "1m", minute(4) // 10**6, end)
    assert [row["open"] for row in marks] == [104.0, 105.0]
    one = ReplayConnector("replay", venue="v", symbols=["ETH-USD"], root=tmp_path)
    assert one.source.startswith("replay: recorded candles of ETH-USD ")


def test_a_venue_of_the_catalogue_that_leaves_something_open_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no candles of v in"):
        ReplayConnector("replay", venue="v", root=tmp_path)
    catalogue = Catalogue(tmp_path)
    catalogue.write(frame(range(20)), "v", "ETH-USD", "1m")
    with pytest.raises(DataError, match="no candles of v LTC-USD 1h in"):
        ReplayConnector("replay", venue="v", symbols=["LTC-USD"], root=tmp_path)
    catalogue.write(frame(range(20)).gather_every(5), "v", "ETH-USD", "5m")
    with pytest.raises(ParameterError, match="interval must be one of 1m, 5m for ETH-USD"):
        ReplayConnector("replay", venue="v", root=tmp_path)
    assert (
        ReplayConnector("replay", venue="v", interval="5m", root=tmp_path).get_markets()[0]["interval"]
        == "5m"
    )
