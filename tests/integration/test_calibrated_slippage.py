"""Backtests on bars whose market orders cost what recorded books did."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from made.impacts import model, stored_model
from made.searches import engine, settings
from spark_stacker.backtesting import BacktestEngine
from spark_stacker.backtesting.ticks import TickSettings, run_tick_backtest
from spark_stacker.config import parse_settings
from spark_stacker.data import DataManager, FrameDataSource
from spark_stacker.data.events import import_events
from spark_stacker.data.impact import ImpactCatalogue, write_model
from spark_stacker.data.impact.sampling import look_at
from spark_stacker.errors import ConfigError, DataError, ParameterError

if TYPE_CHECKING:
    from pathlib import Path

    from spark_stacker.backtesting.result import BacktestResult


def flat(symbol: str = "ETH-USD", *, bars: int = 30) -> DataManager:
    """Hourly bars from midnight on that stand at 100."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    frame = pl.DataFrame(
        {
            "timestamp": [start + timedelta(hours=row) for row in range(bars)],
            **{name: [100.0] * bars for name in ("open", "high", "low", "close")},
            "volume": [1_000.0] * bars,
        }
    )
    manager = DataManager()
    manager.register_source("flat", FrameDataSource({(symbol, "1h"): frame}))
    return manager


def at_hours(sizes: dict[int, float]) -> Any:
    """Sends a market order at the close before each hour; its size is negative to sell."""

    def strategy(data: Any, simulation: Any, _params: Any) -> None:
        size = sizes.get(len(data) % 24)
        if size is not None and len(data) < 24:
            simulation.buy(size) if size > 0 else simulation.sell(-size)

    return strategy


def run(slippage: Any, sizes: dict[int, float], **options: Any) -> BacktestResult:
    engine = BacktestEngine(flat(), 1e6, 0.0, 0.0, slippage, **options)
    return engine.run_backtest(at_hours(sizes), "ETH-USD", "1h")


def test_a_market_order_fills_at_the_calibrated_cost_of_its_size_and_hour(tmp_path: Path) -> None:
    path = write_model(model(), tmp_path / "eth.json")
    sizes = {5: 25.0, 6: -25.0, 13: 25.0, 14: -400.0}
    result = run({"model": "calibrated", "path": path}, sizes)
    prices = result.fills["price"].to_list()
    # 2,500: 2 + 0.04 · 50 = 4 bps. At 13 o'clock 5 + 0.0001 · 2,500 = 5.25 bps.
    # 40,000: 2 + 0.04 · 200 = 10 bps, for closing and opening alike.
    assert prices[:2] == pytest.approx([100.04, 99.96], rel=1e-12)
    assert prices[2] == pytest.approx(100.0525, rel=1e-12)
    assert prices[3:] == pytest.approx([99.9] * len(prices[3:]), rel=1e-12)


def test_the_model_is_found_in_the_catalogue_and_told_in_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_STACKER_DATA", str(tmp_path))
    ImpactCatalogue().save(model("ETH/USD"))
    result = run("calibrated", {5: 25.0})
    assert result.fills["price"][0] == pytest.approx(100.04, rel=1e-12)
    told = " ".join(result.assumptions)
    assert "calibrated on recorded books" in told
    assert "made ETH/USD" in told
    assert "Beyond 10,000" in told
    assert "of the hours 13, 22 UTC" in told


def test_a_model_that_is_missing_stops_the_run_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_STACKER_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"no calibrated slippage of ETH-USD .* slippage calibrate makes it"):
        run("calibrated", {5: 1.0})
    for venue in ("one", "two"):
        ImpactCatalogue().save(model(venue=venue))
    with pytest.raises(DataError, match=r"2 calibrated models of ETH-USD .* one ETH-USD, two ETH-USD"):
        run("calibrated", {5: 1.0})
    assert run({"model": "calibrated", "venue": "two"}, {5: 1.0}).fills.height == 1
    path = write_model(model("BTC-USD"), tmp_path / "btc.json")
    with pytest.raises(DataError, match="is of BTC-USD; expected the model of ETH-USD"):
        run({"model": "calibrated", "path": path}, {5: 1.0})
    with pytest.raises(ParameterError, match="venue and root belong to models of the catalogue"):
        run({"model": "calibrated", "path": path, "venue": "one"}, {5: 1.0})
    with pytest.raises((ConfigError, ParameterError), match="factor"):
        run({"model": "calibrated", "factor": -1.0}, {5: 1.0})


def test_a_damaged_model_is_named_with_place_and_value(tmp_path: Path) -> None:
    path = tmp_path / "eth.json"
    path.write_text(json.dumps(stored_model() | {"tick_size": -1.0}))
    with pytest.raises(DataError, match=r"eth\.json: tick_size: .*greater than 0, was '-1.0'"):
        run({"model": "calibrated", "path": path}, {5: 1.0})


