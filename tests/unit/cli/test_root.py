"""The root command: what is listed, and how every failure ends."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

import spark_stacker
from spark_stacker import cli, errors

if TYPE_CHECKING:
    from collections.abc import Callable


PROGRAM = "from spark_stacker.cli import main\nmain()\n"


def run_program(arguments: list[str], *, stdout: IO[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)


def listed_codes(text: str) -> list[int]:
    return [int(code) for code in re.findall(r"(?m)^ +(\d+)  \S", text)]


@pytest.fixture
def run_failing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Calls ``spark-stacker init`` in place of which a command stands that raises what it is given."""

    def run(error: BaseException, *arguments: str, debug: bool = False) -> object:
        @click.command()
        @click.option("--json", "as_json", is_flag=True)
        def failing(*, as_json: bool) -> None:
            raise error

        module = type(sys)("failing_command")
        module.command = failing  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "failing_command", module)
        monkeypatch.setitem(cli.COMMANDS, "init", cli.LazyCommand("failing_command", "command", "fails"))
        return CliRunner().invoke(cli.main, [*(["--debug"] if debug else []), "init", *arguments])

    return run


def test_help_lists_every_command_and_exit_code() -> None:
    result = CliRunner().invoke(cli.main, ["--help"])
    assert result.exit_code == 0
    for name in cli.COMMANDS:
        assert f"  {name} " in result.output
    assert listed_codes(result.output) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 70, 130, 141]
    assert "spark-stacker init" in result.output


def test_every_exception_has_an_exit_code_that_help_lists() -> None:
    classes = [getattr(errors, name) for name in errors.__all__]
    codes = {kind.exit_code for kind in classes if isinstance(kind, type) and issubclass(kind, Exception)}
    assert codes <= set(listed_codes(cli.EXIT_CODES))


def test_version() -> None:
    result = CliRunner().invoke(cli.main, ["--version"])
    assert result.output == f"spark-stacker {spark_stacker.__version__}\n"


def test_unknown_command_suggests_the_nearest() -> None:
    result = CliRunner().invoke(cli.main, ["bcktest"])
    assert result.exit_code == 2
    assert "did you mean 'backtest'?" in result.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ParameterError("period must be at least 2, was 1"), 2),
        (errors.ConfigError("x.json: wrong"), 3),
        (errors.DataError("no rows"), 4),
        (errors.StrategyError("indicator failed"), 5),
        (errors.OrderRefusedError("too small"), 6),
        (errors.RetryableError("timed out"), 7),
        (errors.StopTradingError("unsafe"), 8),
        (errors.SparkStackerError("other"), 1),
    ],
)
def test_failure_is_one_message_and_its_exit_code(
    run_failing: Callable[..., click.testing.Result], error: Exception, code: int
) -> None:
    result = run_failing(error)
    assert result.exit_code == code
    assert result.stderr == f"error: {error}\n"
    assert result.stdout == ""


def test_unexpected_exception_is_a_defect_without_traceback(
    run_failing: Callable[..., click.testing.Result],
) -> None:
    result = run_failing(KeyError("close"))
    assert result.exit_code == 70
    assert "unexpected KeyError: 'close'" in result.stderr
    assert "Traceback" not in result.stderr
    assert "--debug" in result.stderr


def test_debug_shows_the_traceback(run_failing: Callable[..., click.testing.Result]) -> None:
    result = run_failing(KeyError("close"), debug=True)
    assert result.exit_code == 70
    assert "Traceback (most recent call last)" in result.stderr


def test_interrupt_ends_with_130(run_failing: Callable[..., click.testing.Result]) -> None:
    result = run_failing(KeyboardInterrupt())
    assert result.exit_code == 130
    assert result.stderr.strip() == "interrupted"


def test_broken_pipe_is_quiet(run_failing: Callable[..., click.testing.Result]) -> None:
    result = run_failing(BrokenPipeError())
    assert result.exit_code == 141
    assert result.stderr == ""


def test_failure_under_json_is_json(run_failing: Callable[..., click.testing.Result]) -> None:
    problem = errors.ConfigProblem("strategies[0].market", "is required")
    result = run_failing(errors.ConfigError(f"x.json: {problem}", [problem]), "--json")
    assert result.exit_code == 3
    assert json.loads(result.stderr) == {
        "error": {
            "type": "ConfigError",
            "message": "x.json: strategies[0].market: is required",
            "exit_code": 3,
            "problems": [{"key": "strategies[0].market", "message": "is required"}],
        }
    }


def test_markup_in_a_message_is_printed_as_it_is(run_failing: Callable[..., click.testing.Result]) -> None:
    result = run_failing(errors.ParameterError("[red]x[/red] [0]"))
    assert result.stderr == "error: [red]x[/red] [0]\n"


def test_help_imports_no_heavy_library() -> None:
    heavy = ("polars", "numpy", "pydantic", "plotly", "rich", "structlog", "prometheus_client", "asyncio")
    program = (
        "import sys\n"
        "from spark_stacker.cli import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        f"print([name for name in {heavy!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_reader_that_goes_away_ends_the_command_quietly() -> None:
    program = (
        "import sys; sys.argv = ['spark-stacker', 'indicators', 'list']\n"
        "from spark_stacker.cli import main\nmain()\n"
    )
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=write_end, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write_end)
    assert done.returncode == cli.BROKEN_PIPE
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [["--help"], ["indicators", "list"], ["indicators", "list", "--json"]])
def test_an_output_that_cannot_be_written_is_told(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = run_program(arguments, stdout=full)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr


def test_closed_streams_are_no_failure() -> None:
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(PROGRAM)} indicators list >&- 2>&-"
    assert subprocess.run(["bash", "-c", command], check=False).returncode == 0
