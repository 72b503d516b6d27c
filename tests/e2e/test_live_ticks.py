"""``spark-stacker live --ticks`` as a process: recorded trades and books, stopped, killed, restarted,
misused.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from made.tick_runs import crossing, overtaking
from spark_stacker.backtesting.ticks import ConstantLatency, TickSettings, run_configured
from spark_stacker.config import parse_settings
from spark_stacker.data import Catalogue
from spark_stacker.data.events import import_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Live = Callable[..., subprocess.Popen[str]]
    Arguments = list[object]

COMMAND = [sys.executable, "-c", "from spark_stacker.cli import main; main()", "live"]
BTC = "BTC-USDT"
RULES = ("--order-latency", 7, "--queue", "conservative")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "btc.json"
    path.write_text(json.dumps(crossing(BTC)))
    return path


@pytest.fixture(scope="module")
def recorded(fixtures_dir: Path) -> list[Path]:
    """Six minutes of Binance's perpetual, by a receiver whose clock is 1.3 seconds behind."""
    names = ("hb_binance_usdm_btcusdt_20240808_l2", "hb_binance_usdm_btcusdt_20240808_trades")
    return [fixtures_dir / "data" / f"{name}.parquet" for name in names]


@pytest.fixture(scope="module")
def minute(recorded: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first of them, as a recording of this package."""
    frame = import_events(recorded, correct_clock=True).frame
    path = tmp_path_factory.mktemp("recorded") / "minute.parquet"
    frame.filter(pl.col("local_ns") < pl.col("local_ns").min() + 70_000_000_000).write_parquet(path)
    return path


@pytest.fixture
def common(config: Path, minute: Path) -> Arguments:
    return ["--config", config, "--ticks", minute, *RULES]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Live]:
    """Starts ``live`` and makes sure that it ends with the test."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"NO_COLOR": "1", "COLUMNS": "200"},
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def finish(process: subprocess.Popen[str], *, within_s: float = 90.0) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=within_s)
    return process.returncode, out, err


