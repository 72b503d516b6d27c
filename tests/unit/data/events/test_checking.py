"""Every defect by itself, in a stream that has nothing else wrong with it."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_stacker.data.events import EVENT_SCHEMA, check_events
from spark_stacker.errors import DataError
from unit.data.events.made_events import DAY, events, random_trades

BOOK = [
    (0, "clear", 0, 0.0, 0.0),
    (1, "snapshot", 1, 99.0, 1.0),
    (1, "snapshot", -1, 101.0, 1.0),
    (2, "depth", 1, 99.5, 2.0),
    (3, "trade", -1, 99.5, 1.0),
]


def found(frame: pl.DataFrame, **settings: object) -> dict[str, tuple[int, int, bool]]:
    report = check_events(frame, **settings)  # type: ignore[arg-type]
    return {finding.kind: (finding.count, finding.row, finding.serious) for finding in report.findings}


def test_a_clean_stream_is_fit_and_described_in_words_and_numbers() -> None:
    report = check_events(events(*BOOK), tick_size=0.5, place="made")
    assert report.ok
    assert report.counts == {"trade": 1, "depth": 1, "snapshot": 2, "clear": 1}
    assert (report.rows, report.messages, report.start_ns, report.end_ns) == (5, 5, DAY, DAY + 3)
    assert str(report).splitlines()[0].startswith("made: 5 events in 5 messages over 0.0 s: 1 trade, 1 depth")
    assert str(report).splitlines()[-1] == "fit to be used as it is"
    assert report.to_dict()["findings"] == []


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ((4, "depth", 1, 101.0, 1.0), "crossed"),
        ((4, "depth", -1, 99.0, 1.0), "crossed"),
        ((4, "quote", 1, 101.5, 1.0), "crossed"),
        ((4, "depth", 1, -1.0, 1.0), "price"),
        ((4, "depth", 1, float("nan"), 1.0), "price"),
        ((4, "trade", 1, 0.0, 1.0), "price"),
        ((4, "mark", 0, float("inf"), 0.0), "price"),
        ((4, "depth", 1, 98.0, -1.0), "size"),
        ((4, "depth", 1, 98.0, float("nan")), "size"),
        ((4, "trade", 1, 98.0, 0.0), "size"),
        ((4, "depth", 0, 98.0, 1.0), "side"),
        ((4, "depth", 1, 98.3, 1.0), "off_grid"),
        ((2, "trade", 1, 98.0, 1.0), "local_time_back"),
    ],
)
def test_a_row_that_breaks_a_rule_is_found_by_its_row(
    row: tuple[int, str, int, float, float], kind: str
) -> None:
    report = found(events(*BOOK, row), tick_size=0.5)
    assert report.pop(kind) == (1, 5, True)
    assert set(report) <= {"exchange_time_back"}


def test_a_book_crossed_within_a_message_only_is_not_crossed() -> None:
    frame = events(
        *BOOK, (4, "depth", 1, 101.0, 1.0), (4, "depth", -1, 101.0, 0.0), (4, "depth", -1, 102.0, 1.0)
    )
    frame = frame.with_columns(last=pl.int_range(pl.len()).is_in([5, 6]).not_())
    assert found(frame) == {}


def test_increments_before_a_snapshot_are_found() -> None:
    assert found(events((0, "depth", 1, 99.0, 1.0), *BOOK)) == {"before_snapshot": (1, 0, True)}
    assert found(events((0, "quote", 1, 99.0, 1.0), (1, "depth", -1, 101.0, 1.0))) == {}


def test_an_event_received_before_it_happened_is_found_with_the_latency() -> None:
    frame = events(*BOOK).with_columns(exchange_ns=pl.col("exchange_ns") + pl.Series([0, 0, 0, 7_000_000, 0]))
    report = check_events(frame)
    assert found(frame)["received_early"] == (1, 3, True)
    assert report.least_latency_ns == -7_000_000
    assert "-7.000 ms at least, 0.000 ms in the middle" in str(report)
    assert "1 of these must be mended first" in str(report)


def test_numbers_of_trades_that_repeat_go_back_or_skip_are_found() -> None:
    frame = random_trades(6).with_columns(sequence=pl.Series([5, 6, 6, 10, 9, 10]))
    assert found(frame) == {
        "trade_twice": (1, 2, True),
        "trades_missing": (3, 3, False),
        "trade_back": (1, 4, True),
    }


def test_numbers_of_the_book_must_rise_and_where_known_by_one() -> None:
    numbers = [5, 5, 5, 7, None]
    assert found(events(*BOOK, numbers=numbers)) == {}
    assert found(events(*BOOK, numbers=numbers), contiguous=True) == {"sequence_gap": (1, 3, True)}
    assert found(events(*BOOK, numbers=[5, 5, 5, 4, None])) == {"sequence_back": (1, 3, True)}


def test_a_level_that_stands_twice_in_a_snapshot_is_found() -> None:
    twice = events((0, "clear", 0, 0.0, 0.0), (0, "snapshot", 1, 99.0, 1.0), (0, "snapshot", 1, 99.0, 2.0))
    frame = twice.with_columns(last=pl.Series([False, False, True]))
    assert found(frame) == {"level_twice": (1, 2, False)}


def test_gaps_and_a_last_message_without_an_end_are_told_but_forbid_nothing() -> None:
    frame = events(*BOOK, (4, "gap", 0, 0.0, 0.0), (4, "snapshot", 1, 1.0, 1.0))
    frame = frame.with_columns(last=pl.int_range(pl.len()) < 5)
    report = check_events(frame)
    assert report.ok
    assert [finding.kind for finding in report.findings] == ["gap", "cut_off"]
    assert report.findings[0].time_ns == DAY + 4


def test_frames_without_the_columns_of_events_are_refused() -> None:
    with pytest.raises(DataError, match="events: no column 'exchange_ns'"):
        check_events(pl.DataFrame({"price": [1.0]}))
    with pytest.raises(DataError, match=r"column price, row 2: null"):
        check_events(events(*BOOK).with_columns(price=pl.Series([1.0, 1.0, None, 1.0, 1.0])))


def crossed_after(rows: list[tuple[int, str, int, float, float]]) -> list[int]:
    """Rows after which the book is crossed, by the plainest of means."""
    sides: dict[int, dict[float, float]] = {1: {}, -1: {}}
    crossed = []
    for place, (_, kind, side, price, size) in enumerate(rows):
        if kind in ("clear", "gap"):
            for one in (1, -1):
                if side != -one:
                    sides[one] = {}
            continue
        if kind == "quote" and size == 0:
            continue
        if kind == "quote":
            sides[side] = {p: s for p, s in sides[side].items() if p * side <= price * side}
        sides[side][price] = size
        bids = [p for p, s in sides[1].items() if s > 0]
        asks = [p for p, s in sides[-1].items() if s > 0]
        if bids and asks and max(bids) >= min(asks):
            crossed.append(place)
    return crossed


ROW = st.tuples(
    st.just(0),
    st.sampled_from(["depth", "depth", "depth", "snapshot", "quote", "clear", "gap"]),
    st.sampled_from([1, -1]),
    st.integers(1, 8).map(float),
    st.sampled_from([0.0, 1.0, 2.0]),
)


@given(st.lists(ROW, min_size=1, max_size=60), st.integers(1, 9))
@settings(max_examples=300, deadline=None)
def test_crossed_books_are_those_of_a_plain_book_however_the_stream_is_cut(
    rows: list[tuple[int, str, int, float, float]], cut: int
) -> None:
    frame = events(*rows)
    expected = crossed_after(rows)
    pieces = [frame[start : start + cut] for start in range(0, frame.height, cut)]
    report = check_events(pieces)
    crossed = [(f.count, f.row) for f in report.findings if f.kind == "crossed"]
    assert crossed == ([(len(expected), expected[0])] if expected else [])


@given(st.lists(ROW, min_size=1, max_size=60), st.integers(1, 9))
@settings(max_examples=100, deadline=None)
def test_a_stream_in_pieces_has_the_findings_of_the_whole(
    rows: list[tuple[int, str, int, float, float]], cut: int
) -> None:
    frame = events(*rows, numbers=[int(7 * row[3]) % 5 for row in rows])
    whole = check_events(frame)
    pieces = check_events(frame[start : start + cut] for start in range(0, frame.height, cut))
    assert pieces.findings == whole.findings
    assert pieces.counts == whole.counts
    assert frame.schema == EVENT_SCHEMA
