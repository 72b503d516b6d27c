"""``spark-stacker compare``: saved results, or indicators on the same candles, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spark_stacker.cli.candles import Choice, candle_options

if TYPE_CHECKING:
    from spark_stacker.backtesting import BacktestResult

__all__ = ["compare"]

EPILOG = """\b
Examples:
  spark-stacker compare rsi.json macd.json
  spark-stacker compare --indicator rsi --indicator macd --data ETH-USD_1h.csv --metric calmar_ratio
  spark-stacker compare --indicator ma --indicator bollinger --scenario choppy --json
"""


@click.command(epilog=EPILOG)
@click.argument(
    "result_files", metavar="[RESULT.json]...", nargs=-1, type=click.Path(path_type=Path, readable=False)
)
@click.option(
    "--indicator",
    "indicators",
    multiple=True,
    metavar="TYPE",
    help="Backtest this indicator; may be given again.",
)
@click.option("--param", "params", multiple=True, metavar="TYPE.KEY=VALUE", help="Parameter of an indicator.")
@click.option(
    "--set",
    "settings_given",
    multiple=True,
    metavar="KEY=VALUE",
    help="Key of every strategy, such as side=long.",
)
@click.option(
    "--metric", "metric_name", default="sharpe_ratio", show_default=True, help="Rank by this metric."
)
@candle_options
@click.option("--start", help="First bar, such as 2024-01-01.")
@click.option("--end", help="First bar left out.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Of random slippage and scenarios.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def compare(
    *,
    result_files: tuple[Path, ...],
    indicators: tuple[str, ...],
    params: tuple[str, ...],
    settings_given: tuple[str, ...],
    metric_name: str,
    start: str | None,
    end: str | None,
    seed: int,
    as_json: bool,
    **candles: object,
) -> None:
    """Put saved results, or several indicators over the same candles, side by side, best first."""
    from spark_stacker.backtesting.indicator_backtest_manager import compare_results
    from spark_stacker.backtesting.metrics import metric
    from spark_stacker.cli import console

    metric(metric_name)
    if bool(result_files) == bool(indicators):
        raise click.UsageError("give result files, or indicators with --indicator")
    if result_files:
        results = _load(result_files)
    else:
        choice = Choice(seed=seed, **candles)  # type: ignore[arg-type]
        results = _run(indicators, params, settings_given, choice, {"start_date": start, "end_date": end})
    order = compare_results(results, metric_name)["name"].to_list()
    if as_json:
        console.emit_json(
            [
                {
                    "rank": rank,
                    "name": name,
                    "metrics": dict(results[name].metrics),
                    "undefined": dict(results[name].undefined),
                }
                for rank, name in enumerate(order, start=1)
            ]
        )
        return
    _print({name: results[name] for name in order}, metric_name)


def _load(paths: tuple[Path, ...]) -> dict[str, BacktestResult]:
    from spark_stacker.backtesting import BacktestResult
    from spark_stacker.cli import console

    results: dict[str, BacktestResult] = {}
    with console.progress("Reading", total=len(paths)) as advance:
        for path in paths:
            name = path.stem if path.stem not in results else str(path)
            results[name] = BacktestResult.load_from_file(path)
            advance(1)
    return results


def _run(
    types: tuple[str, ...],
    params: tuple[str, ...],
    settings_given: tuple[str, ...],
    choice: Choice,
    span: dict[str, str | None],
) -> dict[str, BacktestResult]:
    from spark_stacker.backtesting import IndicatorBacktestManager
    from spark_stacker.cli import backtest_run, console

    engine, market, found = backtest_run.engine_for(
        choice, backtest_run.Terms(None, None, None, None, choice.seed)
    )
    manager = IndicatorBacktestManager(engine)
    manager.add_indicators(backtest_run.indicators_from(types, params))
    values = backtest_run.strategy_values(settings_given, None)
    beside = backtest_run.perpetuals_for(choice, {market.symbol: market.interval})[market.symbol]
    with console.progress("Backtests", total=len(types)) as advance:
        results = manager.backtest_all_indicators(
            market.symbol,
            market.interval,
            on_done=lambda _name: advance(1),
            strategy_params=values,
            funding=beside.funding,
            mark=beside.mark,
            **span,
        )
    for note in beside.notes:
        console.print_message(note)
    for warning in found.warnings:
        console.print_warning(warning)
    return results


def _print(results: dict[str, BacktestResult], metric_name: str) -> None:
    """A column a result, best first; results on other candles are said to be no like for like."""
    from spark_stacker.backtesting.metrics import METRICS, format_metric
    from spark_stacker.backtesting.summary import HEADLINE
    from spark_stacker.cli import console

    names = (metric_name, *(name for name in HEADLINE if name != metric_name))
    rows = [
        (
            METRICS[name].label,
            *(format_metric(name, result.metrics[name], result.quote) for result in results.values()),
        )
        for name in names
    ]
    console.print_table(
        ("", *results), rows, title=f"By {METRICS[metric_name].label}, best first", numeric=tuple(results)
    )
    data = {str(result.manifest["data"]) for result in results.values()}
    if len(data) > 1:
        console.print_warning("the results are of different candles, so they are not like for like")
