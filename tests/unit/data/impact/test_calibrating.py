"""Calibration: known truth recovered, held-out time kept apart, real books, and what a book does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

from made.impacts import HOUR_NS, power_books
from spark_stacker.data.impact import calibrate, calibrate_files
from spark_stacker.data.impact.sampling import look_at
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from pathlib import Path

    from spark_stacker.data.impact import Calibration

START_NS = 1_700_000_000_000_000_000


def of(frame: pl.DataFrame, **options: Any) -> Calibration:
    return calibrate_frames([frame], **options)


def calibrate_frames(frames: list[pl.DataFrame], **options: Any) -> Calibration:
    return calibrate(frames, venue="made", symbol="X-USD", tick_size=0.001, data_hash="0" * 64, **options)


@pytest.mark.parametrize("exponent", [0.35, 0.5, 0.8, 1.2])
def test_spread_and_power_law_of_made_books_are_recovered(exponent: float) -> None:
    coefficient = 5.0 / 1e5**exponent
    books = power_books(
        seconds=360,
        seed=3,
        half_spread_bps={-1: 1.5},
        coefficient_bps=coefficient,
        exponent=exponent,
        noise=0.3,
    )
    curve = of(books).model.all_hours
    assert curve.half_spread_bps == pytest.approx(1.5, abs=0.02)
    power = next(fit for fit in curve.laws if fit.law == "power")
    assert power.exponent == pytest.approx(exponent, abs=0.01)
    # At the size of 100,000 the impact is 5 bps; the factor on it is drawn each second, 0.3 / √180 = 2 %.
    assert (power.coefficient_bps or 0.0) * 1e5 ** (power.exponent or 0.0) == pytest.approx(5.0, rel=0.06)
    assert curve.law == ("square_root" if exponent == 0.5 else "power")


def test_the_profile_and_the_held_out_errors_of_made_books_are_those_of_their_law() -> None:
    books = power_books(seconds=240, seed=1, half_spread_bps={-1: 2.0}, coefficient_bps=0.02, exponent=0.5)
    model = of(books, sizes=[1_000.0, 1e4, 1e5]).model
    expected = [2.0 + 0.02 * size**0.5 for size in (1_000.0, 1e4, 1e5)]
    assert [point.cost_bps for point in model.all_hours.profile] == pytest.approx(expected, rel=0.01)
    assert [point.buy_bps for point in model.all_hours.profile] == pytest.approx(expected, rel=0.01)
    assert model.errors.book_bps == pytest.approx(expected, rel=0.01)
    errors = {found.model: found for found in model.errors.models}
    assert max(error or 0.0 for error in errors["calibrated"].mae_bps) < 0.01
    # Without slippage all of the cost is missing; the default of one basis point misses the rest of it.
    assert errors["none"].mae_bps == pytest.approx(expected, rel=0.01)
    assert errors["none"].bias_bps == pytest.approx([-cost for cost in expected], rel=0.01)
    fixed = errors["fixed, 1 bps (default)"]
    assert fixed.bias_bps == pytest.approx([1.0 - cost for cost in expected], abs=0.05)
    assert any(name.startswith("square_root") for name in errors)
    assert any(name.startswith("volume_share") for name in errors)


def test_hours_seen_long_enough_have_their_own_curve() -> None:
    # From 22:13:20 on; 23 o'clock is twice as wide. 22 has 47 minutes, 0 has 5.
    books = power_books(
        seconds=112 * 60,
        seed=2,
        half_spread_bps={-1: 1.0, 23: 2.0},
        coefficient_bps=0.01,
        exponent=0.5,
        last_notional=2e4,
        step_s=10,
    )
    model = of(books, sizes=[100.0, 1_000.0, 1e4], every="10s").model
    assert set(model.hours) == {"22", "23"}
    assert model.data.hours == (0, 22, 23)
    assert model.hours["22"].half_spread_bps == pytest.approx(1.0, abs=0.01)
    assert model.hours["23"].half_spread_bps == pytest.approx(2.0, abs=0.01)
    told = " ".join(of(books, sizes=[100.0], every="10s").sentences())
    assert "Hours with a curve of their own: 22, 23; all others have the curve of all looks" in told
    assert "hours 0, 22, 23 UTC" in told


def test_nothing_of_held_out_blocks_is_seen_in_the_fit() -> None:
    books = power_books(seconds=240, seed=4, half_spread_bps={-1: 1.0}, coefficient_bps=0.01, exponent=0.5)
    odd = pl.col("local_ns") // 60_000_000_000 % 2 == 1
    # Levels of odd minutes hold a tenth: every size is dearer there, and only there.
    thinner = books.with_columns(pl.when(odd).then(pl.col("size") / 10).otherwise("size").alias("size"))
    one, other = of(books).model, of(thinner).model
    assert other.all_hours.half_spread_bps == one.all_hours.half_spread_bps
    assert [point.cost_bps for point in other.all_hours.profile] == [
        point.cost_bps for point in one.all_hours.profile
    ]
    for ours, theirs in zip(one.all_hours.laws, other.all_hours.laws, strict=True):
        assert (ours.coefficient_bps, ours.exponent) == (theirs.coefficient_bps, theirs.exponent)
        assert theirs.bias_bps < ours.bias_bps - 0.1


def test_sizes_that_the_book_does_not_hold_are_told_and_not_fitted() -> None:
    books = power_books(
        seconds=150,
        seed=5,
        half_spread_bps={-1: 1.0},
        coefficient_bps=0.01,
        exponent=0.5,
        last_notional=5e4,
    )
    done = of(books, sizes=[1_000.0, 1e4, 1e5, 1e6])
    curve = done.model.all_hours
    assert [point.fitted for point in curve.profile] == [True, True, False, False]
    assert [point.unfilled_share for point in curve.profile] == [0.0, 0.0, 1.0, 1.0]
    assert curve.profile[2].cost_bps is None
    assert done.model.errors.book_bps[2:] == (None, None)
    assert done.model.errors.models[0].mae_bps[2:] == (None, None)
    assert curve.largest_notional == 1e4
    told = " ".join(done.sentences())
    assert "From 100,000 on, 100 % and more of the looks could not fill the size: not fitted" in told
    assert "Beyond 10,000 the law is extended, not measured" in told
    with pytest.raises(DataError, match=r"the smallest size, 1,000,000, was not filled"):
        of(books, sizes=[1e6])


def test_looks_without_a_known_book_are_counted_and_left_out() -> None:
    books = power_books(seconds=200, seed=6, half_spread_bps={-1: 1.0}, coefficient_bps=0.01, exponent=0.5)
    # Twenty seconds without asks, and a gap of five minutes in which nothing is heard.
    cut = pl.col("local_ns").is_between(START_NS + 30_000_000_000, START_NS + 49_000_000_000)
    late = pl.col("local_ns") >= START_NS + 100_000_000_000
    moved = pl.when(late).then(pl.col("local_ns") + 300_000_000_000).otherwise("local_ns")
    books = books.filter(~(cut & (pl.col("side") == -1) & (pl.col("kind") == "snapshot")))
    done = of(books.with_columns(moved.alias("local_ns"), moved.alias("exchange_ns")))
    assert done.model.data.unknown_looks == 20
    # A minute after the last word the feed counts as silent: of 300 s without events 240 are left out.
    assert done.model.data.silent_looks == 240
    assert "feed was silent" in " ".join(done.sentences())
    whole = done.model.all_hours
    assert whole.training_looks + whole.held_out_looks == done.model.data.looks - 20


def test_what_cannot_be_calibrated_is_named() -> None:
    books = power_books(seconds=30, seed=7, half_spread_bps={-1: 1.0}, coefficient_bps=0.01, exponent=0.5)
    with pytest.raises(DataError, match=r"no training block of 1m|no held-out block of 1m"):
        of(books)
    with pytest.raises(DataError, match="both sides of the book were known"):
        of(books.filter(pl.col("side") == 1))
    with pytest.raises(ParameterError, match=r"block must be a part of 30m.* was 7m"):
        of(books, block="7m")
    with pytest.raises(ParameterError, match=r"block must be .* no shorter than every \(2m\), was 1m"):
        of(books, every="2m")
    for sizes in ([], [0.0], [-5.0], [float("nan")], [float("inf")]):
        with pytest.raises(ParameterError, match="sizes must"):
            of(books, sizes=sizes)
    with pytest.raises(DataError, match="local_ns"):
        calibrate_frames([books, books])
    with pytest.raises(DataError, match="price"):
        of(books.with_columns(pl.col("price") + 0.0005))


def test_the_same_events_in_other_chunks_give_the_same_looks() -> None:
    books = power_books(seconds=90, seed=8, half_spread_bps={-1: 1.0}, coefficient_bps=0.01, exponent=0.5)
    options = {"tick_size": 0.001, "notional": [1e3, 1e5], "every_ns": 1_000_000_000, "place": "made"}
    one = look_at([books], **options)  # type: ignore[arg-type]
    other = look_at(books.iter_slices(997), **options)  # type: ignore[arg-type]
    assert one.time_ns.tolist() == other.time_ns.tolist()
    assert np.array_equal(one.cost_bps, other.cost_bps, equal_nan=True)
    assert one.time_ns[0] % 1_000_000_000 == 0
    assert one.hour[0] == START_NS // HOUR_NS % 24


@pytest.mark.parametrize(("market", "tick_size"), [("usdm", 0.1), ("spot", 0.01)])
def test_real_books_held_out_are_closer_to_the_calibrated_model_than_to_any_other(
    fixtures_dir: Path, market: str, tick_size: float
) -> None:
    data = fixtures_dir / "data"
    files = [data / f"hb_binance_{market}_btcusdt_20240808_{kind}.parquet" for kind in ("trades", "l2")]
    done = calibrate_files(files, venue="binance", symbol="BTC/USDT", tick_size=tick_size)
    model = done.model
    assert model.data.looks >= 340
    assert model.data.unknown_looks == model.data.silent_looks == 0
    assert model.data.hours == (23,)
    # The spread is a tick nearly always: half of one over about 61,700.
    assert model.all_hours.half_spread_median_bps == pytest.approx(tick_size / 2 / 61_700 * 1e4, rel=0.02)
    errors = {found.model: np.array(found.mae_bps, dtype=float) for found in model.errors.models}
    ours = errors.pop("calibrated")
    for name, theirs in errors.items():
        assert ours.mean() < 0.75 * theirs.mean(), name
    # Blocks of training and held-out time are minutes that do not meet.
    minutes = done.looks.time_ns // 60_000_000_000
    assert not set(minutes[done.trains].tolist()) & set(minutes[~done.trains].tolist())
    assert {found.law for found in model.all_hours.laws} == {"square_root", "power", "profile"}
