"""``spark-stacker optimise`` as a process: stopped by Ctrl-C, it keeps what is done and says how to go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from made.results import made_candles
from spark_stacker.backtesting.search import SearchResult

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-c", "from spark_stacker.cli import main; main()", "optimise", "grid"]
SEARCH = [
    *("--indicator", "ma", "--data", "ETH-USD_1h.csv", "--no-honesty", "--threads", "1"),
    *("--param", "fast_period=2:60", "--param", "slow_period=61:200", "--param", "stop_loss_pct=1:20:0.5"),
]


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    made_candles(6_000).write_csv(tmp_path / "ETH-USD_1h.csv")
    return tmp_path


def start(workdir: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *SEARCH, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=workdir,
        env=os.environ | {"NO_COLOR": "1", "COLUMNS": "200"},
    )


def parts(workdir: Path) -> list[Path]:
    return sorted((workdir / "kept" / "parts").glob("*.parquet"))


def interrupt_after(process: subprocess.Popen[str], workdir: Path, count: int) -> tuple[str, str]:
    deadline = time.monotonic() + 100
    while len(parts(workdir)) < count:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=30)


def test_ctrl_c_keeps_what_is_done_and_the_search_goes_on(workdir: Path) -> None:
    first = start(workdir, "--out", "kept")
    table, said = interrupt_after(first, workdir, 1)
    assert first.returncode == 130, said
    assert "Best by sharpe_ratio" in table
    assert "sets tried so far" in table
    assert "the same command with --resume kept in place of --out goes on" in said
    assert "sets, about" in said  # how long it would have taken
    before = parts(workdir)

    second = start(workdir, "--resume", "kept")
    _, said = interrupt_after(second, workdir, len(before) + 1)
    assert second.returncode == 130, said
    assert parts(workdir)[: len(before)] == before
    assert not (workdir / "kept" / "result.json").exists()


def test_without_a_directory_ctrl_c_says_that_nothing_is_kept(workdir: Path) -> None:
    process = start(workdir)
    assert process.stderr is not None
    assert "sets, about" in process.stderr.readline()
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    table, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "sets tried so far" in table
    assert "--out DIR keeps a search" in said


def test_a_search_that_ends_can_be_loaded(workdir: Path) -> None:
    small = ["--param", "rsi.period=5,10", "--indicator", "rsi", "--data", "ETH-USD_1h.csv", "--no-honesty"]
    done = subprocess.run(
        [*COMMAND, *small, "--out", "kept"], cwd=workdir, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert SearchResult.load(workdir / "kept").count == 2
