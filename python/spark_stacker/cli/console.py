"""What commands print: data on stdout, everything said to a person on stderr.

Commands import this inside their functions or at their top; the root imports it only to report a failure.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from spark_stacker.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from spark_stacker.errors import SparkStackerError

__all__ = [
    "emit_json",
    "print_error",
    "print_facts",
    "print_message",
    "print_table",
    "print_warning",
    "progress",
]

_PIPED_WIDTH = 160
"""Columns of a table that no terminal bounds."""


class _Stdout(Console):
    """Leaves it to the root command what happens when the reader goes away."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def _stdout() -> Console:
    console = _Stdout(highlight=False)
    return console if console.is_terminal else _Stdout(highlight=False, width=_PIPED_WIDTH)


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    title: str | None = None,
    numeric: Sequence[str] = (),
) -> None:
    """Prints a table on stdout; ``numeric`` columns are aligned right, ``None`` is shown as a dash.

    Values are never read as markup.
    """
    table = Table(
        title=title,
        show_lines=any("\n" in str(value) for row in rows for value in row),
        title_justify="left",
        header_style="bold",
        title_style="bold",
    )
    for column in columns:
        table.add_column(Text(column), justify="right" if column in numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("–" if value is None else str(value)) for value in row))
    _stdout().print(table)


def print_facts(heading: str, facts: Sequence[tuple[str, str]]) -> None:
    """Prints a heading and under it labels with their texts, on stdout."""
    grid = Table.grid(padding=(0, 2, 0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, text in facts:
        grid.add_row(Text(label), Text(text))
    stdout = _stdout()
    stdout.print(Text(heading, style="bold"))
    stdout.print(grid)
    stdout.print()


def emit_json(value: object, *, default: Callable[[object], object] = str) -> None:
    """Prints one JSON document on stdout. NaN and infinity are errors: what is undefined is ``None``."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=default))


def print_message(text: str) -> None:
    """Says something to a person, on stderr."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(text))


def print_warning(text: str) -> None:
    """Warns, on stderr."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text.assemble(("warning: ", "yellow"), text))


def print_error(error: SparkStackerError, *, as_json: bool = False) -> None:
    """Reports a failure on stderr: in red, or as a JSON object."""
    if as_json:
        click.echo(json.dumps(_as_mapping(error), ensure_ascii=False), err=True)
        return
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text.assemble(("error: ", "bold red"), (str(error), "red")))


def _as_mapping(error: SparkStackerError) -> Mapping[str, object]:
    problems = [asdict(problem) for problem in error.problems] if isinstance(error, ConfigError) else []
    return {
        "error": {
            "type": type(error).__name__,
            "message": str(error),
            "exit_code": error.exit_code,
            "problems": problems,
        }
    }


@contextmanager
def progress(description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr while the block runs; call what it yields with the steps just done.

    Shown on a terminal only, and gone when done. Without ``total`` it pulses.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task(description, total=total)
        yield lambda steps: bar.advance(task, steps)
