"""``spark-stacker live`` as a process: on recorded candles, stopped by signals, restarted, scraped,
misused.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from made import strategies
from made.minutes import frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-c", "from spark_stacker.cli import main; main()", "live"]

Live = Callable[..., subprocess.Popen[str]] if TYPE_CHECKING else object


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Mean reversion on ETH-BTC, in and out of the market all the time."""
    path = tmp_path / "eth.json"
    path.write_text(json.dumps(strategies.MEAN_REVERSION | {"metrics": {"port": 0}, "log_level": "INFO"}))
    return path


@pytest.fixture
def recorded(fixtures_dir: Path) -> Path:
    return fixtures_dir / "data" / "ft_spot_eth_btc_5m.parquet"


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


def finish(process: subprocess.Popen[str], *, within_s: float = 60.0) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=within_s)
    return process.returncode, out, err


def wait_for(process: subprocess.Popen[str], words: str) -> str:
    """Read the log until a line holds the words; return that line."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return line
    raise AssertionError(f"{words!r} was never logged")


def test_recorded_candles_end_with_what_happened(started: Live, config: Path, recorded: Path) -> None:
    code, out, err = finish(started("--config", config, "--data", recorded, "--bars", 1500))
    assert code == 0, err
    assert "DRY RUN" in err
    assert "SYNTHETIC" not in err
    assert re.search(r"bars\s+1,500", out)
    assert re.search(r"trades\s+\d+ closed", out)
    assert "1500 bars, as asked" in out


def test_a_machine_reads_what_happened_as_json(started: Live, config: Path, recorded: Path) -> None:
    code, out, _ = finish(started("--config", config, "--data", recorded, "--json", "--log-format", "json"))
    assert code == 0
    told = json.loads(out)
    assert told["mode"] == "dry_run"
    assert told["synthetic"] is False
    assert told["stopped"] == "the candles ended"
    assert told["bars"] + told["warm_up_bars"] == 5760
    assert told["fills"] > 0
    assert told["portfolio"]["equity"] > 0


def test_synthetic_candles_are_labelled_and_seeded(started: Live) -> None:
    arguments = ("--scenario", "choppy", "--seed", 3, "--bars", 300, "--json")
    code, first, err = finish(started(*arguments))
    assert code == 0, err
    assert json.loads(first)["synthetic"] is True
    assert "synthetic scenario choppy, seed 3" in json.loads(first)["candles"]
    assert finish(started(*arguments))[1] == first
    _, _, err = finish(started(*arguments[:-1]))
    assert "SYNTHETIC DATA" in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_a_slow_replay_stops_within_two_seconds_and_reports_positions(
    started: Live, config: Path, recorded: Path, number: signal.Signals
) -> None:
    process = started("--config", config, "--data", recorded, "--speed", 3000, "--log-format", "json")
    wait_for(process, '"event": "fill"')
    asked = time.monotonic()
    process.send_signal(number)
    code, out, err = finish(process, within_s=10)
    assert time.monotonic() - asked < 2.0
    assert code == 0, err
    assert ("Ctrl-C" if number == signal.SIGINT else "SIGTERM") in out
    stopped = next(json.loads(line) for line in err.splitlines() if '"session_stopped"' in line)
    assert stopped["open_positions"] >= 0
    held = [line for line in err.splitlines() if '"position_open"' in line]
    assert len(held) == stopped["open_positions"]
    assert ("Positions open at the end" in out) is bool(held)


def test_a_signal_during_a_replay_at_full_speed_stops_within_two_seconds(
    started: Live, tmp_path: Path, fixtures_dir: Path
) -> None:
    path = tmp_path / "btc.json"
    path.write_text(json.dumps(strategies.MULTI_TIMEFRAME | {"metrics": {"enabled": False}}))
    recorded = fixtures_dir / "data" / "nt_btc_perp_1m.parquet"
    process = started(
        "--config", path, "--data", recorded, "--log-format", "json", "--state", tmp_path / "state"
    )
    wait_for(process, '"event": "fill"')
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code, out, _ = finish(process, within_s=10)
    assert time.monotonic() - asked < 2.0
    assert code == 0
    assert "SIGTERM" in out
    assert json.loads((tmp_path / "state" / "journal.jsonl").read_text().splitlines()[-1])["record"] == "stop"


def test_a_signal_during_a_long_wait_stops_within_two_seconds(
    started: Live, config: Path, recorded: Path
) -> None:
    process = started("--config", config, "--data", recorded, "--speed", 1, "--log-format", "json")
    wait_for(process, '"event": "warmed_up"')
    asked = time.monotonic()
    process.send_signal(signal.SIGINT)
    code, _, _ = finish(process, within_s=10)
    assert time.monotonic() - asked < 2.0
    assert code == 0


def test_a_restart_goes_on_where_the_first_run_stopped(
    started: Live, config: Path, recorded: Path, tmp_path: Path
) -> None:
    common = ("--config", config, "--data", recorded, "--json")
    _, whole, _ = finish(started(*common))
    state = ("--state", tmp_path / "state")
    _, first, _ = finish(started(*common, *state, "--bars", 900))
    code, second, err = finish(started(*common, *state))
    assert code == 0, err
    told, one, two = json.loads(whole), json.loads(first), json.loads(second)
    assert two["restored_bars"] == 900
    assert two["portfolio"] == told["portfolio"]
    assert one["fills"] + two["fills"] == told["fills"]
    _, third, _ = finish(started(*common, *state))
    assert (json.loads(third)["bars"], json.loads(third)["portfolio"]) == (0, told["portfolio"])


def test_state_of_another_configuration_is_refused_until_fresh(
    started: Live, config: Path, recorded: Path, tmp_path: Path
) -> None:
    common = ("--data", recorded, "--state", tmp_path / "state", "--bars", 50)
    assert finish(started("--config", config, *common))[0] == 0
    other = tmp_path / "other.json"
    other.write_text(config.read_text().replace('"stop_loss_pct": 1.5', '"stop_loss_pct": 1.6'))
    code, _, err = finish(started("--config", other, *common))
    assert code == 3
    assert "another configuration" in err
    assert "--fresh" in err
    assert finish(started("--config", other, *common, "--fresh"))[0] == 0
    assert (tmp_path / "state" / "journal.1.jsonl").exists()


def test_one_process_uses_a_state_directory(
    started: Live, config: Path, recorded: Path, tmp_path: Path
) -> None:
    common = ("--config", config, "--data", recorded, "--state", tmp_path / "state", "--log-format", "json")
    first = started(*common, "--speed", 60)
    wait_for(first, '"event": "warmed_up"')
    code, _, err = finish(started(*common))
    assert code == 2
    assert f"in use by process {first.pid}" in err


def test_metrics_are_scraped_while_it_runs(started: Live, config: Path, recorded: Path) -> None:
    process = started("--config", config, "--data", recorded, "--speed", 20_000, "--log-format", "json")
    url = json.loads(wait_for(process, "metrics_served"))["url"]
    assert url.startswith("http://127.0.0.1:")
    wait_for(process, '"trade_closed"')
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - begins with http, see above
        page = answer.read().decode()
    assert 'spark_stacker_bars_total{exchange="replay",market="ETH-BTC"}' in page
    assert re.search(
        r'spark_stacker_trades_total\{exchange="replay",result="(win|loss)",side="(long|short)"\} \d', page
    )
    assert 'spark_stacker_active_positions{exchange="replay",market="ETH-BTC"' in page
    assert 'spark_stacker_pnl_percent{position_type="main",strategy="reversion"}' in page
    assert 'spark_stacker_up{mode="dry_run"} 1.0' in page
    assert 'spark_stacker_api_latency_seconds_count{endpoint="candles",exchange="replay"}' in page


def test_a_metrics_port_in_use_is_refused(started: Live, config: Path, recorded: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, err = finish(started("--config", config, "--data", recorded, "--metrics-port", port))
    assert code == 2
    assert str(port) in err


Wrong = tuple[list[object], int, str]
WRONG: dict[str, Callable[[Path], Wrong] if TYPE_CHECKING else Any] = {
    "nothing to run on": lambda _: ([], 2, "--config"),
    "both kinds of candles": lambda _: (["--data", "x", "--scenario", "bull"], 2, "exclude each other"),
    "an unknown scenario": lambda _: (["--scenario", "bul"], 2, "bull"),
    "a wrong speed": lambda _: (["--scenario", "bull", "--speed", "0"], 2, "multiple of real time"),
    "fresh without state": lambda _: (["--scenario", "bull", "--fresh"], 2, "--state"),
    "a missing configuration": lambda at: (["--config", at / "none.toml"], 3, "none.toml"),
    "a missing file": lambda at: (["--data", at / "none.parquet"], 4, "none.parquet"),
    "an empty file": lambda at: (["--data", at / "empty.csv"], 4, "is empty"),
    "a broken file": lambda at: (["--data", at / "broken.parquet"], 4, "broken.parquet"),
    "candles in disorder": lambda at: (["--data", at / "shuffled.parquet"], 4, "timestamp"),
    "candles with holes": lambda at: (["--data", at / "nan.parquet"], 4, "close"),
    "candles too coarse": lambda at: (["--data", at / "daily.parquet"], 2, "1d"),
    "another market's file": lambda at: (
        ["--data", f"LTC-USD={at / 'good.parquet'}"],
        2,
        "no strategy trades LTC-USD",
    ),
    "live orders": lambda at: (["--config", at / "real.json"], 3, "live orders"),
    "no exchange": lambda at: (["--config", at / "no_exchange.json"], 3, "--data or --scenario"),
    "an exchange of a later version": lambda at: (
        ["--config", at / "kraken.json"],
        3,
        "no connector for 'kraken'",
    ),
    "a state directory that is a file": lambda at: (
        ["--scenario", "bull", "--state", at / "good.parquet"],
        2,
        "state",
    ),
    "warm-up longer than the data": lambda at: (
        ["--data", at / "good.parquet", "--warm-up", 999],
        2,
        "leave none",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_gets_a_clear_error_and_its_exit_code(started: Live, tmp_path: Path, case: str) -> None:
    good = frame(range(200))
    hours = good.with_columns(
        timestamp=good["timestamp"][0] + (good["timestamp"] - good["timestamp"][0]) * 60
    )
    hours.write_parquet(tmp_path / "good.parquet")
    hours.sample(fraction=1.0, shuffle=True, seed=1).write_parquet(tmp_path / "shuffled.parquet")
    hours.with_columns(close=float("nan")).write_parquet(tmp_path / "nan.parquet")
    days = good.with_columns(
        timestamp=good["timestamp"][0] + (good["timestamp"] - good["timestamp"][0]) * 1440
    )
    days.write_parquet(tmp_path / "daily.parquet")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "broken.parquet").write_bytes((tmp_path / "good.parquet").read_bytes()[:300])
    base = strategies.MEAN_REVERSION
    (tmp_path / "real.json").write_text(json.dumps(base | {"dry_run": False}))
    (tmp_path / "no_exchange.json").write_text(json.dumps(base))
    (tmp_path / "kraken.json").write_text(
        json.dumps(base | {"exchanges": [{"name": "kraken", "use_as_main": True}]})
    )
    arguments, expected, words = WRONG[case](tmp_path)
    code, _, err = finish(started(*arguments))
    assert code == expected, err
    assert words in err
    assert "Traceback" not in err


def test_a_configuration_may_name_the_replay_and_its_files(
    started: Live, recorded: Path, tmp_path: Path
) -> None:
    (tmp_path / "candles").mkdir()
    (tmp_path / "candles" / "ETH-BTC_5m.parquet").symlink_to(recorded)
    replay = {"name": "tape", "exchange_type": "replay", "files": ["candles"], "use_as_main": True}
    path = tmp_path / "tape.json"
    more = {"exchanges": [replay], "live": {"history_bars": 100}, "metrics": {"enabled": False}}
    path.write_text(json.dumps(strategies.MEAN_REVERSION | more))
    arguments = ("--config", path, "--bars", 300, "--json")
    code, out, err = finish(started(*arguments))
    assert code == 0, err
    told = json.loads(out)
    assert (told["exchange"], told["bars"], told["warm_up_bars"]) == ("tape", 300, 100)
    assert "ETH-BTC" in told["candles"]
    assert (tmp_path / "state" / "journal.jsonl").exists()
    _, out, _ = finish(started(*arguments))
    assert (json.loads(out)["restored_bars"], json.loads(out)["bars"]) == (300, 300)
