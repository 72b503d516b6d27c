"""`check_lookahead`: what it reports, what it leaves alone, and how bad input ends."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from spark_stacker.backtesting import check_lookahead
from spark_stacker.backtesting.lookahead.futures import Cut, Future
from spark_stacker.config import parse_settings
from spark_stacker.data import require_clean, synthesise
from spark_stacker.errors import DataError, ParameterError, StrategyError
from spark_stacker.indicators import BaseIndicator
from spark_stacker.indicators.indicator_factory import IndicatorFactory

CANDLES = synthesise("choppy", bars=200, seed=2).frame
STATE = {"calls": 0}


class Quiet(BaseIndicator):
    def calculate(self, data):
        return data.with_columns(mean=pl.col("close").rolling_mean(5))

    def generate_signal(self, data):
        return None


class Peeks(Quiet):
    def calculate(self, data):
        return data.with_columns(next=pl.col("close").shift(-1))


def check_pair(one, two):
    raise AssertionError


def makes_a_number(candles):
    return 3


def check(strategy, candles=CANDLES, **options):
    return check_lookahead(strategy, candles, **{"cuts": 2, **options})


def test_the_first_row_that_differs_is_named_with_both_values() -> None:
    report = check(Peeks)
    [found] = report.differences
    assert (report.verdict, report.is_clean, found.kind, found.name) == (
        "look-ahead",
        False,
        "column",
        "next",
    )
    assert found.now == CANDLES["close"][found.row + 1]
    assert found.then != found.now
    assert found.cut == found.row + 1
    assert found.time == CANDLES["timestamp"][found.row + 1]
    assert "next, row" in str(report)


def test_the_same_seed_gives_the_same_report() -> None:
    assert check(Peeks, seed=3) == check(Peeks, seed=3)
    assert check(Peeks, seed=3).cuts != check(Peeks, seed=4).cuts


def test_a_report_is_plain_data() -> None:
    told = json.loads(json.dumps(check(Peeks).to_dict(), allow_nan=False))
    assert told["differences"][0]["name"] == "next"
    assert told["differences"][0]["time"].endswith("+00:00")


def test_an_object_is_not_changed_by_the_check() -> None:
    class Counts(Quiet):
        def calculate(self, data):
            self.params["calls"] = self.params.get("calls", 0) + 1
            STATE["calls"] += 1
            return data

    indicator = Counts("counts")
    assert check(indicator).is_clean
    assert (indicator.params, STATE) == ({}, {"calls": 0})


def test_built_in_indicators_are_the_same_to_the_last_bit() -> None:
    for kind in IndicatorFactory.get_available_indicators()[:7]:
        indicator = IndicatorFactory.create_indicator(kind, kind)
        assert check(indicator, relative_tolerance=0.0).is_clean, kind


def test_a_column_that_vanishes_is_told() -> None:
    class Shy(Quiet):
        def calculate(self, data):
            return data.with_columns(seen=1.0) if len(data) == 200 else data

    assert [found.name for found in check(Shy).differences] == ["seen"]


def test_values_within_the_tolerance_are_the_same() -> None:
    class Drifts(Quiet):
        def calculate(self, data):
            return data.with_columns(near=pl.col("close") * (1 + 1e-12 * len(data)))

    assert check(Drifts).is_clean
    assert check(Drifts, relative_tolerance=0.0).verdict == "look-ahead"


def test_a_strategy_of_a_configuration_is_checked_with_indicators_and_orders() -> None:
    IndicatorFactory.register_indicator("peeks_for_a_test", Peeks)
    indicators = [
        {
            "name": "cross",
            "type": "ma",
            "parameters": {"fast_period": 3, "slow_period": 9},
            "timeframe": "4h",
        },
        {"name": "peek", "type": "peeks_for_a_test"},
    ]
    strategies = [
        {"name": name, "market": "ETH-USD", "timeframe": "1h", "indicators": [use], "stop_loss_pct": 2}
        for name, use in (("honest", "cross"), ("prophet", "peek"))
    ]
    settings = parse_settings({"indicators": indicators, "strategies": strategies})

    honest = check(settings, {"ETH-USD": CANDLES}, strategies=["honest"])
    assert honest.is_clean, str(honest)
    assert {"honest.cross.slow_ma", "honest.cross.signals.direction", "orders"} <= set(honest.checked)

    both = check(settings, {"ETH-USD": CANDLES})
    assert [found.name for found in both.differences] == ["prophet.peek.next"]
    with pytest.raises(ParameterError, match="candles of ETH-USD must be given, were of BTC-USD"):
        check(settings, {"BTC-USD": CANDLES})


def test_values_made_before_are_said_to_be_unverified() -> None:
    smooth = CANDLES["close"].rolling_mean(5).to_numpy()

    def strategy(data, simulation, params):
        if smooth[len(data) - 1] < data["close"][-1] and simulation.quantity == 0:
            simulation.buy()

    report = check(strategy)
    assert report.verdict == "unverified"
    assert "smooth holds a value for each candle" in report.unverified[0]


def test_a_function_that_fails_for_want_of_later_rows_looks_ahead() -> None:
    closes = CANDLES["close"].to_list()

    def strategy(data, simulation, params):
        if len(data) < 200 and closes[len(data)] > closes[len(data) - 1]:
            simulation.buy(size=0.01)

    report = check(strategy)
    assert report.verdict == "look-ahead"
    assert any(found.kind == "failure" and "IndexError" in str(found.then) for found in report.differences)


def test_an_indicator_that_wants_more_rows_is_no_look_ahead() -> None:
    class Demands(Quiet):
        def calculate(self, data):
            if len(data) < 40:
                raise ValueError("40 rows, please")
            return super().calculate(data)

    report = check(Demands)
    assert report.is_clean
    assert any("40 rows, please" in note for note in report.notes)


def test_a_start_up_is_noted_not_accused() -> None:
    class Waits(Quiet):
        def calculate(self, data):
            return data.with_columns(late=pl.col("close") if len(data) >= 60 else pl.lit(None, pl.Float64))

    report = check(Waits)
    assert report.is_clean
    assert any("late says nothing while" in note for note in report.notes)


def test_a_file_that_the_code_opens_itself_is_told(tmp_path) -> None:
    levels = tmp_path / "levels.txt"
    levels.write_text("1990\n")

    class Reads(Quiet):
        def calculate(self, data):
            return data.with_columns(above=pl.col("close") > float(levels.read_text()))

    report = check(Reads)
    assert report.verdict == "unverified"
    assert "levels.txt is read by the code itself" in report.unverified[0]


def test_a_file_read_by_polars_ends_at_the_cut(tmp_path) -> None:
    recorded = tmp_path / "recorded.parquet"
    CANDLES.write_parquet(recorded)

    class Reads(Quiet):
        def calculate(self, data):
            later = pl.read_parquet(recorded).select("timestamp", later=pl.col("close").shift(-1))
            return data.join(later, on="timestamp", how="left")

    assert check(Reads).verdict == "look-ahead"


def test_candles_held_in_another_order_end_at_the_cut() -> None:
    newest_first = CANDLES.sort("timestamp", descending=True)

    def strategy(data, simulation, params):
        if newest_first["close"][0] > data["close"][-1] and simulation.quantity == 0:
            simulation.buy()

    report = check(strategy)
    assert report.verdict == "look-ahead"
    assert not report.unverified


def test_bars_without_volume_can_go_on_otherwise() -> None:
    report = check(Quiet, CANDLES.with_columns(volume=pl.lit(0.0)))
    assert report.is_clean
    assert not report.notes


def test_what_is_no_strategy_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"the strategy must be an indicator.*was int"):
        check(3)
    with pytest.raises(ParameterError, match="must take data, simulation and params"):
        check(check_pair)
    with pytest.raises(StrategyError, match="must make an indicator or a function, made 3"):
        check(makes_a_number)
    with pytest.raises(ParameterError, match="cuts must be at least 1, was 0"):
        check(Quiet, cuts=0)
    with pytest.raises(ParameterError, match="relative_tolerance must be"):
        check(Quiet, relative_tolerance=2.0)


def test_data_that_are_too_short_are_refused() -> None:
    with pytest.raises(DataError, match="at least 50 candles, there are 49"):
        check(Quiet, CANDLES.head(49))


def test_what_fails_on_all_candles_is_a_failure() -> None:
    class Drops(Quiet):
        def calculate(self, data):
            return data.tail(-1)

    with pytest.raises(StrategyError, match="must keep all 200 rows, gave 199"):
        check(Drops)

    def fails(data, simulation, params):
        raise KeyError("nothing")

    with pytest.raises(StrategyError, match=r"fails failed at the close of .*KeyError\('nothing'\)"):
        check(fails)


def test_fewer_rows_of_a_part_are_noted() -> None:
    class DropsOfAPart(Quiet):
        def calculate(self, data):
            return data if len(data) == 200 else data.tail(-1)

    report = check(DropsOfAPart)
    assert any("must keep all" in note for note in report.notes)


@pytest.mark.parametrize("future", [Future.MIRRORED, Future.SOARED, Future.CRASHED])
def test_other_futures_are_candles_that_could_be(future: Future) -> None:
    cut = Cut(120, 0, len(CANDLES), future)
    other = cut.frame(CANDLES, 120)
    require_clean(other)
    assert other.schema == CANDLES.schema
    assert other.head(120).equals(CANDLES.head(120))
    assert np.all(other["close"].to_numpy()[120:] != CANDLES["close"].to_numpy()[120:])
