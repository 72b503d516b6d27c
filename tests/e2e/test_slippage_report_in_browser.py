"""The page of calibrated slippage in a real browser: every chart is drawn, in both themes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from made.browser import drawn, needs_browser
from made.impacts import power_books
from spark_stacker.data.impact import calibrate
from spark_stacker.reporting import write_slippage_report

if TYPE_CHECKING:
    from pathlib import Path


@needs_browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_browser_draws_every_chart(theme: str, tmp_path: Path) -> None:
    books = power_books(
        seconds=110 * 60,
        seed=9,
        half_spread_bps={-1: 1.0, 23: 3.0},
        coefficient_bps=0.02,
        exponent=0.5,
        last_notional=2e5,
        step_s=10,
    )
    done = calibrate(
        [books],
        venue="made",
        symbol="X-USD",
        tick_size=0.001,
        data_hash="0" * 64,
        sizes=[1e3, 1e4, 1e5],
        every="10s",
    )
    text = drawn(write_slippage_report(done, tmp_path / "a.html"), f"theme={theme}", 1200)
    for chart in ("cost", "absolute", "bias", "times", "hours"):
        start = text.index(f'id="{chart}"')
        assert "main-svg" in text[start : start + 2_000], chart
