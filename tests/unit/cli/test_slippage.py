"""``spark-stacker slippage``: calibrate on files and on the catalogue, show, and use in a backtest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from made.impacts import model, power_books
from spark_stacker.backtesting import BacktestResult
from spark_stacker.cli import main
from spark_stacker.data import Catalogue, synthesise
from spark_stacker.data.impact import ImpactCatalogue, read_model

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue with four minutes of made books."""
    path = tmp_path_factory.mktemp("data")
    books = power_books(seconds=240, seed=1, half_spread_bps={-1: 2.0}, coefficient_bps=0.02, exponent=0.5)
    Catalogue(path).events.write(books, "made", "BTC/USDT", tick_size=0.001, source="made books")
    return path


def test_a_market_of_the_catalogue_is_calibrated_shown_and_backtested(root: Path, tmp_path: Path) -> None:
    page = tmp_path / "btc.html"
    place = ("--root", root)
    done = run(
        *("slippage", "calibrate", "--venue", "made", "--symbol", "BTC/USDT"), *place, "--report", page
    )
    assert done.exit_code == 0, done.output
    assert "240 looks" in done.output
    assert "120 in training and 120 in held-out time" in done.output.replace("\n", " ")
    assert "wrote" in done.output
    assert "Mean absolute error on held-out time" in done.output
    assert page.stat().st_size > 100_000
    stored = read_model(root / "venue=made" / "symbol=BTC%2FUSDT" / "slippage.json")
    assert stored.all_hours.half_spread_bps == pytest.approx(2.0, abs=0.01)
    assert stored.data.sources == ("made books",)
    assert len(stored.data.hash) == 64
    assert "made" in run("slippage", "show", *place).output
    shown = run("slippage", "show", "--symbol", "BTC-USDT", *place)
    assert "Half spread" in shown.output
    assert shown.exit_code == 0
    as_json = run("slippage", "show", "--symbol", "BTC-USDT", "--json", *place)
    assert json.loads(as_json.output) == json.loads(stored.model_dump_json())
    candles = tmp_path / "BTC-USDT_1h.csv"
    synthesise("choppy", interval="1h", bars=400, seed=1).frame.write_csv(candles)
    backtest = ("backtest", "--data", candles, "--indicator", "ma", *place, "--save", tmp_path / "ma.json")
    tested = run(*backtest, "--slippage", "calibrated,factor=2")
    assert tested.exit_code == 0, tested.output
    told = BacktestResult.load_from_file(tmp_path / "ma.json").assumptions
    assert any("calibrated on recorded books, by size and hour of the day, times 2" in text for text in told)
    assert any("books of made BTC/USDT from 2023-11-14 22:13" in text for text in told)
    elsewhere = run(*backtest, "--slippage", "calibrated,venue=elsewhere")
    assert elsewhere.exit_code == 4
    assert "no calibrated slippage of elsewhere BTC-USDT" in elsewhere.output


def test_the_same_events_give_the_same_model_from_files_and_from_the_catalogue(
    root: Path, tmp_path: Path
) -> None:
    place = ("--root", root)
    market = ("--venue", "made", "--symbol", "BTC/USDT", "--sizes", "1000,20000,400000")
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    recording = root / "venue=made" / "symbol=BTC%2FUSDT" / "events"
    assert run("slippage", "calibrate", *market, *place, "-o", one).exit_code == 0
    done = run("slippage", "calibrate", recording, *market, "--tick-size", "0.001", "-o", other)
    assert done.exit_code == 0, done.output
    first, second = read_model(one), read_model(other)
    assert first.all_hours == second.all_hours
    assert first.errors == second.errors
    assert first.errors.notional == (1_000.0, 20_000.0, 400_000.0)


def test_a_part_of_the_time_is_calibrated_on(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "part.json"
    times = ("--start", "2023-11-14T22:14:00", "--end", "2023-11-14T22:16:00")
    done = run(
        *("slippage", "calibrate", "--venue", "made", "--symbol", "BTC/USDT", "--root", root),
        *times,
        *("-o", out, "--json"),
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["path"] == str(out)
    assert told["model"]["data"]["looks"] == 120


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["calibrate", "--venue", "made"], 2, "--symbol must be given"),
        (["calibrate", "--symbol", "ETH/USDT", "--venue", "made"], 4, "no events of made ETH/USDT"),
        (["calibrate", "missing.parquet"], 4, "missing.parquet"),
        (["calibrate", "x.parquet", "--start", "2024-01-01"], 2, "files are read whole"),
        (["calibrate", "--symbol", "BTC/USDT", "--tick-size", "1"], 2, "are for FILES"),
        (["calibrate", "--symbol", "BTC/USDT", "--venue", "made", "--sizes", "1,x"], 2, "--sizes must be"),
        (["calibrate", "--symbol", "BTC/USDT", "--venue", "made", "--sizes", "-1"], 2, "sizes must be"),
        (["calibrate", "--symbol", "BTC/USDT", "--venue", "made", "--block", "7m"], 2, "a part of 30m"),
        (["calibrate", "--symbol", "BTC/USDT", "--venue", "made", "--every", "often"], 2, "often"),
        (["calibrate", "--symbol", "BTC/USDT", "--venue", "made", "--report", "x.pdf"], 2, ".html"),
        (
            ["calibrate", "--symbol", "BTC/USDT", "--venue", "made", "--end", "2023-11-14T22:13:20"],
            4,
            "no events in the range",
        ),
        (["show", "--symbol", "ETH-USD"], 4, "no calibrated slippage of ETH-USD"),
        (["show", "a.json", "--symbol", "ETH-USD"], 2, "not both"),
        (["show", "missing.json"], 4, "missing.json: cannot be read"),
    ],
)
def test_what_is_wrong_is_named_and_ends_with_its_code(
    root: Path, arguments: list[str], code: int, told: str
) -> None:
    done = run("slippage", *arguments, "--root", root)
    assert (done.exit_code, told in done.output) == (code, True), done.output


def test_nothing_is_written_where_calibration_fails(root: Path, tmp_path: Path) -> None:
    out, page = tmp_path / "x.json", tmp_path / "x.html"
    arguments = ("--venue", "made", "--symbol", "BTC/USDT", "--root", root, "-o", out, "--report", page)
    done = run("slippage", "calibrate", *arguments, "--sizes", "1000000000000")
    assert done.exit_code == 4
    assert "was not filled" in done.output
    assert list(tmp_path.iterdir()) == []


def test_an_empty_catalogue_is_said_to_be_empty(tmp_path: Path) -> None:
    assert "no calibrated slippage" in run("slippage", "show", "--root", tmp_path).output
    assert json.loads(run("slippage", "show", "--root", tmp_path, "--json").output) == []
    ImpactCatalogue(tmp_path).save(model())
    listed = json.loads(run("slippage", "show", "--root", tmp_path, "--json").output)
    assert listed == [{"venue": "made", "symbol": "ETH-USD"}]
