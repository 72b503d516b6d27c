"""How orders on ticks were executed: looked up anew in the events, in plain Python."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from made.books import START_NS
from spark_stacker.backtesting.ticks import (
    ConstantLatency,
    EventStream,
    TickSettings,
    book_picture,
    configured_profit_interval,
    run_configured,
    run_tick_backtest,
)
from spark_stacker.backtesting.ticks.film import BookPicture
from spark_stacker.config import parse_settings
from spark_stacker.errors import DataError, ParameterError

SECOND = 1_000_000_000


def quotes_and_trades(seconds: int, *, symbol_offset: float = 0.0) -> pl.DataFrame:
    """A quote every 100 ms whose middle walks up and down, and a trade in between at its touch."""
    rows = []
    for tenth in range(10 * seconds):
        time = START_NS + tenth * SECOND // 10
        middle = round(1_000 + symbol_offset + 40 * np.sin(tenth / 25.0))
        for side, price in ((1, middle - 1), (-1, middle + 1)):
            rows.append((time, "quote", side, float(price), 50.0, side < 0))
        taker = 1 if tenth % 3 else -1
        rows.append((time + SECOND // 20, "trade", taker, float(middle + taker), 2.0, True))
    frame = pl.DataFrame(rows, schema=["exchange_ns", "kind", "side", "price", "size", "last"], orient="row")
    return frame.with_columns(local_ns=pl.col("exchange_ns") + 1_000_000)


def settings_of(*markets: str):
    return parse_settings(
        {
            "initial_balance": 1_000_000,
            "max_parallel_trades": len(markets),
            "indicators": [
                {
                    "name": "ma",
                    "type": "ma",
                    "timeframe": "1s",
                    "parameters": {"fast_period": 2, "slow_period": 5},
                }
            ],
            "strategies": [
                {
                    "name": f"cross {market}",
                    "market": market,
                    "timeframe": "1s",
                    "indicators": ["ma"],
                    "sizing": {"method": "fixed_units", "units": 3.0},
                    "stop_loss_pct": 1.0,
                }
                for market in markets
            ],
            "simulation": {"maker_fee": 0, "taker_fee": 0.0005},
        },
        source="test",
    )


def middle_at(frame: pl.DataFrame, time_ns: int, *, before: bool) -> float | None:
    """Middle of the last two quotes that happened by a time, or before it."""
    quotes = frame.filter(pl.col("kind") == "quote")
    times = pl.col("exchange_ns")
    quotes = quotes.filter(times < time_ns if before else times <= time_ns)
    bids, asks = (quotes.filter(pl.col("side") == side)["price"] for side in (1, -1))
    return None if bids.is_empty() else (bids[-1] + asks[-1]) / 2


@pytest.mark.parametrize("symbols", [("BTC-USD",), ("BTC-USD", "ETH-USD")])
def test_configured_strategies_have_contexts_and_markouts(symbols: tuple[str, ...]) -> None:
    frames = {
        symbol: quotes_and_trades(120, symbol_offset=300.0 * place) for place, symbol in enumerate(symbols)
    }
    latency = ConstantLatency(30_000_000), ConstantLatency(7_000_000)
    ticks = TickSettings(order_latency=latency[0], answer_latency=latency[1])
    result = run_configured(settings_of(*symbols), frames, ticks)
    orders, fills = result.execution.orders, result.execution.fills
    assert fills.height >= 6 * len(symbols)
    sent = orders.filter(pl.col("kind") == "market")
    assert (sent["decided_ns"] % SECOND == START_NS % SECOND).all()
    assert (sent["arrived_ns"] - sent["decided_ns"]).unique().to_list() == [30_000_000]
    assert (sent["answered_ns"] - sent["arrived_ns"]).unique().to_list() == [7_000_000]
    stops = orders.filter(pl.col("kind") == "stop")
    assert stops.height > 0
    assert (stops["arrived_ns"] == stops["decided_ns"]).all()
    end = frames[symbols[0]]["exchange_ns"][-1]
    for order in sent.iter_rows(named=True):
        frame = frames[symbols[order["market"]]]
        assert order["arrival_mid"] == middle_at(frame, order["arrived_ns"], before=False)
    for fill in fills.iter_rows(named=True):
        frame = frames[symbols[fill["market"]]]
        assert fill["mid"] == middle_at(frame, fill["time_ns"], before=False)
        sign = 1.0 if fill["side"] == "buy" else -1.0
        for name, seconds in (("1s", 1), ("5s", 5), ("30s", 30)):
            later = fill["time_ns"] + seconds * SECOND
            expected = middle_at(frame, later, before=False) if later < end else None
            assert fill[f"mid_{name}"] == expected
            if expected is not None:
                markout = sign * (expected - fill["price"]) / fill["price"]
                assert fill[f"markout_{name}"] == pytest.approx(markout, abs=1e-15)
        if fill["liquidity"] == "taker" and fill["purpose"] == "entry":
            slippage = sign * (fill["price"] - fill["arrival_mid"]) / fill["arrival_mid"]
            assert fill["slippage"] == pytest.approx(slippage, abs=1e-15)
            assert fill["slippage"] > 0


def test_parts_of_several_markets_are_played_as_whole_tapes_are() -> None:
    symbols = ("BTC-USD", "ETH-USD")
    frames = {
        symbol: quotes_and_trades(60, symbol_offset=300.0 * place) for place, symbol in enumerate(symbols)
    }
    settings = settings_of(*symbols)

    def in_parts(frame: pl.DataFrame, rows: int) -> EventStream:
        return EventStream(lambda: frame.iter_slices(rows), tick_size=1.0)

    whole = run_configured(settings, {s: in_parts(frames[s], 10**6) for s in symbols})
    parts = run_configured(
        settings, {s: in_parts(frames[s], rows) for s, rows in zip(symbols, (7, 31), strict=True)}
    )
    assert whole.fills.equals(parts.fills)
    assert whole.orders.equals(parts.orders)
    assert whole.equity_curve.equals(parts.equity_curve)
    assert whole.execution.fills.equals(parts.execution.fills)
    assert whole.profit == parts.profit
    with pytest.raises(ParameterError, match="tick_size must be the same for all tapes"):
        run_configured(
            settings_of("BTC-USD"), {"BTC-USD": _changing(EventStream(list, tick_size=1.0), frames)}
        )


def _changing(stream: EventStream, frames: dict[str, pl.DataFrame]) -> EventStream:
    """Tapes of another tick size than they are said to have."""
    tapes = EventStream(lambda: [frames["BTC-USD"]], tick_size=0.5).tapes
    stream.tapes = tapes  # type: ignore[method-assign]
    return stream


def test_the_interval_of_a_configuration_has_three_runs_and_counts_the_end() -> None:
    frame = quotes_and_trades(60)
    interval = configured_profit_interval(settings_of("BTC-USD"), {"BTC-USD": frame})
    assert [result.ticks.queue for result in interval.results.values()] == [
        *("conservative", "proportional", "optimistic"),
    ]
    middle = interval.middle
    fills = middle.fills
    sign = np.where(fills["side"] == "buy", 1.0, -1.0)
    held = float((sign * fills["quantity"].to_numpy()).sum())
    cash = float(
        -(sign * fills["price"].to_numpy() * fills["quantity"].to_numpy()).sum() - fills["fee"].sum()
    )
    last = middle_at(frame, 2**62, before=True)
    assert middle.profit == pytest.approx(cash + held * last, abs=1e-6)


def test_before_the_start_only_the_books_are_built() -> None:
    frame = quotes_and_trades(60)
    start, end = START_NS + 20 * SECOND, START_NS + 50 * SECOND
    stream = EventStream.of(frame).between(start, end)
    result = run_configured(settings_of("BTC-USD"), {"BTC-USD": stream})
    opened = result.equity_curve["timestamp"].dt.epoch("ns")
    # The bar before the end has not closed: nothing has come after it.
    assert (opened.min(), opened.max()) == (start, end - 2 * SECOND)
    assert result.execution.orders["decided_ns"].min() > start
    # Equal to a run over these events alone, but for the quotes that the book is known from.
    known = frame.filter(pl.col("local_ns") < end).filter(
        (pl.col("local_ns") >= start) | (pl.col("kind") == "quote")
    )
    alone = run_configured(settings_of("BTC-USD"), {"BTC-USD": known})
    assert result.fills.equals(alone.fills)
    assert result.fills.height > 3

    class Watcher:
        timer_interval_ns = SECOND
        bar_interval = "1s"

        def __init__(self) -> None:
            self.seen: list[int] = []

        def on_trade(self, desk, _trade) -> None:
            self.seen.append(desk.now_ns)

        def on_bar(self, desk, bar) -> None:
            assert bar.open_time_ns >= start
            self.seen.append(desk.now_ns)

        def on_timer(self, desk) -> None:
            assert desk.mid is not None
            self.seen.append(desk.now_ns)

    watcher = Watcher()
    ran = run_tick_backtest(stream, watcher)
    assert start <= min(watcher.seen) < max(watcher.seen) < end
    in_range = frame.filter((pl.col("exchange_ns") >= start) & (pl.col("local_ns") < end))
    assert ran.events == in_range.height
    assert ran.curve["time_ns"][0] == start + TickSettings().record_interval_ns
    with pytest.raises(DataError, match="no events from the start"):
        run_tick_backtest(EventStream.of(frame).between(end + 100 * SECOND, None), Watcher())
    with pytest.raises(ParameterError, match="end must be after start"):
        stream.between(end, start)
    with pytest.raises(ParameterError, match="must start together"):
        run_configured(settings_of("BTC-USD", "ETH-USD"), {"BTC-USD": stream, "ETH-USD": frame})


def plain_picture(frame: pl.DataFrame, times: list[int], first: int, row_ticks: int, rows: int) -> np.ndarray:
    """The depth at each time, in a dictionary that every event changes."""
    picture = np.full((len(times), rows), np.nan)
    for column, time in enumerate(times):
        if time > frame["exchange_ns"][-1]:
            continue
        levels: dict[tuple[int, int], float] = {}
        told = False
        for event in frame.filter(pl.col("exchange_ns") <= time).iter_rows(named=True):
            told |= event["kind"] != "trade"
            tick = round(event["price"] / 0.5)
            if event["kind"] == "clear":
                levels = {}
            elif event["kind"] in ("depth", "snapshot"):
                levels[event["side"], tick] = event["size"]
        if told:
            picture[column] = 0.0
            for (_, tick), size in levels.items():
                row = (tick - first) // row_ticks
                if 0 <= row < rows:
                    picture[column, row] += size
    return picture


def test_a_picture_of_the_book_is_that_of_a_plain_walk_through_the_events() -> None:
    draw = np.random.default_rng(3)
    rows = [(START_NS, "trade", 1, 50.0, 1.0), (START_NS + 3, "clear", 0, 0.0, 0.0)]
    for step in range(400):
        side = 1 if draw.random() < 0.5 else -1
        tick = 100 - side * int(draw.integers(1, 12))
        size = 0.0 if draw.random() < 0.3 else float(draw.integers(1, 9))
        rows.append((START_NS + 4 + 10 * step, "depth", side, 0.5 * tick, size))
    frame = pl.DataFrame(rows, schema=["exchange_ns", "kind", "side", "price", "size"], orient="row")
    frame = frame.with_columns(local_ns=pl.col("exchange_ns") + 5, last=pl.lit(True))
    stream = EventStream(lambda: frame.iter_slices(37), tick_size=0.5)
    picture = book_picture(
        stream, start_ns=START_NS, end_ns=START_NS + 4_100, low=46.3, high=53.0, columns=50, rows=5
    )
    first, row_ticks = 92, 3
    assert picture.price.tolist() == [0.5 * (first + row_ticks * row) for row in range(5)]
    expected = plain_picture(frame, picture.time_ns.tolist(), first, row_ticks, 5)
    np.testing.assert_array_equal(picture.size, expected)
    assert not picture.is_empty
    assert BookPicture(picture.time_ns, picture.price, np.full((50, 5), np.nan)).is_empty


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ({"low": 0.0, "high": 5.0}, "low and high must be prices"),
        ({"low": 7.0, "high": 5.0}, "low and high must be prices"),
        ({"low": 1.0, "high": 2.0, "end_ns": START_NS}, "end_ns must be after"),
    ],
)
def test_a_picture_needs_a_range(span: dict[str, float], expected: str) -> None:
    stream = EventStream.of(quotes_and_trades(1))
    asked = {"start_ns": START_NS, "end_ns": START_NS + 1, **span}
    with pytest.raises(ParameterError, match=expected):
        book_picture(stream, **asked)  # type: ignore[arg-type]


def test_what_a_film_has_shown_takes_no_more() -> None:
    from spark_stacker._core import BookFilm

    film = BookFilm([START_NS], first_tick=1, row_ticks=1, rows=1)
    film.finish()
    with pytest.raises(ParameterError, match="has been read"):
        film.finish()
    with pytest.raises(ParameterError, match="rows must be at least one"):
        BookFilm([START_NS], first_tick=1, row_ticks=0, rows=1)


def test_parts_without_a_tick_size_are_refused() -> None:
    with pytest.raises(DataError, match="tick size of events in parts must be given"):
        run_tick_backtest(iter([quotes_and_trades(1)]), object(), place="here")
