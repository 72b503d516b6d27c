"""``spark-stacker data`` with trades, quotes and books."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from spark_stacker.cli import main
from spark_stacker.data import Catalogue
from spark_stacker.data.recorder import Recorder
from unit.data.events.made_events import DAY, random_trades, write_book

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def trades(tmp_path: Path) -> Path:
    path = tmp_path / "trades.parquet"
    random_trades(100).write_parquet(path)
    return path


def test_files_of_events_are_told_from_candles_imported_listed_and_checked(
    tmp_path: Path, trades: Path
) -> None:
    root = ("--root", tmp_path / "data")
    done = run("data", "import", trades, "--symbol", "BTC/USDT", "--venue", "binance", *root)
    assert done.exit_code == 0, done.output
    assert "100 events in 1 parts, tick 0.5" in done.output
    assert "tick size 0.5 is inferred" in done.output
    assert "binance" in run("data", "list", *root).output
    listed = json.loads(run("data", "list", "--json", *root).output)
    assert [(item["kind"], item["interval"], item["rows"]) for item in listed] == [("events", "tick", 100)]
    checked = run("data", "check", "--events", "--symbol", "BTC/USDT", "--venue", "binance", *root)
    assert checked.exit_code == 0
    assert "100 events in 100 messages" in checked.output
    again = run("data", "import", trades, "--symbol", "BTC/USDT", "--venue", "binance", *root)
    assert again.exit_code == 4
    assert "expected them after" in again.output
    replaced = run(
        *("data", "import", trades, "--symbol", "BTC/USDT", "--venue", "binance", "--replace", "--json"),
        *("--tick-size", "0.25", *root),
    )
    facts = json.loads(replaced.output)
    assert (facts["rows"], facts["tick_size"], facts["inferred"]) == (100, 0.25, ["lot_size"])


def test_a_market_must_be_named_where_no_file_names_it(trades: Path) -> None:
    done = run("data", "import", trades)
    assert done.exit_code == 2
    assert "--symbol must be given" in done.output


def test_events_and_candles_are_not_imported_together(tmp_path: Path, trades: Path) -> None:
    candles = tmp_path / "BTC_1h.csv"
    candles.write_text("timestamp,open,high,low,close,volume\n2024-01-01,1,1,1,1,1\n")
    done = run("data", "import", trades, candles, "--symbol", "BTC")
    assert done.exit_code == 2
    assert "must be all of events or all of candles" in done.output


def test_a_file_that_breaks_a_rule_ends_with_code_4_and_its_row(tmp_path: Path) -> None:
    path = write_book(
        tmp_path / "book.parquet",
        [(1, "snapshot", "bid", 99.0, 1.0, None, 1, None), (2, "delta", "ask", 98.0, 1.0, 2, 2, 1)],
    )
    done = run("data", "check", path)
    assert done.exit_code == 4
    assert "the book is crossed after 1 messages (first at row 3)" in done.output
    report = json.loads(run("data", "check", path, "--json").output)
    assert report["ok"] is False
    assert report["findings"][0]["time_ns"] == DAY + 2


def test_a_replay_is_recorded_and_what_a_killed_recorder_left_is_recovered(
    tmp_path: Path, trades: Path
) -> None:
    root = ("--root", tmp_path / "data")
    done = run("data", "record", trades, "--symbol", "BTC/USDT", "--rotate-rows", "60", *root)
    assert done.exit_code == 0, done.output
    assert "100 events of 100 messages in 2 parts, 0 gaps" in done.output
    recover = ("data", "recover", "--venue", "replay", "--symbol", "BTC/USDT", *root)
    assert "nothing to recover" in run(*recover).output
    killed = Recorder(Catalogue(tmp_path / "data").events, "replay", "BTC/USDT")
    killed._gap((DAY + 10**12, DAY + 10**12), "made for the test")
    killed.flush()
    killed._journal._file.close()
    assert "2024-08-08-002.parquet" in run(*recover).output
