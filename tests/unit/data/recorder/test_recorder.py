"""Messages as they come, to parts that can be read, whatever happens to the process."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from spark_stacker.connectors.contract import MarketStreams
from spark_stacker.connectors.replay import ReplayMarket
from spark_stacker.data import Catalogue
from spark_stacker.data.events import check_events
from spark_stacker.data.market_messages import MarketMessage, MarketRow
from spark_stacker.data.recorder import Recorder, kraken_checksum, record, recover
from spark_stacker.data.recorder.journal import JOURNAL, ROW
from spark_stacker.errors import DataError, ParameterError
from unit.data.events.made_events import DAY, events, random_trades

if TYPE_CHECKING:
    from pathlib import Path

    from spark_stacker.data.events import EventCatalogue

PLACE = ("replay", "BTC/USDT")


@pytest.fixture
def catalogue(tmp_path: Path) -> EventCatalogue:
    return Catalogue(tmp_path / "data").events


def level(side: int, price: str, size: str, kind: str = "depth") -> MarketRow:
    return MarketRow(kind, side, Decimal(price), Decimal(size))


def message(at: int, *rows: MarketRow, **settings: object) -> MarketMessage:
    return MarketMessage(symbol="BTC/USDT", local_ns=DAY + at, rows=rows, **settings)  # type: ignore[arg-type]


SNAPSHOT = (level(1, "99", "1", "snapshot"), level(-1, "101", "1", "snapshot"))


def kinds(catalogue: EventCatalogue) -> list[str]:
    return catalogue.read(*PLACE)["kind"].cast(pl.String).to_list()


def play(frame: pl.DataFrame, recorder: Recorder, **settings: object) -> None:
    market = ReplayMarket(lambda: [frame], "BTC/USDT")
    asyncio.run(record(market.stream_market("BTC/USDT"), recorder, **settings))  # type: ignore[arg-type]


def test_a_replay_that_is_recorded_comes_back_the_same(catalogue: EventCatalogue) -> None:
    frame = random_trades(2_500)
    with Recorder(catalogue, *PLACE, rotate_rows=1_000) as recorder:
        play(frame, recorder)
    assert_frame_equal(catalogue.read(*PLACE), frame)
    assert [part.rows for part in catalogue.describe(*PLACE).parts] == [1_000, 1_000, 500]
    assert recorder.done.parts == tuple(part.path for part in catalogue.describe(*PLACE).parts)
    assert not (catalogue.place(*PLACE) / JOURNAL).exists()


def test_a_part_is_finished_by_time_and_at_the_end_of_the_day(catalogue: EventCatalogue) -> None:
    second = 10**9
    with Recorder(catalogue, *PLACE, rotate_s=10) as recorder:
        for at in (0, 9 * second, 10 * second, 86_400 * second - 1, 86_400 * second):
            recorder.take(message(at, level(1, "1", "1", "trade")))
    parts = catalogue.describe(*PLACE).parts
    assert [(part.path.name, part.rows) for part in parts] == [
        ("2024-08-08-000.parquet", 2),
        ("2024-08-08-001.parquet", 1),
        ("2024-08-08-002.parquet", 1),
        ("2024-08-09-000.parquet", 1),
    ]


def test_a_snapshot_gets_its_clears_and_is_one_message(catalogue: EventCatalogue) -> None:
    with Recorder(catalogue, *PLACE) as recorder:
        recorder.take(message(1, *SNAPSHOT, number=5, exchange_ns=DAY))
    frame = catalogue.read(*PLACE)
    assert kinds(catalogue) == ["clear", "clear", "snapshot", "snapshot"]
    assert frame["last"].to_list() == [False, False, False, True]
    assert frame["sequence"].to_list() == [5] * 4
    assert frame["exchange_ns"].unique().to_list() == [DAY]
    assert check_events(frame).ok


@pytest.mark.parametrize(
    ("numbers", "broken"),
    [
        ({"number": 9, "previous_number": 8}, True),
        ({"number": 9, "previous_number": 5}, False),
        ({"number": 9, "previous_number": 4}, False),
        ({"number": 9, "first_number": 7}, True),
        ({"number": 9, "first_number": 6}, False),
        ({"number": 9}, False),
        ({"number": 4}, True),
        ({}, False),
    ],
)
def test_numbers_that_do_not_follow_make_a_gap(
    catalogue: EventCatalogue, numbers: dict[str, int], broken: bool
) -> None:
    with Recorder(catalogue, *PLACE) as recorder:
        recorder.take(message(1, *SNAPSHOT, number=5))
        recorder.take(message(2, level(1, "99.5", "1"), **numbers))
    assert kinds(catalogue)[4:] == (["gap", "depth"] if broken else ["depth"])
    assert recorder.done.gaps == int(broken)


def test_lost_messages_make_a_gap_before_what_comes_next(catalogue: EventCatalogue) -> None:
    with Recorder(catalogue, *PLACE) as recorder:
        recorder.take(message(1, *SNAPSHOT))
        recorder.take(message(2, level(1, "99.5", "1"), lost=True))
    assert kinds(catalogue)[4:] == ["gap", "depth"]
    assert recorder.done.breaks == (f"{DAY + 2}: messages were lost",)


def test_a_gap_lies_at_the_exchange_before_the_message_that_follows_it(catalogue: EventCatalogue) -> None:
    with Recorder(catalogue, *PLACE) as recorder:
        recorder.take(message(1, *SNAPSHOT, exchange_ns=DAY))
        recorder.take(message(20, *SNAPSHOT, exchange_ns=DAY + 5, lost=True))
    rows = catalogue.read(*PLACE)
    assert rows["kind"].to_list()[4:7] == ["gap", "clear", "clear"]
    assert rows["exchange_ns"].to_list()[4:] == [DAY + 5] * 5


def test_numbers_begin_anew_after_lost_messages(catalogue: EventCatalogue) -> None:
    with Recorder(catalogue, *PLACE) as recorder:
        recorder.take(message(1, *SNAPSHOT, number=5))
        recorder.take(message(2, *SNAPSHOT, number=50, lost=True))
        recorder.take(message(3, level(1, "99.5", "1"), number=51, previous_number=50))
    assert recorder.done.gaps == 1


def test_a_message_without_rows_says_only_that_others_were_lost(catalogue: EventCatalogue) -> None:
    with Recorder(catalogue, *PLACE) as recorder:
        recorder.take(message(1, *SNAPSHOT, number=5))
        recorder.take(message(2, lost=True))
        recorder.take(message(3, *SNAPSHOT, number=9))
    assert kinds(catalogue)[4:] == ["gap", *kinds(catalogue)[:4]]
    assert (recorder.done.gaps, recorder.done.messages) == (1, 2)


def test_gaps_of_a_replay_that_is_recorded_come_back_at_their_times(catalogue: EventCatalogue) -> None:
    frame = random_trades(300)
    gap = frame[150:151].with_columns(kind=pl.lit("gap").cast(frame.schema["kind"]), price=0.0, size=0.0)
    gap = gap.with_columns(side=pl.lit(0, pl.Int8), sequence=pl.lit(None, pl.Int64))
    holed = pl.concat(
        [frame[:150], gap, frame[151:], gap.with_columns(frame[-1].select("exchange_ns", "local_ns"))]
    )
    with Recorder(catalogue, *PLACE) as recorder:
        play(holed, recorder)
    assert_frame_equal(catalogue.read(*PLACE), holed)
    assert recorder.done.gaps == 2


def test_a_checksum_that_does_not_hold_makes_a_gap_after_the_message(catalogue: EventCatalogue) -> None:
    asks, bids = [(Decimal(101), Decimal(1))], [(Decimal(99), Decimal(1))]
    right = kraken_checksum(bids, asks)
    with Recorder(catalogue, *PLACE, checksum=kraken_checksum) as recorder:
        recorder.take(message(1, *SNAPSHOT, checksum=right))
        recorder.take(message(2, level(1, "98", "1"), checksum=right))
        recorder.take(message(3, level(1, "98", "0"), checksum=1))
        recorder.take(message(4, *SNAPSHOT, checksum=right))
    assert kinds(catalogue) == [
        "clear",
        "clear",
        "snapshot",
        "snapshot",
        "depth",
        "gap",
        "depth",
        *kinds(catalogue)[:4],
    ]
    assert recorder.done.gaps == 1


def test_a_start_after_events_that_are_there_begins_with_a_gap(catalogue: EventCatalogue) -> None:
    for at in (1, 100):
        with Recorder(catalogue, *PLACE) as recorder:
            recorder.take(message(at, level(1, "1", "1", "trade")))
    assert kinds(catalogue) == ["trade", "gap", "trade"]


def test_a_clock_that_is_set_back_keeps_the_order_of_arrival_and_is_counted(
    catalogue: EventCatalogue,
) -> None:
    with Recorder(catalogue, *PLACE) as recorder:
        for at in (5, 3, 7):
            recorder.take(message(at, level(1, "1", "1", "trade")))
    assert (catalogue.read(*PLACE)["local_ns"] - DAY).to_list() == [5, 5, 7]
    assert recorder.done.late == 1


def test_what_was_flushed_before_a_kill_becomes_a_part(catalogue: EventCatalogue) -> None:
    frame = random_trades(150)
    recorder = Recorder(catalogue, *PLACE, rotate_rows=100)
    for message_ in (message(at, level(1, "1", "1", "trade")) for at in range(150)):
        recorder.take(message_)
    recorder.flush()
    journal = catalogue.place(*PLACE) / JOURNAL
    with pytest.raises(DataError, match="is being recorded by another process"):
        recover(catalogue, *PLACE)
    recorder._journal._file.close()
    journal.write_bytes(journal.read_bytes()[: -ROW.itemsize // 2])
    assert recover(catalogue, *PLACE) is not None
    assert [part.rows for part in catalogue.describe(*PLACE).parts] == [100, 49]
    assert catalogue.describe(*PLACE).sources == ("recorded", "recorded, recovered")
    assert not journal.exists()
    assert recover(catalogue, *PLACE) is None
    assert frame.height == 150


def test_a_journal_whose_part_was_finished_is_not_kept_twice(catalogue: EventCatalogue) -> None:
    recorder = Recorder(catalogue, *PLACE, rotate_rows=1_000)
    recorder.take(message(1, level(1, "1", "1", "trade")))
    recorder.flush()
    journal = catalogue.place(*PLACE) / JOURNAL
    before = journal.read_bytes()
    recorder.close()
    journal.write_bytes(before)
    assert recover(catalogue, *PLACE) is None
    assert catalogue.describe(*PLACE).rows == 1


def test_half_a_message_in_a_journal_is_left_out(catalogue: EventCatalogue) -> None:
    recorder = Recorder(catalogue, *PLACE)
    recorder.take(message(1, level(1, "1", "1", "trade")))
    recorder.take(message(2, *SNAPSHOT))
    recorder.flush()
    recorder._journal._file.close()
    journal = catalogue.place(*PLACE) / JOURNAL
    journal.write_bytes(journal.read_bytes()[: -ROW.itemsize])
    recover(catalogue, *PLACE)
    assert kinds(catalogue) == ["trade"]


@pytest.mark.parametrize("junk", [b"", b"spark", b"something else" * 9])
def test_a_file_that_is_no_journal_is_refused_and_an_empty_one_is_nothing(
    catalogue: EventCatalogue, junk: bytes
) -> None:
    journal = catalogue.place(*PLACE) / JOURNAL
    journal.parent.mkdir(parents=True)
    journal.write_bytes(junk)
    if len(junk) > 10:
        with pytest.raises(DataError, match="is no journal of a recording"):
            recover(catalogue, *PLACE)
        assert journal.read_bytes() == junk
    else:
        assert recover(catalogue, *PLACE) is None


def test_what_is_not_of_the_market_or_not_a_setting_is_refused(catalogue: EventCatalogue) -> None:
    with Recorder(catalogue, *PLACE) as recorder:
        with pytest.raises(DataError, match=r"a message of ETH/USDT; expected BTC/USDT"):
            recorder.take(MarketMessage(symbol="ETH/USDT", local_ns=DAY))
        with pytest.raises(DataError, match="a row of kind 'fill'"):
            recorder.take(message(1, level(1, "1", "1", "fill")))
        with pytest.raises(ParameterError, match="flush_s must be above 0, was 0"):
            play(random_trades(1), recorder, flush_s=0)
    with pytest.raises(ParameterError, match="rotate_rows and rotate_s must be above 0"):
        Recorder(catalogue, *PLACE, rotate_rows=0)


async def test_a_replay_keeps_its_pace_and_its_feeds() -> None:
    frame = events(
        (0, "trade", 1, 1.0, 1.0), (10**9, "quote", 1, 1.0, 1.0), (2 * 10**9, "trade", 1, 1.0, 1.0)
    )
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    market = ReplayMarket(lambda: [frame], "BTC/USDT", speed=100.0, sleep=sleep)
    assert isinstance(market, MarketStreams)
    got = [seen async for seen in market.stream_market("BTC/USDT", ("trades",))]
    assert [seen.local_ns - DAY for seen in got] == [0, 2 * 10**9]
    assert sum(slept) == pytest.approx(0.02, abs=0.002)
    with pytest.raises(ParameterError, match="not trades of ETH/USDT"):
        await anext(market.stream_market("ETH/USDT", ("trades",)))
    with pytest.raises(ParameterError, match="speed must be above 0"):
        ReplayMarket(lambda: [frame], "BTC/USDT", speed=0.0)


async def test_rows_are_on_disk_within_the_time_of_a_flush(catalogue: EventCatalogue) -> None:
    frame = events((0, "trade", 1, 1.0, 1.0), (3_600 * 10**9, "trade", 1, 1.0, 1.0))
    market = ReplayMarket(lambda: [frame], "BTC/USDT", speed=1.0)
    journal = catalogue.place(*PLACE) / JOURNAL
    with Recorder(catalogue, *PLACE) as recorder:
        task = asyncio.create_task(record(market.stream_market("BTC/USDT"), recorder, flush_s=0.02))
        await asyncio.sleep(0.3)
        assert len(np.frombuffer(journal.read_bytes()[-ROW.itemsize :], ROW)) == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert catalogue.describe(*PLACE).rows == 1


def test_the_checksums_of_a_recorded_book_of_kraken_hold(fixtures_dir: Path) -> None:
    """Recorded by python-kraken-sdk (spot, feed v2, BTC/USD: prices of 1 decimal, sizes of 8)."""
    import json

    path = fixtures_dir / "payloads" / "kraken" / "ws_v2_book_btcusd_checksummed.json"
    sides: dict[str, dict[Decimal, Decimal]] = {"bids": {}, "asks": {}}
    compared = 0
    for payload in json.loads(path.read_text())["response"]:
        for book in payload.get("data", []):
            for name, side in sides.items():
                for row in book[name]:
                    side[Decimal(f"{row['price']:.1f}")] = Decimal(f"{row['qty']:.8f}")
                ranked = sorted((p for p, size in side.items() if size), reverse=name == "bids")[:10]
                sides[name] = {price: side[price] for price in ranked}
            assert kraken_checksum([*sides["bids"].items()], [*sides["asks"].items()]) == book["checksum"]
            compared += 1
    assert compared > 1
