"""Each synthetic scenario is what its name says, is labelled, and comes from its seed alone."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from spark_stacker.data import (
    SCENARIOS,
    SCHEMA,
    Scenario,
    check_quality,
    data_hash,
    require_clean,
    synthesise,
)
from spark_stacker.errors import ParameterError

SEEDS = range(5)
YEAR = 8_760


def returns(scenario: Scenario) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.diff(np.log(scenario.frame["close"].to_numpy()))


def volatility(scenario: Scenario) -> float:
    """Standard deviation of hourly logarithmic returns, a year."""
    return float(returns(scenario).std() * YEAR**0.5)


def total(scenario: Scenario) -> float:
    frame = scenario.frame
    return float(np.log(frame["close"][-1] / frame["open"][0]))


def variance_ratio(scenario: Scenario, bars: int) -> float:
    """Variance of returns over so many bars relative to a random walk's: near 0 when moves are undone."""
    close = np.log(scenario.frame["close"].to_numpy())
    return float(np.var(close[bars:] - close[:-bars]) / (bars * np.var(np.diff(close))))


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("interval", ["1s", "1m", "1h", "1d", "1w"])
def test_every_scenario_is_clean_candles_on_the_tick_grid(name: str, interval: str) -> None:
    made = synthesise(name, interval=interval, bars=600, seed=3)
    require_clean(made.frame)
    assert made.frame.schema == SCHEMA
    report = check_quality(made.frame, interval)
    assert report.ok
    assert (report.rows + report.missing_bars, report.count("off_grid"), report.count("zero_volume")) == (
        600,
        0,
        0,
    )
    for column in ("open", "high", "low", "close"):
        prices = made.frame[column]
        assert (prices == prices.round(2)).all()


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_label_is_in_the_symbol_the_metadata_and_the_object(name: str) -> None:
    made = synthesise(name, bars=50, seed=9)
    assert made.symbol.startswith("SYNTH-")
    assert made.synthetic is True
    assert (made.labels["synthetic"], made.labels["seed"]) == (name, "9")


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(name: str) -> None:
    first, again, other = (synthesise(name, bars=300, seed=seed) for seed in (5, 5, 6))
    assert data_hash(first.frame) == data_hash(again.frame) != data_hash(other.frame)


def test_another_process_gives_the_same_bytes() -> None:
    code = (
        "from spark_stacker.data import *; print(data_hash(synthesise('choppy', bars=2000, seed=42).frame))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == data_hash(synthesise("choppy", bars=2000, seed=42).frame)


@pytest.mark.parametrize("seed", SEEDS)
def test_bull_rises_and_bear_falls_beyond_noise(seed: int) -> None:
    for bars in (500, YEAR):
        bull, bear = synthesise("bull", bars=bars, seed=seed), synthesise("bear", bars=bars, seed=seed)
        assert total(bull) == pytest.approx(-total(bear), abs=1e-3)
        assert 0.3 < total(bull) <= np.log(6) + 1e-6
        close = bull.frame["close"]
        assert (close.tail(bars // 5).min() or 0) > (close.head(bars // 5).max() or 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_sideways_ends_where_it_began(seed: int) -> None:
    made = synthesise("sideways", seed=seed)
    assert abs(total(made)) < 0.15
    assert (made.frame["high"].max() or 0) / (made.frame["low"].min() or 1) < 1.8  # type: ignore[operator]
    assert variance_ratio(made, 500) < 0.3


@pytest.mark.parametrize("seed", SEEDS)
def test_volatility_is_what_the_name_promises(seed: int) -> None:
    high, low = synthesise("high_volatility", seed=seed), synthesise("low_volatility", seed=seed)
    assert volatility(high) == pytest.approx(1.6, rel=0.2)
    assert volatility(low) == pytest.approx(0.15, rel=0.2)


@pytest.mark.parametrize("seed", SEEDS)
def test_choppy_undoes_its_moves(seed: int) -> None:
    choppy = synthesise("choppy", seed=seed)
    assert variance_ratio(choppy, 20) < 0.35
    assert variance_ratio(synthesise("high_volatility", seed=seed), 20) > 0.75
    moves = returns(choppy)
    assert np.corrcoef(moves[1:], moves[:-1])[0, 1] < -0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_gap_heavy_has_many_gaps_over_which_the_price_moves(seed: int) -> None:
    made = synthesise("gap_heavy", seed=seed)
    report = check_quality(made.frame, "1h")
    assert 0.03 < report.missing_bars / YEAR < 0.09
    assert len(report.gaps) > 80
    jumps = made.frame.select(
        jump=(pl.col("open") / pl.col("close").shift()).log().abs(),
        after_gap=pl.col("timestamp").diff().dt.total_hours() > 1,
    )
    assert jumps.filter("after_gap")["jump"].mean() > 5e-3  # type: ignore[operator]
    assert jumps.filter(~pl.col("after_gap"))["jump"].max() == 0.0


@pytest.mark.parametrize("seed", SEEDS)
def test_candles_look_like_candles(seed: int) -> None:
    made = synthesise("high_volatility", seed=seed)
    moves = returns(made)
    assert ((moves - moves.mean()) ** 4).mean() / moves.var() ** 2 > 3.5  # tails fatter than normal
    size = np.abs(moves)
    assert np.corrcoef(size[1:], size[:-1])[0, 1] > 0.05  # volatility comes in waves
    range_ = np.log(made.frame["high"].to_numpy() / made.frame["low"].to_numpy())
    assert np.corrcoef(range_, made.frame["volume"].to_numpy())[0, 1] > 0.4


def test_a_million_bars_keep_a_price() -> None:
    made = synthesise("high_volatility", interval="1h", bars=1_000_000, seed=1)
    assert len(made.frame) == 1_000_000
    assert 20 < made.frame["low"].min() < made.frame["high"].max() < 200_000  # type: ignore[operator]


def test_the_first_bar_opens_on_the_grid_at_or_after_the_start() -> None:
    made = synthesise("bull", interval="4h", bars=2, start="2024-01-01T01:00")
    assert f"{made.frame['timestamp'][0]:%H:%M}" == "04:00"
    week = synthesise("bull", interval="1w", bars=2, start="2024-01-02")
    assert f"{week.frame['timestamp'][0]:%Y-%m-%d}" == "2024-01-08"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"name": "moon"}, "scenario must be one of bull, bear, .*, was 'moon'"),
        ({"bars": 1}, "bars must be at least 2, was 1"),
        ({"seed": -1}, "seed must be 0 or more, was -1"),
        ({"interval": "1x"}, "interval"),
        ({"start": "later"}, "start must be a time"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        synthesise(**{"name": "bull"} | settings)  # type: ignore[arg-type]
