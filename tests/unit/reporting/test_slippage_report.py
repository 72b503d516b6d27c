"""The report of calibrated slippage as a page: what stands in it, and what its charts get."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from plotly.offline import get_plotlyjs

from made.impacts import power_books
from made.pages import parse, unpacked
from spark_stacker.data.impact import Calibration, calibrate
from spark_stacker.errors import ParameterError
from spark_stacker.reporting import slippage_report_html, write_slippage_report

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "</script><script>alert('x')</script><img src=x onerror=alert(1)>&\"'"


def made(symbol: str = "X-USD", *, minutes: int = 6, every: str = "1s") -> Calibration:
    books = power_books(
        seconds=60 * minutes,
        seed=9,
        half_spread_bps={-1: 1.0, 23: 3.0},
        coefficient_bps=0.02,
        exponent=0.5,
        noise=0.2,
        last_notional=2e5,
        step_s=10 if every == "10s" else 1,
    )
    return calibrate(
        [books],
        venue="made",
        symbol=symbol,
        tick_size=0.001,
        data_hash="0" * 64,
        sizes=[1e3, 1e4, 1e5, 1e6],
        every=every,
    )


@pytest.fixture(scope="module")
def done() -> Calibration:
    return made(minutes=110, every="10s")


@pytest.fixture(scope="module")
def html(done: Calibration) -> str:
    return slippage_report_html(done)


@pytest.fixture(scope="module")
def data(html: str) -> Any:
    return json.loads(next(script for script in parse(html).scripts if script.startswith('{"sizes"')))


def test_the_page_is_well_formed_and_fetches_nothing(html: str) -> None:
    assert parse(html).links == ["data:,"]
    assert not re.findall(r"https?://|@import|url\(", html.replace(get_plotlyjs(), ""))


def test_every_model_stands_with_its_errors_by_size(done: Calibration, html: str) -> None:
    text = " ".join(parse(html).text)
    for found in done.model.errors.models:
        assert found.model in text
        for error in (*found.mae_bps, *found.bias_bps):
            assert ("–" if error is None else f"{error:.4f}" if abs(error) < 10 else f"{error:.1f}") in text
    for sentence in done.sentences():
        assert sentence in text


def test_charts_get_the_measured_costs_the_laws_and_both_parts_of_the_time(
    done: Calibration, data: Any
) -> None:
    profile = done.model.all_hours.profile
    costs = [np.nan if point.cost_bps is None else point.cost_bps for point in profile]
    assert np.array_equal(unpacked(data["training"]), costs, equal_nan=True)
    assert data["fitted"] == [True, True, True, False]
    assert [law["name"] for law in data["laws"]] == ["square root", "power", "profile"]
    assert sum(law["taken"] for law in data["laws"]) == 1
    # The root law is 1 bp and more with 0.02 √N upon it, at both ends of its line.
    square = next(law for law in data["laws"] if law["name"] == "square root")
    curve = done.model.all_hours
    coefficient = next(fit.coefficient_bps for fit in curve.laws if fit.law == "square_root")
    said = curve.half_spread_bps + coefficient * unpacked(square["size"]) ** 0.5
    assert unpacked(square["cost"]) == pytest.approx(said)
    assert data["hours"]["hour"] == [22, 23]
    assert unpacked(data["hours"]["half_spread"]) == pytest.approx([1.0, 3.0], abs=0.05)
    assert data["time"]["trains"][:2] in ([True, False], [False, True])
    in_book, in_model = (unpacked(data["time"][name][1]) for name in ("book", "model"))
    assert np.nanmean(in_book) == pytest.approx(np.nanmean(in_model), rel=0.05)


def test_texts_of_the_users_are_escaped() -> None:
    html = slippage_report_html(made(HOSTILE[:90]), title=HOSTILE)
    assert "<script>alert" not in html
    assert "<img" not in html


def test_equal_calibrations_give_equal_pages_and_other_endings_are_refused(tmp_path: Path) -> None:
    done = made()
    one, other = (write_slippage_report(done, tmp_path / name) for name in ("a.html", "b.html"))
    assert one.read_bytes() == other.read_bytes()
    with pytest.raises(ParameterError, match=r"must be \.html"):
        write_slippage_report(done, tmp_path / "a.pdf")
