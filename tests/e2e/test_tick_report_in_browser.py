"""The report of a run on ticks in a real browser: every chart is drawn, in both themes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from made.books import made_events
from made.browser import drawn, needs_browser
from spark_stacker.backtesting.ticks import ConstantLatency, EventStream, GridMaker, TickSettings
from spark_stacker.backtesting.ticks import run_tick_backtest as run
from spark_stacker.reporting import write_tick_report

if TYPE_CHECKING:
    from pathlib import Path


@needs_browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_browser_draws_every_chart(theme: str, tmp_path: Path) -> None:
    stream = EventStream.of(made_events(60_000, seed=4).frame(), tick_size=0.1)
    maker = GridMaker(order_size=0.5, max_position=5.0, levels=3, interval_ms=20)
    settings = TickSettings(
        initial_balance=1e6, order_latency=ConstantLatency(2_000_000), record_interval_ns=100_000_000
    )
    result = run(stream, maker, settings)
    page = write_tick_report(result, tmp_path / "a.html", streams={"BTC-USD": stream})
    text = drawn(page, f"theme={theme}", 1200)
    for chart in ("curves", "book", "markouts", "queue-ahead", "queue-time", "latency", "slippage"):
        start = text.index(f'id="{chart}"')
        assert "main-svg" in text[start : start + 2_000], chart
