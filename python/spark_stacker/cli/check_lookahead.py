"""``spark-stacker check-lookahead``: does a strategy know more than it could have known?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spark_stacker.cli.candles import Choice, candle_options

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl

    from spark_stacker.backtesting.lookahead import LookaheadReport
    from spark_stacker.cli.candles import Candles

__all__ = ["check_lookahead"]

LOOKS_AHEAD = 5
"""As an own strategy that failed."""
LEFT_OPEN = 1

EPILOG = """\b
Examples:
  spark-stacker check-lookahead eth.toml --data ETH-USD_1h.csv
  spark-stacker check-lookahead own.py:Breakout --param bars=48 --scenario choppy
  spark-stacker check-lookahead own.py:dips --param oversold=35 --indicator rsi --data ETH-USD_1h.csv --json
  spark-stacker check-lookahead my.package:make_strategy --symbol ETH-USD --interval 1h --venue kraken

\b
STRATEGY is a configuration, or an object of a module or file: a class of BaseIndicator, an indicator, a
function of (data, simulation, params), or a function of the candles alone that makes one of these.
Ends with 0 when clean, with 5 when something looks ahead or does not repeat, with 1 when some of it cannot be
verified.
"""


@click.command("check-lookahead", epilog=EPILOG)
@click.argument("strategy")
@click.option(
    "--strategy", "names", multiple=True, metavar="NAME", help="Only this one of a configuration; repeatable."
)
@click.option("--param", "params", multiple=True, metavar="KEY=VALUE", help="Parameter of the object.")
@click.option(
    "--indicator", "indicators", multiple=True, metavar="TYPE", help="An indicator that a function reads."
)
@click.option("--leverage", type=float, default=1.0, show_default=True, help="Of a strategy function.")
@candle_options
@click.option("--start", help="First bar, such as 2024-01-01.")
@click.option("--end", help="First bar left out.")
@click.option(
    "--cuts",
    type=click.IntRange(min=1),
    default=12,
    show_default=True,
    help="Cuts of each kind; more find more.",
)
@click.option(
    "--relative-tolerance",
    type=click.FloatRange(min=0, max=1, max_open=True),
    default=1e-9,
    show_default=True,
    help="Of values; decisions must be the same.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the cuts and scenarios."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.pass_context
def check_lookahead(
    ctx: click.Context,
    /,
    *,
    strategy: str,
    names: tuple[str, ...],
    params: tuple[str, ...],
    indicators: tuple[str, ...],
    leverage: float,
    start: str | None,
    end: str | None,
    cuts: int,
    relative_tolerance: float,
    seed: int,
    as_json: bool,
    **candles: object,
) -> None:
    """Run STRATEGY on parts of the candles and on other futures, and name what changes in hindsight."""
    from spark_stacker.cli import console
    from spark_stacker.cli.strategy_objects import names_an_object

    choice = Choice(seed=seed, **candles)  # type: ignore[arg-type]
    terms: dict[str, Any] = {"cuts": cuts, "seed": seed, "relative_tolerance": relative_tolerance}
    with console.progress("Checking", total=100) as advance:
        terms["on_run"] = _progress(advance)
        if names_an_object(strategy):
            if names:
                raise click.UsageError("--strategy belongs to a configuration")
            terms |= {"params": params, "indicators": indicators, "leverage": leverage}
            report, found = _of_object(strategy, choice, (start, end), terms)
        else:
            if params or indicators:
                raise click.UsageError(
                    "--param and --indicator belong to an object; a configuration has its own"
                )
            report, found = _of_settings(Path(strategy), names, choice, (start, end), terms)
    if as_json:
        console.emit_json({**report.to_dict(), "warnings": found.warnings, "candle_notes": found.notes})
    else:
        for text in (*found.notes, *found.warnings):
            console.print_message(text)
        _print(report)
    if report.verdict != "clean":
        ctx.exit(LEFT_OPEN if report.verdict == "unverified" else LOOKS_AHEAD)


def _progress(advance: Callable[[int], None]) -> Callable[[int, int], None]:
    """Moves a bar of a hundred steps on as runs are done."""
    shown = 0

    def on_run(done: int, of: int) -> None:
        nonlocal shown
        percent = 100 * done // of
        advance(percent - shown)
        shown = percent

    return on_run


def _of_object(
    text: str, choice: Choice, span: tuple[str | None, str | None], terms: dict[str, Any]
) -> tuple[LookaheadReport, Candles]:
    from spark_stacker.backtesting.lookahead import check_lookahead as check
    from spark_stacker.cli.backtest_run import Terms, engine_for, indicators_from
    from spark_stacker.cli.strategy_objects import load_object
    from spark_stacker.cli.values import key_values

    subject = load_object(text)
    _, market, found = engine_for(choice, Terms(None, None, None, None, choice.seed))
    report = check(
        subject,
        _load(found, market.symbol, market.interval, span),
        market.interval,
        symbol=market.symbol,
        parameters=key_values("--param", terms.pop("params")),
        indicators=indicators_from(terms.pop("indicators"), ()),
        **terms,
    )
    return report, found


def _of_settings(
    path: Path,
    names: Sequence[str],
    choice: Choice,
    span: tuple[str | None, str | None],
    terms: dict[str, Any],
) -> tuple[LookaheadReport, Candles]:
    from spark_stacker import _core
    from spark_stacker.backtesting.lookahead import check_lookahead as check
    from spark_stacker.cli.candles import find_candles
    from spark_stacker.config import enabled_strategies, load_settings, markets_of
    from spark_stacker.errors import ParameterError

    settings = load_settings(path)
    chosen = enabled_strategies(settings, list(names) or None)
    if not chosen:
        raise ParameterError(f"{path}: no strategy is enabled")
    uses = markets_of(settings, chosen)
    found = find_candles(choice, [use.symbol for use in uses])
    intervals = {
        use.symbol: found.intervals.get(use.symbol) or choice.interval or _core.interval_name(use.interval_ns)
        for use in uses
    }
    frames = {symbol: _load(found, symbol, interval, span) for symbol, interval in intervals.items()}
    report = check(settings, frames, intervals, strategies=[one.name for one in chosen], **terms)
    return report, found


def _load(found: Candles, symbol: str, interval: str, span: tuple[str | None, str | None]) -> pl.DataFrame:
    from spark_stacker.backtesting.histories import only_source

    return found.manager.get(only_source(found.manager, None), symbol, interval, *span).frame


def _print(report: LookaheadReport) -> None:
    from spark_stacker.cli import console

    facts = [
        ("verdict", report.verdict),
        ("checked", ", ".join(report.checked) or "nothing"),
        ("how", f"{len(report.cuts)} cuts of {report.rows} rows, {report.runs} runs, seed {report.seed}"),
        *(("looks ahead", str(difference)) for difference in report.differences),
        *(("does not repeat", str(difference)) for difference in report.unstable),
        *(("unverified", text) for text in report.unverified),
        *(("note", text) for text in report.notes),
    ]
    console.print_facts(report.subject, facts)