def told(process: subprocess.Popen[str]) -> dict[str, Any]:
    code, out, err = finish(process)
    assert code == 0, err
    document: dict[str, Any] = json.loads(out)
    return document


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    """Read the log until a line holds the words."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"{words!r} was never logged")


def test_a_dry_run_is_the_backtest_over_the_same_files(
    started: Live, config: Path, recorded: list[Path]
) -> None:
    files = [argument for path in recorded for argument in ("--ticks", path)]
    what = told(started("--config", config, *files, "--correct-clock", *RULES, "--json"))
    ticks = TickSettings(queue="conservative", order_latency=ConstantLatency(7_000_000))
    events = {BTC: import_events(recorded, correct_clock=True)}
    result = run_configured(parse_settings(crossing(BTC)), events, ticks)
    assert what["bars"] == result.equity_curve.height > 300
    assert what["fills"] == result.fills.height > 50
    assert what["fees"] == sum(result.fills["fee"])
    assert what["trades"] == result.trades.height
    assert what["problems"] == {}
    assert what["stopped"] == "the events ended"
    assert (what["mode"], what["synthetic"], what["exchange"]) == ("dry_run", False, "replay")
    assert "hb_binance_usdm_btcusdt_20240808_l2.parquet" in what["events"]


def test_people_are_told_of_queue_latency_and_what_happened(started: Live, common: Arguments) -> None:
    code, out, err = finish(started(*common, "--bars", 40))
    assert code == 0, err
    for words in ("DRY RUN", "minute.parquet", "conservative", "orders 7 ms"):
        assert words in err
    for words in ("What happened", "40 bars, as asked", "bars", "fills"):
        assert words in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_within_two_seconds_and_the_next_start_goes_on(
    started: Live, common: Arguments, tmp_path: Path, number: signal.Signals
) -> None:
    state = ("--state", tmp_path / "state")
    process = started(*common, *state, "--speed", 20, "--log-format", "json", "--json")
    wait_for(process, '"event": "fill"')
    asked = time.monotonic()
    process.send_signal(number)
    code, out, err = finish(process, within_s=10)
    assert time.monotonic() - asked < 2.0
    assert code == 0, err
    first = json.loads(out)
    assert ("Ctrl-C" if number == signal.SIGINT else "SIGTERM") in first["stopped"]
    second, whole = told(started(*common, *state, "--json")), told(started(*common, "--json"))
    assert second["restored_bars"] == first["bars"] > 0
    assert second["portfolio"] == whole["portfolio"]
    assert first["fills"] + second["fills"] == whole["fills"]


def test_kill_9_and_a_restart_come_to_the_same_end(started: Live, common: Arguments, tmp_path: Path) -> None:
    state = ("--state", tmp_path / "state")
    process = started(*common, *state, "--speed", 20, "--log-format", "json")
    wait_for(process, '"event": "fill"')
    wait_for(process, '"event": "fill"')
    process.send_signal(signal.SIGKILL)
    process.wait()
    written = (tmp_path / "state" / "events.rows").stat().st_size
    rest, whole = told(started(*common, *state, "--json")), told(started(*common, "--json"))
    assert rest["restored_bars"] > 0
    assert rest["restored_bars"] + rest["bars"] == whole["bars"]
    assert rest["portfolio"] == whole["portfolio"]
    assert (tmp_path / "state" / "events.rows").stat().st_size > written, "nothing was left to run"


def test_bars_in_pieces_add_up(started: Live, common: Arguments, tmp_path: Path) -> None:
    state = ("--state", tmp_path / "state")
    first = told(started(*common, *state, "--bars", 20, "--json"))
    second = told(started(*common, *state, "--bars", 20, "--json"))
    both = told(started(*common, "--bars", 40, "--json"))
    assert (first["bars"], second["bars"], second["restored_bars"]) == (20, 20, 20)
    assert second["portfolio"] == both["portfolio"]
    fresh = told(started(*common, *state, "--bars", 20, "--json", "--fresh"))
    assert fresh == first
    assert {path.name for path in (tmp_path / "state").glob("*.1.*")} == {"journal.1.jsonl", "events.1.rows"}


def test_what_the_catalogue_has_is_played(
    started: Live, common: Arguments, config: Path, minute: Path, tmp_path: Path
) -> None:
    frame = pl.read_parquet(minute)
    Catalogue(tmp_path / "data").events.write(frame, "binance", "BTC/USDT", tick_size=0.1)
    place = ("--ticks", "binance:BTC/USDT", "--root", tmp_path / "data")
    there = told(started("--config", config, *place, *RULES, "--json"))
    files = told(started(*common, "--json"))
    assert there["events"].startswith("recorded events of binance BTC/USDT (")
    for name in ("bars", "fills", "fees", "portfolio"):
        assert there[name] == files[name]


def test_gaps_are_shown(started: Live, config: Path, tmp_path: Path) -> None:
    overtaking(3_000, seed=2).write_parquet(tmp_path / "events.parquet")
    arguments = ("--config", config, "--ticks", tmp_path / "events.parquet", "--log-format", "json")
    code, out, err = finish(started(*arguments))
    assert code == 0, err
    assert err.count('"events_missing"') == 3
    assert "gaps in the events" in out


def _events(place: Path, name: str, *, kinds: tuple[str, ...] = (), rows: int = 800) -> Path:
    frame = overtaking(rows, seed=2)
    kept = frame.filter(pl.col("kind").is_in(kinds)) if kinds else frame
    kept.write_parquet(place / name)
    return place / name


def _early(place: Path) -> Path:
    frame = pl.read_parquet(_events(place, "early.parquet"))
    row = pl.int_range(pl.len()) == 300
    frame.with_columns(
        exchange_ns=pl.when(row).then(pl.col("local_ns") + 5_000_000).otherwise("exchange_ns")
    ).write_parquet(place / "early.parquet")
    return place / "early.parquet"


def _shuffled(place: Path) -> Path:
    frame = pl.read_parquet(_events(place, "shuffled.parquet"))
    pl.concat([frame[:400], frame[500:], frame[400:500]]).write_parquet(place / "shuffled.parquet")
    return place / "shuffled.parquet"


def _candles(place: Path) -> Path:
    (place / "candles.csv").write_text("timestamp,open,high,low,close,volume\n1700000000,1,1,1,1,1\n")
    return place / "candles.csv"


WRONG: dict[str, Any] = {
    "a missing file": lambda at: (["--ticks", at / "none.parquet"], 4, ["none.parquet"]),
    "a file of candles": lambda at: (["--ticks", _candles(at)], 4, ["candles.csv", "trades"]),
    "no trades": lambda at: (
        ["--ticks", _events(at, "book.parquet", kinds=("depth",))],
        4,
        ["book.parquet: no trades among the events"],
    ),
    "events out of order": lambda at: (["--ticks", _shuffled(at)], 4, ["shuffled.parquet: row ", "go back"]),
    "a clock that is behind": lambda at: (
        ["--ticks", _early(at)],
        4,
        ["early.parquet: row 300 ", "5.000 ms before it happened", "--correct-clock"],
    ),
    "a price off the ticks": lambda at: (
        ["--ticks", _events(at, "good.parquet"), "--tick-size", 7],
        4,
        ["good.parquet: column price, row ", "tick grid"],
    ),
    "an unknown symbol": lambda at: (
        ["--ticks", f"ETH-USDT={_events(at, 'good.parquet')}"],
        2,
        ["no strategy trades ETH-USDT, they trade BTC-USDT"],
    ),
    "a market that the catalogue does not have": lambda at: (
        ["--ticks", "kraken:BTC/USDT", "--root", at],
        4,
        ["no events of kraken BTC/USDT"],
    ),
    "repairs of what the catalogue has": lambda at: (
        ["--ticks", "kraken:BTC/USDT", "--root", at, "--correct-clock"],
        2,
        ["--correct-clock reads files"],
    ),
    "files and the catalogue": lambda at: (
        ["--ticks", "kraken:BTC/USDT", "--ticks", _events(at, "good.parquet")],
        2,
        ["by files and by the catalogue"],
    ),
    "the catalogue twice": lambda _: (
        ["--ticks", "kraken:BTC/USDT", "--ticks", "binance:BTC/USDT"],
        2,
        ["recorded twice"],
    ),
    "candles as well": lambda at: (
        ["--ticks", at / "x", "--data", at / "y"],
        2,
        ["--data and --ticks exclude each other"],
    ),
    "warm-up": lambda at: (["--ticks", at / "x", "--warm-up", 5], 2, ["--warm-up and --ticks"]),
    "an option of ticks alone": lambda _: (["--scenario", "bull", "--queue", "fifo"], 2, ["--queue belongs"]),
    "a wrong latency": lambda at: (["--ticks", at / "x", "--order-latency", -1], 2, ["--order-latency"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_gets_a_clear_error_and_its_exit_code(
    started: Live, config: Path, tmp_path: Path, case: str
) -> None:
    arguments, expected, words = WRONG[case](tmp_path)
    code, _, err = finish(started("--config", config, *arguments))
    text = " ".join(err.split())
    assert code == expected, err
    for part in words:
        assert part in text
    assert "Traceback" not in err


def test_a_market_without_events_is_named(started: Live, tmp_path: Path) -> None:
    (tmp_path / "two.json").write_text(json.dumps(crossing("BTC-USDT", "ETH-USDT")))
    good = _events(tmp_path, "good.parquet")
    code, _, err = finish(started("--config", tmp_path / "two.json", "--ticks", f"BTC/USDT={good}"))
    assert code == 2
    assert "no events of ETH-USDT are given" in err
    code, _, err = finish(started("--config", tmp_path / "two.json", "--ticks", good))
    assert code == 2
    assert "of which market?" in err
