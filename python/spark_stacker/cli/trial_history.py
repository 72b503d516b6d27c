"""``spark-stacker optimise history``: what the trial ledgers remember."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from spark_stacker.backtesting.search.trial_chain import History
    from spark_stacker.backtesting.search.trial_ledger import TrialLedger

__all__ = ["history"]


@click.command()
@click.argument("name", required=False)
@click.option(
    "--ledger",
    "root",
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory of the trial ledgers.  [default: trials in the data directory]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def history(*, name: str | None, root: Path | None, as_json: bool) -> None:
    """How many sets were ever tried, by data and strategy; with NAME every search of one ledger.

    Every ledger is checked. One that was altered, cut or has lost a file ends the command with exit code 4,
    after the others were listed.
    """
    from spark_stacker.backtesting.search.trial_ledger import ledgers_in
    from spark_stacker.backtesting.search.trial_record import trials_root
    from spark_stacker.cli import console
    from spark_stacker.errors import DataError, ParameterError

    directory = trials_root(root)
    ledgers = ledgers_in(directory)
    if name is not None:
        ledgers = [ledger for ledger in ledgers if ledger.name.startswith(name)]
        if len(ledgers) != 1:
            found = "none" if not ledgers else ", ".join(ledger.name for ledger in ledgers)
            raise ParameterError(f"{directory}: one ledger's name must begin with {name!r}, there is {found}")
    read: list[tuple[TrialLedger, History]] = []
    problems: list[DataError] = []
    for ledger in ledgers:
        try:
            read.append((ledger, ledger.read()))
        except DataError as error:
            problems.append(error)
    if as_json:
        console.emit_json(
            {
                "directory": directory,
                "ledgers": [_plain(ledger, told, searches=name is not None) for ledger, told in read],
                "damaged": [str(problem) for problem in problems],
            }
        )
    elif not ledgers:
        console.print_message(f"no history in {directory}")
    elif name is None:
        _print_ledgers(read)
    elif read:
        _print_searches(read[0][1])
    for ledger, told in read:
        if told.note and not as_json:
            console.print_message(f"{ledger.log}: {told.note}")
    if problems:
        raise DataError("\n".join(str(problem) for problem in problems))


def _plain(ledger: TrialLedger, told: History, *, searches: bool) -> dict[str, Any]:
    from dataclasses import asdict

    last = told.entries[-1] if told.entries else None
    return {
        "name": ledger.name,
        "subject": None if last is None else last.subject,
        "searches": [asdict(entry) for entry in told.entries] if searches else len(told.entries),
        "sets": told.total,
        "last_at": None if last is None else last.at,
        "hash": None if last is None else last.hash,
        "note": told.note,
    }


def _print_ledgers(read: list[tuple[TrialLedger, History]]) -> None:
    from spark_stacker.cli import console

    rows = []
    for ledger, told in read:
        last = told.entries[-1] if told.entries else None
        about = (None, None, None) if last is None else (last.subject, last.at, last.hash[:16])
        rows.append((ledger.name, about[0], len(told.entries), f"{told.total:,}", about[1], about[2]))
    console.print_table(
        ("Ledger", "Strategy and data", "Searches", "Sets ever tried", "Last", "Hash"),
        rows,
        numeric=("Searches", "Sets ever tried"),
    )


def _print_searches(told: History) -> None:
    from spark_stacker.cli import console

    rows = [
        (
            entry.number,
            entry.at,
            entry.subject,
            entry.sampler + ("" if entry.complete else " (interrupted)"),
            f"{entry.sets:,}",
            f"{entry.new:,}",
            f"{entry.total:,}",
            entry.objective,
            None if entry.best_score is None else _shown(entry.objective, entry.best_score),
            entry.version,
        )
        for entry in told.entries
    ]
    columns = ("", "When", "Strategy and data", "Search", "Sets", "New", "In all", "By", "Best", "Version")
    console.print_table(columns, rows, numeric=("", "Sets", "New", "In all", "Best"))


def _shown(objective: str, score: float) -> str:
    """The best score as the metric that it is, where it is one."""
    from spark_stacker.backtesting.metrics import METRICS
    from spark_stacker.backtesting.search.objective import Objective

    return Objective.of(objective).shown(score) if objective in METRICS else f"{score:.4g}"
