"""``spark-stacker backtest --ticks``: strategies on trades and books."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from spark_stacker.cli.values import key_values
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from spark_stacker.backtesting.ticks import EventStream, TickedBacktestResult, TickResult
    from spark_stacker.cli.backtest_run import Terms
    from spark_stacker.cli.candles import Choice
    from spark_stacker.cli.tick_options import TickChoice
    from spark_stacker.reporting.tick_view import Interval

__all__ = ["TickRun", "refuse_others", "run_on_ticks", "tell", "write_files"]

_BUILT_IN = ("grid-maker", "schedule")


@dataclass(frozen=True, slots=True)
class TickRun:
    """What a run came to: the result under the queue asked for, and under three of them."""

    result: TickResult | TickedBacktestResult
    interval: Interval
    streams: Mapping[str, EventStream]
    quote: str
    notes: tuple[str, ...]


def run_on_ticks(
    choice: TickChoice,
    *,
    config_file: Path | None,
    strategies: Sequence[str],
    tick_strategy: str | None,
    settings_given: Sequence[str],
    symbol: str | None,
    terms: Terms,
    leverage: float | None,
) -> TickRun:
    """Plays the strategies of a configuration, or one strategy on one market."""
    if config_file is not None:
        return _configured(choice, config_file, strategies, terms)
    if tick_strategy is None:
        raise click.UsageError("--ticks needs --config or --tick-strategy")
    return _one(
        choice,
        tick_strategy,
        settings_given=settings_given,
        symbol=symbol,
        terms=terms,
        leverage=leverage,
    )


def refuse_others(
    choice: Choice,
    *,
    warm_up: int,
    indicators: Sequence[str],
    params: Sequence[str],
    config_file: Path | None,
    tick_strategy: str | None,
    save: Path | None,
) -> None:
    """Refuses options that mean nothing beside ``--ticks``, or beside one another."""
    others = {
        "--indicator": indicators,
        "--param": params,
        "--data": choice.data,
        "--scenario": choice.scenario,
        "--interval": choice.interval,
        "--funding": choice.funding,
        "--mark": choice.mark,
        "--warm-up": warm_up,
    }
    given = next((name for name, value in others.items() if value), None)
    if given is not None:
        raise click.UsageError(f"{given} and --ticks exclude each other")
    if tick_strategy is not None and config_file is not None:
        raise click.UsageError("--config and --tick-strategy exclude each other")
    if tick_strategy is not None and save is not None:
        raise click.UsageError("--save belongs to --config; --json and --export-fills keep such a run")


def _configured(choice: TickChoice, config_file: Path, strategies: Sequence[str], terms: Terms) -> TickRun:
    from spark_stacker.backtesting.ticks import TickSettings, configured_profit_interval, run_configured
    from spark_stacker.cli.backtest_run import settings_with
    from spark_stacker.config import enabled_strategies, load_settings, markets_of
    from spark_stacker.data.impact import in_catalogue

    settings = in_catalogue(settings_with(load_settings(config_file), terms), choice.root)
    chosen = enabled_strategies(settings, list(strategies) or None)
    if not chosen:
        raise ParameterError(f"{config_file}: no strategy is enabled")
    symbols = [use.symbol for use in markets_of(settings, chosen)]
    streams, notes = choice.streams(symbols)
    ticks = TickSettings(**choice.rules(), seed=terms.seed)
    names = [strategy.name for strategy in chosen]
    interval = configured_profit_interval(settings, streams, ticks, strategies=names)
    shown = next(
        (result for result in interval.results.values() if result.ticks.queue == ticks.queue), None
    ) or run_configured(settings, streams, ticks, strategies=names)
    return TickRun(shown, interval, streams, shown.quote, tuple(notes))


def _one(
    choice: TickChoice,
    tick_strategy: str,
    *,
    settings_given: Sequence[str],
    symbol: str | None,
    terms: Terms,
    leverage: float | None,
) -> TickRun:
    from spark_stacker.backtesting.ticks import TickSettings, profit_interval, run_tick_backtest
    from spark_stacker.config.fees import FALLBACK_FEES
    from spark_stacker.config.symbols import parse_symbol

    if terms.slippage is not None:
        raise click.UsageError("--slippage belongs to --config; on ticks the book says what an order costs")
    market = symbol or _named(choice.ticks)
    if market is None:
        raise ParameterError("--symbol must be given, as no --ticks says which market it is of")
    values = key_values("--set", settings_given)
    strategy = _strategy(tick_strategy, values)
    streams, notes = choice.streams([market])
    stream = streams[market]
    ticks = TickSettings(
        **choice.rules(),
        maker_fee=FALLBACK_FEES.maker if terms.maker_fee is None else terms.maker_fee,
        taker_fee=FALLBACK_FEES.taker if terms.taker_fee is None else terms.taker_fee,
        initial_balance=10_000.0 if terms.initial_balance is None else terms.initial_balance,
        leverage=1.0 if leverage is None else leverage,
        seed=terms.seed,
    )
    interval = profit_interval(stream, strategy, ticks)
    shown = next(
        (result for result in interval.results.values() if result.settings.queue == ticks.queue), None
    )
    if shown is None:
        fresh = strategy() if callable(strategy) else strategy
        shown = run_tick_backtest(stream, fresh, ticks)
    return TickRun(shown, interval, streams, parse_symbol(market).quote, tuple(notes))


def _named(ticks: Sequence[str]) -> str | None:
    """The market that ``SYMBOL=FILE`` or ``VENUE:SYMBOL`` names."""
    from pathlib import Path

    for text in ticks:
        named, equals, place = text.rpartition("=")
        if equals and not Path(text).exists():
            return named
        venue, colon, symbol = place.partition(":")
        if colon and venue and symbol and not Path(place).exists():
            return symbol
    return None


def _strategy(text: str, values: dict[str, Any]) -> object:
    """A strategy, or what is called for a fresh one before each run."""
    from spark_stacker.backtesting.ticks import GridMaker, Schedule
    from spark_stacker.cli.strategy_objects import load_object, names_an_object

    if text in _BUILT_IN:
        kind = GridMaker if text == "grid-maker" else Schedule
        return _made(text, kind, values)
    if not names_an_object(text):
        raise ParameterError(
            f"--tick-strategy must be {', '.join(_BUILT_IN)}, module:Class or file.py:Class, was {text!r}"
        )
    made = load_object(text)
    if not isinstance(made, type):
        raise ParameterError(f"--tick-strategy {text} must be a class, was {type(made).__name__}")
    _made(text, made, values)
    return lambda: made(**values)


def _made(text: str, kind: type[Any], values: dict[str, Any]) -> Any:
    from inspect import signature

    try:
        signature(kind).bind(**values)
    except TypeError as error:
        takes = ", ".join(signature(kind).parameters)
        wrong = str(error).replace("got an unexpected keyword argument", "there is no setting")
        raise ParameterError(f"--set of {text}: {wrong}; it takes {takes or 'nothing'}") from error
    return kind(**values)


def _as_json(run: TickRun) -> dict[str, object]:
    """Everything but the tables."""
    from spark_stacker.backtesting.ticks import TickResult
    from spark_stacker.cli import result_view

    result = run.result
    statistics = result.statistics if isinstance(result, TickResult) else result.execution.statistics
    found: dict[str, object] = {
        "profit": {name: each.profit for name, each in run.interval.results.items()},
        "queue": (result.settings if isinstance(result, TickResult) else result.ticks).queue,
        "execution": statistics,
        "quote": run.quote,
    }
    if isinstance(result, TickResult):
        return {
            "strategy": result.strategy,
            "markets": list(run.streams),
            "events": result.events,
            "gaps": result.gaps,
            "assumptions": list(result.settings.assumptions()),
            **found,
        }
    return {**result_view.as_json(result), **found}


def tell(run: TickRun, written: Sequence[str], *, as_json: bool) -> None:
    """Prints what came of it, for people or machines."""
    from spark_stacker.cli import console

    if as_json:
        console.emit_json({**_as_json(run), "notes": run.notes, "files": written})
        return
    for note in run.notes:
        console.print_message(note)
    _print_run(run)
    for path in written:
        console.print_message(f"wrote {path}")


def _print_run(run: TickRun) -> None:
    """The profit as an interval, the figures of execution, and of a configuration its metrics."""
    from spark_stacker.backtesting.ticks import TickResult
    from spark_stacker.cli import console, result_view
    from spark_stacker.reporting.tick_report import figure_rows

    result = run.result
    if isinstance(result, TickResult):
        console.print_facts(
            f"{result.strategy} on {', '.join(run.streams)}",
            [
                ("Events", f"{result.events:,}"),
                ("Queue", result.settings.queue),
                *(("•", sentence) for sentence in result.settings.assumptions()),
            ],
        )
        if result.gaps:
            console.print_warning(
                f"{result.gaps} gaps in the events; nothing was filled from the book until the next snapshot"
            )
    else:
        result_view.print_result(result)
    console.print_table(
        ("Queue", "Profit", "Fills"),
        [
            (name, f"{each.profit:,.2f} {run.quote}", each.execution.statistics["fills"])
            for name, each in run.interval.results.items()
        ],
        numeric=("Profit", "Fills"),
    )
    console.print_table(
        ("Execution", "Value", "Meaning"), figure_rows(result.execution, run.quote), numeric=("Value",)
    )


def write_files(
    run: TickRun,
    *,
    report: Path | None,
    save: Path | None,
    trades: Path | None,
    equity: Path | None,
    fills: Path | None,
) -> list[str]:
    """Writes what was asked for; returns the paths."""
    from spark_stacker.backtesting.result_file import export_frame
    from spark_stacker.backtesting.ticks import TickResult

    result, written = run.result, []
    if isinstance(result, TickResult):
        for path, frame in ((trades, result.trades), (equity, result.curve)):
            if path is not None:
                written.append(export_frame(frame, path))
    else:
        if save is not None:
            written.append(result.save_to_file(save))
        if trades is not None:
            written.append(result.export_trades(trades))
        if equity is not None:
            written.append(result.export_equity(equity))
    if fills is not None:
        written.append(export_frame(result.execution.fills, fills))
    if report is not None:
        from spark_stacker.reporting import write_tick_report

        written.append(write_tick_report(result, report, streams=run.streams, interval=run.interval))
    return [str(path) for path in written]
