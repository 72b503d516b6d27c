"""From the options of ``optimise`` to a search and what it prints."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from spark_stacker.cli import console
from spark_stacker.cli.backtest_run import (
    Terms,
    config_call,
    engine_for,
    indicators_from,
    notes_of,
    perpetuals_for,
    strategy_values,
)
from spark_stacker.cli.candles import Choice
from spark_stacker.cli.search_place import Place
from spark_stacker.cli.search_spec import objective_from, space_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from spark_stacker.backtesting import BacktestEngine
    from spark_stacker.backtesting.search import SearchProgress, SearchResult, WalkForwardResult
    from spark_stacker.backtesting.search.estimate import Estimate

__all__ = ["Request", "search", "walk_forward"]

_INTERRUPTED: Final = 130
_LONG_SECONDS: Final = 2.0
"""A search that takes longer is announced."""
_CANDLES: Final = ("data", "symbol", "interval", "venue", "root", "scenario", "bars", "funding", "mark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the options say."""

    config_file: Path | None
    strategies: tuple[str, ...]
    indicators: tuple[str, ...]
    settings_given: tuple[str, ...]
    params: tuple[str, ...]
    constraints: tuple[str, ...]
    metric: str
    choice: Choice
    terms: Terms
    place: Place
    span: Mapping[str, Any]
    leverage: float | None
    seed: int
    threads: int | None
    as_json: bool
    report: Path | None = None
    out: Path | None = None
    resume: Path | None = None
    no_honesty: bool = False

    @classmethod
    def of(cls, given: dict[str, Any]) -> Request:
        """Sorts the options of a command."""
        seed = given["seed"]
        choice = Choice(seed=seed, **{name: given.pop(name) for name in _CANDLES})
        terms = Terms(
            given.pop("initial_balance"),
            given.pop("maker_fee"),
            given.pop("taker_fee"),
            given.pop("slippage"),
            seed,
        )
        span = {
            "start_date": given.pop("start"),
            "end_date": given.pop("end"),
            "warm_up_bars": given.pop("warm_up"),
            "allow_partial": given.pop("allow_partial"),
        }
        place = Place.taken(given)
        request = cls(choice=choice, terms=terms, place=place, span=span, **given)
        request.check()
        return request

    def check(self) -> None:
        """`click.UsageError` for options that do not go together."""
        if (self.config_file is None) == (not self.indicators):
            raise click.UsageError("give --config or --indicator")
        if self.config_file is not None and (self.settings_given or self.leverage is not None):
            raise click.UsageError("--set and --leverage belong to --indicator; a configuration has its own")
        if self.strategies and self.config_file is None:
            raise click.UsageError("--strategy belongs to --config")
        if not self.params:
            raise click.UsageError(
                "give settings to search with --param, such as --param stop_loss_pct=1:5:1"
            )
        if self.out is not None and self.resume is not None:
            raise click.UsageError("--out begins a search and --resume goes on with one: give one of them")
        if self.report is not None:
            from spark_stacker.reporting.page import check_page_path

            check_page_path(self.report)

    def call(self) -> tuple[BacktestEngine, dict[str, Any], tuple[str, ...], tuple[str, ...]]:
        """An engine, the arguments of its searches, notes on how files were read, and warnings."""
        options: dict[str, Any] = {**self.span, "constraints": self.constraints, "seed": self.seed}
        if self.threads is not None:
            options["threads"] = self.threads
        space = space_from(self.params, self.indicators)
        options["metric_to_optimize"] = objective_from(self.metric)
        if self.config_file is not None:
            call = config_call(self.config_file, self.strategies, choice=self.choice, terms=self.terms)
            more = {"settings": call.settings, **call.options}
            return call.engine, {**options, **more, "space": space}, call.notes, call.warnings
        engine, market, candles = engine_for(self.choice, self.terms)
        beside = perpetuals_for(self.choice, {market.symbol: market.interval})
        more = {
            "symbol": market.symbol,
            "interval": market.interval,
            "indicators": indicators_from(self.indicators, ()),
            "strategy": strategy_values(self.settings_given, self.leverage),
            "funding": beside[market.symbol].funding,
            "mark": beside[market.symbol].mark,
        }
        notes = (*candles.notes, *notes_of(beside))
        return engine, {**options, **more, "space": space}, notes, candles.warnings


