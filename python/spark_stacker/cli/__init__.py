"""The command line: its root, what it loads when, and how every failure ends.

Commands are imported when they are called, so that ``spark-stacker --help`` starts at once. A command is a
click command in a module of its own; ``COMMANDS`` is the one list of them.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import click

from spark_stacker.errors import InternalError, SparkStackerError

__all__ = ["COMMANDS", "LazyCommand", "main"]

INTERRUPTED = 130
BROKEN_PIPE = 141

_AS_JSON = "spark_stacker.cli.as_json"
"""Key of the context: whether the command was asked for JSON, and so fails in JSON."""

EXIT_CODES = """\b
Exit codes:
    0  done
    1  failed for a reason that no other code names
    2  wrong usage or parameter
    3  wrong configuration
    4  wrong or missing market data
    5  an own indicator or strategy failed
    6  an order was refused
    7  failed for now; the same call may succeed later
    8  stopped, because going on would have been unsafe
   70  a defect of Spark Stacker
  130  interrupted (Ctrl-C)
  141  the reader of the output went away
"""

EXAMPLES = """\b
Examples:
  spark-stacker init spark-stacker.toml
  spark-stacker config check spark-stacker.toml
  spark-stacker live --config spark-stacker.toml --scenario bull
  spark-stacker backtest --help
"""


class LazyCommand(NamedTuple):
    """Where a command lives, and the line that stands for it in ``--help``."""

    module: str
    attribute: str
    summary: str


COMMANDS = {
    "init": LazyCommand("spark_stacker.cli.init", "init", "Write a commented starter configuration."),
    "config": LazyCommand("spark_stacker.cli.config", "config", "Check and explain a configuration."),
    "data": LazyCommand(
        "spark_stacker.cli.data", "data", "Import, list, check, resample, synthesise candles."
    ),
    "backtest": LazyCommand(
        "spark_stacker.cli.backtest", "backtest", "Run strategies over recorded candles."
    ),
    "optimise": LazyCommand(
        "spark_stacker.cli.optimise", "optimise", "Search the parameters of strategies, and walk forward."
    ),
    "compare": LazyCommand("spark_stacker.cli.compare", "compare", "Compare indicators or results."),
    "check-lookahead": LazyCommand(
        "spark_stacker.cli.check_lookahead", "check_lookahead", "Check that a strategy does not look ahead."
    ),
    "slippage": LazyCommand(
        "spark_stacker.cli.slippage", "slippage", "Calibrate what market orders cost on recorded books."
    ),
    "report": LazyCommand(
        "spark_stacker.cli.report", "report", "Write a result as a page that opens offline."
    ),
    "live": LazyCommand("spark_stacker.cli.live", "live", "Run strategies on live candles, in a dry run."),
    "indicators": LazyCommand(
        "spark_stacker.cli.indicators", "indicators", "List indicators and parameters."
    ),
}


class _Root(click.Group):
    """Loads commands when called, and turns whatever goes wrong into a message and an exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_AS_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        command = getattr(importlib.import_module(place.module), place.attribute)
        if not isinstance(command, click.Command):
            raise InternalError(f"{place.module}:{place.attribute} is not a command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"no command {args[0]!r}{_did_you_mean(args[0])}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.summary) for name, place in COMMANDS.items()])

    def main(self, *args: Any, **options: Any) -> Any:
        _replace_closed_streams()
        try:
            return super().main(*args, **options)
        except OSError as error:  # of the help or a message itself; a command's are told below
            _drop_stdout()
            with contextlib.suppress(OSError):
                click.echo(f"error: {error}", err=True)
            sys.exit(SparkStackerError.exit_code)

    def invoke(self, ctx: click.Context) -> object:
        try:
            outcome = super().invoke(ctx)
            sys.stdout.flush()
        except (click.ClickException, click.exceptions.Exit):
            raise
        except (KeyboardInterrupt, click.Abort):
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            _drop_stdout()
            ctx.exit(BROKEN_PIPE)
        except Exception as error:
            _fail(ctx, error)
        return outcome


def _did_you_mean(name: str) -> str:
    import difflib

    close = difflib.get_close_matches(name, COMMANDS, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _fail(ctx: click.Context, error: Exception) -> NoReturn:
    from spark_stacker.cli import console

    if ctx.params["debug"]:
        import traceback

        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    if isinstance(error, OSError) and not isinstance(error, SparkStackerError):
        _drop_stdout()
        error = SparkStackerError(str(error))
    if not isinstance(error, SparkStackerError):
        error = InternalError(
            f"unexpected {type(error).__name__}: {error}\n"
            "This is a defect of Spark Stacker, please report it; spark-stacker --debug shows where it arose."
        )
    console.print_error(error, as_json=ctx.meta[_AS_JSON])
    ctx.exit(error.exit_code)


def _replace_closed_streams() -> None:
    """What a shell closed (``>&-``) swallows what is written to it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for good


def _drop_stdout() -> None:
    """Points stdout at nothing, so that the interpreter's last flush does not fail as well."""
    with contextlib.suppress(OSError, ValueError):  # not a real file, as under a test runner
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show_version(ctx: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from spark_stacker import __version__

        click.echo(f"spark-stacker {__version__}")
        ctx.exit()


@click.group(
    cls=_Root,
    epilog=EXAMPLES + "\n" + EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option("--debug", is_flag=True, envvar="SPARK_STACKER_DEBUG", help="Show tracebacks of failures.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version.",
)
def main(*, debug: bool) -> None:
    """Research, rehearse and trade crypto strategies on one Rust core."""
