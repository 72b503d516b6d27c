"""``check-lookahead``: objects of files and modules, configurations, exit codes, JSON."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from spark_stacker.cli import main
from spark_stacker.data import synthesise

OWN = """\
import polars as pl
from spark_stacker.indicators.base_indicator import BaseIndicator

ALL = pl.read_parquet("ETH-USD_1h.parquet")
CENTRED = ALL["close"].rolling_mean(9, center=True).to_list()
TRAILING = ALL["close"].rolling_mean(9).to_list()


def trade(simulation, level, close):
    if (level or 0.0) > close and simulation.quantity == 0:
        simulation.buy()
    elif simulation.quantity > 0:
        simulation.close_position()


def centred(data, simulation, params):
    trade(simulation, CENTRED[len(data) - 1], data["close"][-1])


def trailing(data, simulation, params):
    trade(simulation, TRAILING[len(data) - 1], data["close"][-1])


def averages(data, simulation, params):
    trade(simulation, data["slow_ma"][-1] * params["share"], data["close"][-1])


class Mean(BaseIndicator):
    def calculate(self, data):
        return data.with_columns(mean=pl.col("close").rolling_mean(self.params.get("bars", 5)))

    def generate_signal(self, data):
        return None


class Peek(Mean):
    def calculate(self, data):
        return data.with_columns(peek=pl.col("close").shift(-self.params.get("bars", 1)))


ready = Mean("ready")
number = 3
"""
CONFIG = """\
plugins = ["plugin.py"]

[[indicators]]
name = "cross"
type = "ma"
parameters = { fast_period = 3, slow_period = 9 }

[[indicators]]
name = "peek"
type = "peek_of_a_plugin"

[[strategies]]
name = "honest"
market = "ETH-USD"
indicators = ["cross"]

[[strategies]]
name = "prophet"
market = "ETH-USD"
indicators = ["peek"]
"""
PLUGIN = """\
import polars as pl
from spark_stacker.indicators.base_indicator import BaseIndicator
from spark_stacker.indicators.indicator_factory import IndicatorFactory


class Peek(BaseIndicator):
    def calculate(self, data):
        return data.with_columns(peek=pl.col("close").shift(-1))

    def generate_signal(self, data):
        return None


IndicatorFactory.register_indicator("peek_of_a_plugin", Peek)
"""
DATA = ("--data", "ETH-USD_1h.parquet", "--cuts", "2")


@pytest.fixture
def workdir(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    synthesise("choppy", bars=200, seed=3).frame.write_parquet("ETH-USD_1h.parquet")
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "plugin.py").write_text(PLUGIN)
    (tmp_path / "eth.toml").write_text(CONFIG)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, ["check-lookahead", *map(str, arguments)])


@pytest.mark.parametrize(
    ("name", "verdict", "exit_code"),
    [
        ("centred", "look-ahead", 5),
        ("trailing", "clean", 0),
        ("Peek", "look-ahead", 5),
        ("ready", "clean", 0),
    ],
)
def test_objects_of_a_file_with_what_its_module_makes_of_files(workdir, name, verdict, exit_code):
    result = run(f"own.py:{name}", *DATA, "--json")
    assert result.exit_code == exit_code, result.output
    assert json.loads(result.stdout)["verdict"] == verdict


def test_a_function_gets_its_parameters_and_indicators(workdir):
    result = run("own.py:averages", *DATA, "--param", "share=0.99", "--indicator", "ma", "--leverage", "2")
    assert result.exit_code == 0, result.output
    assert "slow_ma" in result.stdout
    assert "clean" in result.stdout


def test_a_look_ahead_is_told_with_row_and_values(workdir):
    result = run("own.py:Peek", *DATA, "--param", "bars=2")
    assert result.exit_code == 5
    assert "column peek, row" in result.stdout


def test_a_configuration(workdir):
    result = run("eth.toml", *DATA, "--json")
    assert result.exit_code == 5, result.output
    assert [found["name"] for found in json.loads(result.stdout)["differences"]] == ["prophet.peek.peek"]
    assert run("eth.toml", *DATA, "--strategy", "honest").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (("own.py:Meen", *DATA), 2, "own.py has no 'Meen'; did you mean \"Mean\"?"),
        (("none.py:Mean", *DATA), 2, "no file none.py"),
        (("no_such_module_here:Mean", *DATA), 2, "no module 'no_such_module_here'"),
        (("own.py:number", *DATA), 2, "must be an indicator"),
        (("broken.py:Mean", *DATA), 5, "broken.py cannot be imported"),
        (("own.py:averages", *DATA), 5, "KeyError"),
        (("own.py:Mean", "--data", "ETH-USD_1h.parquet", "--end", "2024-01-02"), 4, "at least 50 candles"),
        (("own.py:Mean",), 2, "give candles"),
        (("own.py:Mean", *DATA, "--strategy", "x"), 2, "--strategy belongs to a configuration"),
        (("eth.toml", *DATA, "--param", "x=1"), 2, "--param and --indicator belong to an object"),
        (("none.toml", *DATA), 3, "none.toml"),
    ],
)
def test_bad_input(workdir, arguments, exit_code, message):
    (workdir / "broken.py").write_text("1 / 0\n")
    result = run(*arguments)
    assert result.exit_code == exit_code, result.output
    assert message in result.stderr
