"""Recorded files become streams of events that the core can play, with the book that a plain reading has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from spark_stacker.data.events import EVENT_SCHEMA, Steps, check_events, import_events, infer_steps, to_tape
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

SNAPSHOTS = """exchange,symbol,timestamp,local_timestamp,\
asks[0].price,asks[0].amount,bids[0].price,bids[0].amount
binance,BTCUSDT,1700000000000000,1700000000000100,100.5,3,99.5,2
binance,BTCUSDT,1700000000001000,1700000000001100,100,1,99,4
"""


def test_each_book_snapshot_empties_the_book_before(tmp_path: Path) -> None:
    path = tmp_path / "snapshots.csv"
    path.write_text(SNAPSHOTS)
    frame = import_events(path).frame
    samples = to_tape(frame, tick_size=0.5).book_samples(frame["local_ns"].tail(1).to_numpy(), 5)
    assert sorted(samples["price"].tolist()) == [99.0, 100.0]


def test_steps_are_the_coarsest_on_which_all_lies() -> None:
    frame = pl.DataFrame({"kind": ["trade"] * 3, "price": [0.15, 0.3, 0.45], "size": [10.0, 25.0, 40.0]})
    assert infer_steps(frame) == Steps(tick_size=0.15, lot_size=5.0)
    small = frame.with_columns(
        price=pl.Series([1e-7, 3e-7, 61_737.63]), size=pl.Series([1e8, 5e8, 0.1 + 0.2])
    )
    assert infer_steps(small) == Steps(tick_size=1e-7, lot_size=0.1)
    with pytest.raises(DataError, match="no trade"):
        infer_steps(frame.with_columns(kind=pl.lit("mark")))
    with pytest.raises(DataError, match="lies on no grid of 12 decimal places; give the tick size"):
        infer_steps(frame.with_columns(price=pl.Series([1 / 3, 2.0, 3.0])))


MARKETS = {
    "hb_binance_spot_btcusdt_20240808": (["l2", "trades"], Steps(0.01, 1e-06)),
    "hb_binance_usdm_btcusdt_20240808": (["l2", "trades"], Steps(0.1, 0.001)),
}


def files_of(fixtures_dir: Path, market: str, feeds: list[str]) -> list[Path]:
    return [fixtures_dir / "data" / f"{market}_{feed}.parquet" for feed in feeds]


@pytest.mark.parametrize("market", MARKETS)
def test_recorded_feeds_are_clean_but_for_their_clocks(fixtures_dir: Path, market: str) -> None:
    feeds, steps = MARKETS[market]
    files = files_of(fixtures_dir, market, feeds)
    report = check_events(import_events(files).frame)
    assert [finding.kind for finding in report.findings if finding.serious] == ["received_early"]
    imported = import_events(files, correct_clock=True)
    assert check_events(imported.frame, tick_size=imported.steps.tick_size).ok
    assert imported.steps == steps
    assert report.counts["trade"] == pl.read_parquet(files[1]).height
    with pytest.raises(DataError, match="received no sooner than it happens; correct_clock moves"):
        to_tape(import_events(files).frame, tick_size=steps.tick_size)
    to_tape(imported.frame, tick_size=steps.tick_size)


def plain_book(path: Path) -> dict[str, dict[float, float]]:
    """The book at the end of a recorded file, by the venue's own procedure, row by row."""
    rows = pl.read_parquet(path).to_dicts()
    first = next(row for row in rows if row["event"] == "snapshot")
    number = first["last_id"] if first["last_id"] is not None else -1
    sides: dict[str, dict[float, float]] = {"bid": {}, "ask": {}}
    for row in [r for r in rows if r["event"] == "snapshot"] + [r for r in rows if r["event"] == "delta"]:
        if row["event"] == "delta" and row["last_id"] is not None and row["last_id"] <= number:
            continue
        sides[row["side"]][row["price"]] = row["qty"]
    return {side: {p: q for p, q in levels.items() if q > 0} for side, levels in sides.items()}


@pytest.mark.parametrize(
    "name",
    [
        "hb_binance_spot_btcusdt_20240808_l2",
        "hb_binance_usdm_btcusdt_20240808_l2",
        "krakenfutures_pi_ethusd_l2_20210722",
        "krakenfutures_pi_xrpusd_l2_20210722",
        "coinbase_yfi_btc_l2_20210417",
        "coinbase_dash_btc_l2_20210417",
    ],
)
def test_the_book_at_the_end_is_that_of_a_plain_reading(fixtures_dir: Path, name: str) -> None:
    path = fixtures_dir / "data" / f"{name}.parquet"
    read = import_events(path, correct_clock=True)
    tick = read.steps.tick_size
    end = read.frame["local_ns"].tail(1).to_numpy()
    samples: dict[str, Any] = to_tape(read.frame, tick_size=tick).book_samples(end, 20)
    expected = plain_book(path)
    for sign, side in ((1, "bid"), (-1, "ask")):
        prices = sorted(expected[side], reverse=sign > 0)[:20]
        found = samples["side"] == sign
        assert samples["price"][found].tolist() == pytest.approx(prices)
        assert samples["size"][found].tolist() == [expected[side][price] for price in prices]


def test_every_tick_file_among_the_fixtures_is_understood(
    fixtures_dir: Path, fixtures_manifest: list[dict[str, Any]]
) -> None:
    files = [entry for entry in fixtures_manifest if entry["kind"] in {"trades", "quotes", "l2"}]
    assert len(files) >= 15
    for entry in files:
        read = import_events(fixtures_dir / "data" / entry["file"], correct_clock=True)
        assert read.frame.schema == EVENT_SCHEMA
        rows = {"trades": 1, "quotes": 2}.get(entry["kind"])
        if rows is not None:
            assert read.frame.height == rows * entry["rows"]
        assert read.frame["local_ns"].is_sorted()
        assert check_events(read.frame).ok, entry["file"]
