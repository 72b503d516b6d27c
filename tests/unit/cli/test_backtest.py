"""``backtest``, ``compare`` and ``report``: what they print and write, and how bad input ends."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from made.results import made_candles
from spark_stacker.backtesting import BacktestResult
from spark_stacker.cli import main

CONFIG = """\
[[strategies]]
name = "trend"
market = "ETH-USD"
indicators = ["ma"]

[[strategies]]
name = "swing"
market = "ETH-USD"
indicators = ["rsi"]
enabled = false

[[indicators]]
name = "ma"
type = "ma"
parameters = { fast_period = 5, slow_period = 20 }

[[indicators]]
name = "rsi"
type = "rsi"
"""


@pytest.fixture
def workdir(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made_candles(500).write_csv(tmp_path / "ETH-USD_1h.csv")
    (tmp_path / "eth.toml").write_text(CONFIG)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def as_json(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_configuration_over_a_file(workdir):
    result = run("backtest", "--config", "eth.toml", "--data", "ETH-USD_1h.csv")
    assert result.exit_code == 0, result.output
    for text in ("Backtest of trend", "ETH-USD 1h", "Sharpe ratio", "Assumptions", "USD"):
        assert text in result.stdout


def test_everything_is_written_and_said_in_json(workdir):
    said = as_json(
        *("backtest", "--indicator", "ma", "--param", "fast_period=5", "--param", "slow_period=20"),
        *("--data", "ETH-USD_1h.csv", "--set", "side=long", "--set", "sizing.method=fixed_usd"),
        *(
            "--set",
            "sizing.amount=1000",
            "--taker-fee",
            "0.001",
            "--slippage",
            "fixed,bps=2",
            "--save",
            "r.json",
        ),
        *("--report", "r.html", "--export-trades", "t.csv", "--export-equity", "e.parquet"),
    )
    assert said["files"] == ["r.json", "t.csv", "e.parquet", "r.html"]
    loaded = BacktestResult.load_from_file("r.json")
    assert loaded.metrics == said["metrics"]
    assert set(loaded.trades["side"]) == {"long"}
    assert any("2 basis points" in sentence for sentence in said["assumptions"])
    assert any("taker 0.1 %" in sentence for sentence in said["assumptions"])
    assert (workdir / "r.html").stat().st_size > 1_000_000


def test_a_named_strategy_runs_also_when_disabled(workdir):
    said = as_json("backtest", "--config", "eth.toml", "--strategy", "swing", "--data", "ETH-USD_1h.csv")
    assert said["strategies"] == ["swing"]


def test_options_go_before_the_configuration(workdir):
    said = as_json(
        *("backtest", "--config", "eth.toml", "--data", "ETH-USD_1h.csv"),
        *("--initial-balance", "500", "--taker-fee", "0"),
    )
    assert (said["initial_balance"], said["metrics"]["fees_paid"]) == (500.0, 0.0)


def test_a_directory_of_csv_files_and_the_range(workdir):
    said = as_json(
        *("backtest", "--config", "eth.toml", "--data", "."),
        *("--start", "2024-01-05", "--end", "2024-01-10", "--warm-up", "20"),
    )
    assert said["bars"] == 120


def test_synthetic_candles_are_labelled(workdir):
    said = as_json(
        "backtest", "--indicator", "rsi", "--scenario", "bear", "--bars", "300", "--save", "s.json"
    )
    assert any("synthetic candles (bear)" in warning for warning in said["warnings"])
    assert any("synthetic" in warning for warning in BacktestResult.load_from_file("s.json").warnings)


def test_candles_of_the_catalogue(workdir):
    assert run("data", "import", "ETH-USD_1h.csv", "--root", "cat").exit_code == 0
    market = ("--symbol", "ETH-USD", "--interval", "1h", "--root", "cat")
    assert as_json("backtest", "--indicator", "rsi", *market)["bars"] == 500
    assert as_json("backtest", "--config", "eth.toml", "--root", "cat")["bars"] == 500


def test_indicators_side_by_side(workdir):
    said = as_json(
        *("compare", "--indicator", "ma", "--indicator", "rsi", "--param", "ma.fast_period=5"),
        *("--data", "ETH-USD_1h.csv", "--metric", "total_return"),
    )
    values = [entry["metrics"]["total_return"] for entry in said]
    assert [entry["rank"] for entry in said] == [1, 2]
    assert values == sorted(values, reverse=True)


def test_saved_results_side_by_side_and_as_a_page(workdir):
    for indicator, scenario in (("ma", "bull"), ("rsi", "bear")):
        as_json("backtest", "--indicator", indicator, "--scenario", scenario, "--save", f"{indicator}.json")
    result = run("compare", "ma.json", "rsi.json")
    assert result.exit_code == 0
    assert "not like for like" in result.stderr
    assert run("report", "ma.json", "--title", "First <try>").exit_code == 0
    assert "<title>First &lt;try&gt;</title>" in (workdir / "ma.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("backtest",), 2, "give --config or --indicator"),
        (("backtest", "--indicator", "rsi"), 2, "give candles"),
        (("backtest", "--indicator", "rsii", "--scenario", "bull"), 2, 'did you mean "rsi"?'),
        (("backtest", "--indicator", "rsi", "--param", "perod=3", "--scenario", "bull"), 2, "period"),
        (
            ("backtest", "--indicator", "rsi", "--param", "period", "--scenario", "bull"),
            2,
            "must be KEY=VALUE",
        ),
        (("backtest", "--indicator", "rsi", "--scenario", "moon"), 2, "scenario must be one of"),
        (
            ("backtest", "--indicator", "rsi", "--data", "ETH-USD_1h.csv", "--bars", "300"),
            2,
            "--bars is the length of a --scenario",
        ),
        (
            ("backtest", "--indicator", "rsi", "--data", "no_1h.csv"),
            2,
            "must say which market no_1h.csv is of",
        ),
        (("backtest", "--indicator", "rsi", "--data", "BTC-USD_1h.csv"), 4, "no such file"),
        (
            ("backtest", "--indicator", "rsi", "--data", "ETH-USD_1h.csv", "--interval", "1d"),
            4,
            "expected 1d",
        ),
        (("backtest", "--indicator", "rsi", "--scenario", "bull", "--taker-fee", "-1"), 3, "taker_fee"),
        (
            ("backtest", "--indicator", "rsi", "--scenario", "bull", "--initial-balance", "0"),
            2,
            "initial_balance",
        ),
        (("backtest", "--indicator", "rsi", "--scenario", "bull", "--slippage", "magic"), 3, "slippage"),
        (("backtest", "--indicator", "rsi", "--scenario", "bull", "--set", "side=up"), 3, "side"),
        (("backtest", "--indicator", "rsi", "--scenario", "bull", "--leverage", "0"), 3, "main_leverage"),
        (("backtest", "--indicator", "rsi", "--scenario", "bull", "--report", "x.pdf"), 2, "must be .html"),
        (("backtest", "--indicator", "rsi", "--scenario", "bull", "--save", "x.pkl"), 2, "must be .json"),
        (("backtest", "--config", "no.toml", "--scenario", "bull"), 3, "no.toml"),
        (
            ("backtest", "--config", "eth.toml", "--strategy", "tend", "--scenario", "bull"),
            2,
            'did you mean "trend"?',
        ),
        (
            ("backtest", "--config", "eth.toml", "--param", "a=1", "--scenario", "bull"),
            2,
            "belong to --indicator",
        ),
        (
            ("backtest", "--config", "eth.toml", "--data", "ETH-USD_1h.csv", "--end", "2030-01-01"),
            4,
            "data end",
        ),
        (("compare",), 2, "give result files"),
        (("compare", "no.json"), 4, "cannot be read"),
        (("compare", "ETH-USD_1h.csv"), 4, "is not a saved result"),
        (
            ("compare", "--indicator", "rsi", "--scenario", "bull", "--metric", "sharp"),
            2,
            "unknown metric 'sharp'",
        ),
        (("report", "no.json"), 4, "cannot be read"),
        (("report", "eth.toml"), 4, "is not a saved result"),
    ],
)
def test_bad_input_has_its_message_and_code_and_writes_nothing(workdir, arguments, code, message):
    before = sorted(workdir.iterdir())
    result = run(*arguments)
    assert (result.exit_code, "Traceback" in result.output) == (code, False), result.output
    assert message in " ".join(result.output.split()), result.output
    assert sorted(workdir.iterdir()) == before


@pytest.mark.parametrize("command", ["backtest", "compare", "report"])
def test_help_has_examples(command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"spark-stacker {command} " in result.stdout
    assert "Example" in result.stdout