def search(request: Request, name: str, settings: Mapping[str, Any]) -> None:
    """Runs a search with one result, and prints it."""
    from spark_stacker.backtesting.search import Interrupted
    from spark_stacker.cli import search_view

    engine, options, notes, warnings = request.call()
    space = options.pop("space")
    for key, value in (("out", request.out), ("resume", request.resume)):
        if value is not None:
            options[key] = value
    options["honesty"] = not request.no_honesty
    runs: dict[str, Callable[..., Any]] = {
        "grid": engine.optimize_parameters,
        "random": engine.random_search,
        "genetic": engine.genetic_optimize,
        "tpe": engine.tpe_optimize,
        "cma-es": engine.cma_es_optimize,
    }
    run = runs[name]
    options["param_grid" if name == "grid" else "param_space"] = space
    try:
        with request.place.options() as placed, _told(request) as told:
            result = run(**options, **settings, **placed, **told)
    except Interrupted as error:
        if error.result is not None and error.result.count:
            search_view.print_partial(error.result)
        console.print_message(_how_to_go_on(error, request))
        click.get_current_context().exit(_INTERRUPTED)
    result.outcome.warnings = tuple(dict.fromkeys((*result.warnings, *warnings)))
    kept = request.out or request.resume
    written = _report(request, result)
    if request.as_json:
        more = {"notes": notes, "directory": kept, "report": written}
        console.emit_json({**search_view.as_json(result), **more})
        return
    for note in notes:
        console.print_message(note)
    search_view.print_search(result)
    if kept is not None:
        console.print_message(f"kept in {kept}")
    if written is not None:
        console.print_message(f"wrote {written}")


def walk_forward(request: Request, settings: Mapping[str, Any]) -> None:
    """Runs a walk-forward, and prints it."""
    from spark_stacker.backtesting.search import Interrupted
    from spark_stacker.cli import search_view

    engine, options, notes, warnings = request.call()
    space = options.pop("space")
    try:
        with request.place.options() as placed, console.progress("Walk-forward"):
            result = engine.walk_forward_analysis(
                param_grid=space, **options, **settings, **placed, estimated=_announce
            )
    except Interrupted:
        console.print_message("interrupted; a walk-forward keeps nothing")
        click.get_current_context().exit(_INTERRUPTED)
    result.warnings = tuple(dict.fromkeys((*result.warnings, *warnings)))
    written = _report(request, result)
    if request.as_json:
        console.emit_json({**search_view.walk_forward_json(result), "notes": notes, "report": written})
        return
    for note in notes:
        console.print_message(note)
    search_view.print_walk_forward(result)
    if written is not None:
        console.print_message(f"wrote {written}")


def _report(request: Request, result: SearchResult | WalkForwardResult) -> Path | None:
    """The page that was asked for."""
    if request.report is None:
        return None
    from spark_stacker.reporting import write_search_report

    with console.progress("Report"):
        return write_search_report(result, request.report)


def _how_to_go_on(error: Any, request: Request) -> str:
    if error.directory is None:
        return f"{error}; nothing is on disk: --out DIR keeps a search, so that it can be resumed"
    return (
        f"{error}; what is done is kept in {error.directory}: the same command with "
        f"--resume {error.directory}{' in place of --out' if request.out else ''} goes on"
    )


@contextmanager
def _told(request: Request) -> Iterator[dict[str, Any]]:
    """The listeners of a search: an estimate if it is long; a bar with rate, best so far and time left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    terminal = Console(stderr=True)
    if not terminal.is_terminal or request.as_json:
        yield {"estimated": _announce}
        return
    from spark_stacker.backtesting.search.objective import Objective

    objective = Objective.of(objective_from(request.metric))
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("best {task.fields[best]}"),
        TimeRemainingColumn(),
        console=terminal,
        transient=True,
    ) as bar:
        # What follows the last set may take as long as the search.
        after = "Search" if request.no_honesty else "Is it luck?"
        task = bar.add_task("Search", total=None, rate="", best="–")

        def listen(progress: SearchProgress) -> None:
            bar.update(
                task,
                description="Search" if progress.done < progress.planned else after,
                completed=progress.done,
                total=progress.planned,
                rate=f"{progress.sets_per_second:,.0f} sets/s",
                best=objective.shown(progress.best_score),
            )

        above = partial(bar.console.print, highlight=False)
        yield {"estimated": partial(_announce, say=above), "progress": listen}


def _announce(estimate: Estimate, say: Callable[[str], None] = console.print_message) -> None:
    """How long a search will take, if it is long."""
    if estimate.seconds >= _LONG_SECONDS:
        say(str(estimate))