def test_a_factor_makes_every_size_dearer(tmp_path: Path) -> None:
    path = write_model(model(), tmp_path / "eth.json")
    result = run({"model": "calibrated", "path": path, "factor": 2.0}, {5: 25.0})
    assert result.fills["price"][0] == pytest.approx(100.08, rel=1e-12)


def test_a_larger_order_never_pays_less(tmp_path: Path) -> None:
    path = write_model(model(), tmp_path / "eth.json")
    prices = []
    for size in (0.01, 1.0, 10.0, 99.0, 101.0, 1_000.0, 5_000.0):
        fills = run({"model": "calibrated", "path": path}, {5: size}).fills
        assert fills["price"][0] == pytest.approx(100 + 0.01 * (2 + 0.04 * math.sqrt(100 * size)), rel=1e-12)
        prices.append(fills["price"][0])
    assert prices == sorted(prices)


def test_trades_beyond_the_sizes_measured_are_told(tmp_path: Path) -> None:
    path = write_model(model(), tmp_path / "eth.json")
    sizes = {2: 50.0, 3: -50.0, 4: 101.0, 5: -101.0}
    told = run({"model": "calibrated", "path": path}, sizes).assumptions
    assert any("1 of 2 trades are larger than 10,000, the largest size measured" in text for text in told)
    told = run({"model": "calibrated", "path": path}, {2: 50.0, 3: -50.0}).assumptions
    assert not any("largest size measured;" in text for text in told)


def test_configured_strategies_pay_the_calibrated_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_STACKER_DATA", str(tmp_path))
    ImpactCatalogue().save(model())

    def fills(name: str) -> pl.DataFrame:
        given = settings(side="long").model_dump()
        given["simulation"]["slippage"] = {"model": name}
        return engine(2_000).run_settings(parse_settings(given)).fills

    bare, priced = fills("none"), fills("calibrated")
    assert bare.height == priced.height > 20
    hours = set()
    for before, after in zip(bare.iter_rows(named=True), priced.iter_rows(named=True), strict=True):
        notional = after["quantity"] * before["price"]
        hour = after["time"].hour
        hours.add(hour)
        bps = 5 + 0.0001 * notional if hour == 13 else 2 + 0.04 * math.sqrt(notional)
        sign = 1 if after["side"] == "buy" else -1
        assert after["price"] == pytest.approx(before["price"] * (1 + sign * bps * 1e-4), rel=1e-6)
    assert 13 in hours


class Taker:
    """Takes a notional each second, buying and selling in turn."""

    timer_interval_ns = 1_000_000_000

    def __init__(self, notional: float) -> None:
        self.notional = notional
        self.sent: list[tuple[int, str]] = []

    def on_timer(self, desk: Any) -> None:
        side = ("buy", "sell")[len(self.sent) % 2]
        self.sent.append((desk.now_ns, side))
        desk.market(side, self.notional / desk.mid)


@pytest.mark.parametrize("notional", [10_000.0, 1_000_000.0])
def test_looks_cost_what_a_replay_of_the_book_fills_at(fixtures_dir: Path, notional: float) -> None:
    data = fixtures_dir / "data"
    files = [data / f"hb_binance_usdm_btcusdt_20240808_{kind}.parquet" for kind in ("trades", "l2")]
    frame = import_events(files, tick_size=0.1).frame
    # Moved so that the timer, which counts from the first event, fires at whole seconds of one clock.
    moved = pl.col("local_ns") - int(frame["local_ns"][0]) % 1_000_000_000
    frame = frame.with_columns(local_ns=moved, exchange_ns=moved)
    looks = look_at([frame], tick_size=0.1, notional=[notional], every_ns=1_000_000_000, place="btc")
    cost = {
        (time, side): looks.cost_bps[row, place, 0]
        for row, time in enumerate(looks.time_ns.tolist())
        for place, side in enumerate(("buy", "sell"))
    }
    taker = Taker(notional)
    settings = TickSettings(consume_depth=False, initial_balance=1e9, lot_size=1e-8)
    fills = run_tick_backtest(frame, taker, settings, tick_size=0.1).fills
    paid = (pl.col("slippage") * pl.col("quantity")).sum() / pl.col("quantity").sum() * 1e4
    replayed = fills.group_by("order", maintain_order=True).agg(paid.alias("bps"))
    assert len(taker.sent) == replayed.height >= 340
    for sent, bps in zip(taker.sent, replayed["bps"], strict=True):
        assert bps == pytest.approx(cost[sent], rel=1e-5, abs=1e-6)
