"""``backtest --ticks``: what it prints and writes, and how bad input ends."""

from __future__ import annotations

import json

import polars as pl
import pytest
from click.testing import CliRunner

from made.books import made_events
from made.pages import parse
from spark_stacker.cli import main
from spark_stacker.data import Catalogue

CONFIG = """\
[[strategies]]
name = "trend"
market = "BTC-USD"
timeframe = "1s"
indicators = ["ma"]

[[indicators]]
name = "ma"
type = "ma"
timeframe = "1s"
parameters = { fast_period = 2, slow_period = 4 }
"""

CLASS = """\
class Buyer:
    timer_interval_ns = 200_000_000

    def __init__(self, units=0.1):
        self.units = units

    def on_timer(self, desk):
        desk.market("buy", self.units)
"""

MAKER = (
    *("--tick-strategy", "grid-maker", "--set", "order_size=0.5", "--set", "max_position=5"),
    *("--set", "interval_ms=20", "--initial-balance", "1e6"),
)


@pytest.fixture(scope="module")
def events() -> pl.DataFrame:
    frame = made_events(20_000, seed=4).frame()
    start = pl.col("exchange_ns").min()
    moved = frame.with_columns(exchange_ns=start + 10 * (pl.col("exchange_ns") - start))
    return moved.with_columns(local_ns=pl.col("exchange_ns") + 1_000_000, sequence=pl.lit(None, pl.Int64))


@pytest.fixture
def workdir(tmp_path, monkeypatch, events):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPARK_STACKER_DATA", str(tmp_path / "catalogue"))
    events.write_parquet(tmp_path / "btc.parquet")
    (tmp_path / "btc.toml").write_text(CONFIG)
    (tmp_path / "own.py").write_text(CLASS)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, ["backtest", *(str(argument) for argument in arguments)])


def as_json(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_market_maker_is_told_with_its_interval_and_execution(workdir):
    result = run(*MAKER, "--ticks", "BTC-USD=btc.parquet", "--order-latency", "2")
    assert result.exit_code == 0, result.output
    for text in ("GridMaker on BTC-USD", "conservative", "optimistic", "Maker share", "Markout 5 s", "USD"):
        assert text in result.stdout
    assert "A message takes 2 ms to the exchange, an answer 0 ms back." in result.stdout


def test_json_has_the_profits_and_figures_and_the_queue_that_was_asked_for(workdir):
    told = as_json(*MAKER, "--ticks", "BTC-USD=btc.parquet", "--queue", "log", "--maker-fee", "0")
    assert told["strategy"] == "GridMaker"
    assert told["markets"] == ["BTC-USD"]
    assert told["queue"] == "log"
    assert set(told["profit"]) == {"conservative", "middle", "optimistic"}
    assert told["execution"]["maker_share"] == 1.0
    assert told["execution"]["fees"] == 0.0
    assert told["profit"]["conservative"] != told["profit"]["optimistic"]
    poor = run(*MAKER, "--ticks", "BTC-USD=btc.parquet", "--initial-balance", "100")
    assert "refused by the exchange: insufficient_margin" in poor.stdout
    dearer = as_json(*MAKER, "--ticks", "BTC-USD=btc.parquet")
    assert dearer["execution"]["fees"] == pytest.approx(1e-4 * dearer["execution"]["traded_notional"])


def test_a_configuration_runs_on_ticks_and_its_report_shows_the_book(workdir):
    told = as_json(
        *("--config", "btc.toml", "--ticks", "btc.parquet", "--report", "btc.html", "--save", "btc.json"),
        *("--export-fills", "fills.csv", "--export-trades", "trades.csv", "--export-equity", "e.parquet"),
        *("--answer-latency", "log_normal,median_ms=2,sigma=0.3"),
    )
    assert told["files"] == ["btc.json", "trades.csv", "e.parquet", "fills.csv", "btc.html"]
    assert told["strategies"] == ["trend"]
    fills = pl.read_csv("fills.csv")
    assert fills.height == told["execution"]["fills"] > 0
    assert {"markout_1s", "markout_5s", "markout_30s", "slippage"} <= set(fills.columns)
    page = parse((workdir / "btc.html").read_text())
    text = " ".join(page.text)
    for shown in ("Backtest of BTC-USD on ticks", "The book, with own orders and fills", "After the fills"):
        assert shown in text
    for shown in ("Queue, latency and slippage", "Maker share", "conservative", "Sharpe ratio"):
        assert shown in text
    assert page.links == ["data:,"]
    saved = json.loads((workdir / "btc.json").read_text())
    assert saved


def test_a_class_is_made_anew_for_each_run_and_takes_settings(workdir):
    told = as_json(
        *("--tick-strategy", "own.py:Buyer", "--set", "units=0.2", "--ticks", "BTC-USD=btc.parquet"),
        *("--initial-balance", "1e6", "--export-trades", "t.csv", "--export-equity", "e.csv"),
        *("--report", "own.html"),
    )
    assert told["strategy"] == "Buyer"
    assert told["execution"]["maker_share"] == 0.0
    assert told["execution"]["taker_slippage"] > 0
    assert len(set(told["profit"].values())) == 1
    assert pl.read_csv("e.csv").columns == ["time_ns", "equity", "position", "mid"]


def test_recorded_markets_of_the_catalogue_are_played(workdir, events):
    Catalogue().events.write(events.select(EVENTS), "made", "BTC/USD", tick_size=0.1, lot_size=0.01)
    kept = as_json(*MAKER, "--ticks", "made:BTC/USD")
    file = as_json(*MAKER, "--ticks", "BTC-USD=btc.parquet", "--tick-size", "0.1")
    assert kept["profit"] == file["profit"]
    assert as_json("--config", "btc.toml", "--ticks", "made:BTC/USD")["strategies"] == ["trend"]


EVENTS = ["exchange_ns", "local_ns", "kind", "side", "price", "size", "last", "sequence"]


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (
            ["--config", "btc.toml", "--tick-strategy", "schedule", "--ticks", "btc.parquet"],
            2,
            "--config and --tick-strategy exclude each other",
        ),
        (["--ticks", "btc.parquet"], 2, "--ticks needs --config or --tick-strategy"),
        ([*MAKER, "--ticks", "btc.parquet"], 2, "--symbol must be given"),
        ([*MAKER], 2, "--tick-strategy belongs to --ticks"),
        (["--config", "btc.toml", "--queue", "log"], 2, "--queue belongs to --ticks"),
        (["--indicator", "rsi", "--export-fills", "f.csv"], 2, "--export-fills belongs to --ticks"),
        ([*MAKER, "--ticks", "B-C=btc.parquet", "--interval", "1h"], 2, "--interval and --ticks exclude"),
        (
            [*MAKER, "--ticks", "B-C=btc.parquet", "--start", "2040-01-01"],
            4,
            "no events from the start asked",
        ),
        ([*MAKER, "--ticks", "B-C=btc.parquet", "--end", "2020-01-01"], 4, "no events before 2020-01-01"),
        (
            [*MAKER, "--ticks", "B-C=btc.parquet", "--start", "2024-01-02", "--end", "2024-01-01"],
            2,
            "end must be after start 2024-01-02, was 2024-01-01",
        ),
        ([*MAKER, "--ticks", "B-C=btc.parquet", "--slippage", "none"], 2, "--slippage belongs to --config"),
        ([*MAKER, "--ticks", "B-C=btc.parquet", "--save", "a.json"], 2, "--save belongs to --config"),
        (["--config", "btc.toml", "--ticks", "ETH-USD=btc.parquet"], 2, "no strategy trades ETH-USD"),
        (["--config", "btc.toml", "--ticks", "none.parquet"], 4, "none.parquet: cannot be read"),
        (["--config", "btc.toml", "--ticks", "made:BTC/USD"], 4, "no events of made BTC/USD"),
        (
            ["--config", "btc.toml", "--ticks", "made:BTC/USD", "--correct-clock"],
            2,
            "--correct-clock reads files",
        ),
        (
            ["--config", "btc.toml", "--ticks", "btc.parquet", "--ticks", "made:BTC/USD"],
            2,
            "given by files and by the catalogue",
        ),
        (["--config", "btc.toml", "--ticks", "a:BTC/USD", "--ticks", "b:BTC/USD"], 2, "recorded twice"),
        (
            [*MAKER, "--ticks", "BTC-USD=btc.parquet", "--order-latency", "-1"],
            2,
            "--order-latency must be MS",
        ),
        (
            [*MAKER, "--ticks", "BTC-USD=btc.parquet", "--order-latency", "feed,speed=2"],
            2,
            "feed has no 'speed'; known: factor, offset_ms",
        ),
        (
            [*MAKER, "--ticks", "BTC-USD=btc.parquet", "--order-latency", "log_normal,sigma=2"],
            2,
            "log_normal needs a number for median_ms",
        ),
        (
            ["--tick-strategy", "grid-maker", "--ticks", "BTC-USD=btc.parquet"],
            2,
            "missing a required argument: 'order_size'; it takes order_size, max_position",
        ),
        (
            [*MAKER, "--set", "speed=2", "--ticks", "BTC-USD=btc.parquet"],
            2,
            "there is no setting 'speed'; it takes order_size, max_position",
        ),
        (
            [*MAKER[:2], "--set", "order_size=x", "--set", "max_position=1", "--ticks", "B-C=btc.parquet"],
            2,
            "GridMaker: order_size must be a number, was 'x'",
        ),
        (
            ["--tick-strategy", "grid", "--ticks", "BTC-USD=btc.parquet"],
            2,
            "--tick-strategy must be grid-maker",
        ),
        (["--tick-strategy", "json:dumps", "--ticks", "BTC-USD=btc.parquet"], 2, "must be a class"),
    ],
)
def test_what_cannot_be_is_named(workdir, arguments, code, expected):
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert expected in " ".join(result.output.split())
