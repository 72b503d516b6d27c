"""``spark-stacker backtest``: strategies or indicators over recorded candles, or trades and books."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from spark_stacker.cli.candles import Choice, candle_options
from spark_stacker.cli.tick_options import TICK_OPTIONS, TickChoice, tick_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spark_stacker.backtesting import BacktestResult

__all__ = ["backtest"]

_FILE = click.Path(path_type=Path)
_ENDINGS: Final = {"report": (".html", ".htm"), "save": (".json",)}

EPILOG = """\b
Examples:
  spark-stacker backtest --config eth.toml --data ETH-USD_1h.csv --report eth.html
  spark-stacker backtest --config two.toml --strategy trend --data ETH-USD=eth.parquet
  spark-stacker backtest --indicator rsi --param period=10 --data ETH-USD_1h.csv --set stop_loss_pct=3
  spark-stacker backtest --indicator macd --symbol ETH-USD --interval 1h --venue kraken --start 2024-01-01
  spark-stacker backtest --config eth.toml --data ETH-USD_1h.csv --funding ETH-USD_8h_funding.csv
  spark-stacker backtest --indicator ma --scenario choppy --save ma.json --json
  spark-stacker backtest --config btc.toml --ticks BTC_l2.parquet --ticks BTC_trades.parquet --report btc.html
  spark-stacker backtest --tick-strategy grid-maker --set order_size=0.01 --set max_position=0.1 \\
      --ticks binance:BTC/USDT --order-latency 5 --answer-latency 2 --report maker.html
  spark-stacker backtest --tick-strategy maker.py:Maker --ticks BTC-USDT=BTC.npz --queue conservative

\b
Without --data and --scenario the candles come from the catalogue (spark-stacker data list), and with them
the funding rates and mark candles that it has. Times are UTC; the start is included, the end is not.

\b
On ticks bars are built from trades, orders are filled from the book, and the profit is told for three
assumptions of the queue before limit orders.
"""


@click.command(epilog=EPILOG)
@click.option("--config", "config_file", type=_FILE, help="Configuration whose strategies to run.")
@click.option(
    "--strategy", "strategies", multiple=True, metavar="NAME", help="Only this strategy; may be given again."
)
@click.option(
    "--indicator", "indicators", multiple=True, metavar="TYPE", help="Trade the signals of this indicator."
)
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="KEY=VALUE",
    help="Parameter of the indicator; TYPE.KEY of several.",
)
@click.option(
    "--set",
    "settings_given",
    multiple=True,
    metavar="KEY=VALUE",
    help="Key of the indicators' or tick strategy, such as side=long.",
)
@click.option(
    "--tick-strategy",
    metavar="NAME",
    help="Ticks: grid-maker, schedule, or a class as file.py:Class; --set gives its parameters.",
)
@candle_options
@tick_options
@click.option("--start", help="First bar or tick traded, such as 2024-01-01.")
@click.option("--end", help="First bar or tick left out.")
@click.option(
    "--warm-up",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Earlier bars that feed indicators only.",
)
@click.option(
    "--allow-partial", is_flag=True, help="Take what is there when the candles are shorter than asked."
)
@click.option("--initial-balance", type=float, help="Cash at the start, quote currency.  [default: 10000]")
@click.option("--maker-fee", type=float, help="Fraction of the notional, such as 0.0001.")
@click.option("--taker-fee", type=float, help="Fraction of the notional, such as 0.0005.")
@click.option(
    "--slippage",
    metavar="MODEL",
    help="none, fixed, random, volume_share, square_root or calibrated; fixed,bps=2.",
)
@click.option("--leverage", type=float, help="Of the indicators' strategy.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Of random slippage and scenarios.",
)
@click.option("--report", "report_file", type=_FILE, help="Write an HTML report.")
@click.option("--save", "result_file", type=_FILE, help="Write the result as JSON.")
@click.option("--export-trades", type=_FILE, help="Write the trades as .csv or .parquet.")
@click.option("--export-equity", type=_FILE, help="Write the equity curve as .csv or .parquet.")
@click.option("--export-fills", type=_FILE, help="Ticks: write fills and markouts as .csv or .parquet.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def backtest(
    *,
    config_file: Path | None,
    strategies: tuple[str, ...],
    indicators: tuple[str, ...],
    params: tuple[str, ...],
    settings_given: tuple[str, ...],
    tick_strategy: str | None,
    start: str | None,
    end: str | None,
    warm_up: int,
    allow_partial: bool,
    initial_balance: float | None,
    maker_fee: float | None,
    taker_fee: float | None,
    slippage: str | None,
    leverage: float | None,
    seed: int,
    report_file: Path | None,
    result_file: Path | None,
    export_trades: Path | None,
    export_equity: Path | None,
    export_fills: Path | None,
    as_json: bool,
    **sources: Any,
) -> None:
    """Run strategies over recorded candles, or trades and books, and say what came of it."""
    from spark_stacker.backtesting.result_file import check_ending
    from spark_stacker.cli import backtest_run, console

    own = {name: sources.pop(name) for name in TICK_OPTIONS}
    on_ticks = TickChoice(root=sources["root"], start=start, end=end, **own)
    choice = Choice(seed=seed, **sources)
    if config_file is not None and (params or settings_given or leverage is not None):
        raise click.UsageError(
            "--param, --set and --leverage belong to --indicator and --tick-strategy; "
            "a configuration has its own"
        )
    if strategies and config_file is None:
        raise click.UsageError("--strategy belongs to --config")
    files = {
        "report": report_file,
        "save": result_file,
        "trades": export_trades,
        "equity": export_equity,
        "fills": export_fills,
    }
    for name, path in files.items():
        check_ending(path, _ENDINGS.get(name, (".csv", ".parquet")))
    terms = backtest_run.Terms(initial_balance, maker_fee, taker_fee, slippage, seed)
    span = {"start_date": start, "end_date": end, "warm_up_bars": warm_up, "allow_partial": allow_partial}
    if on_ticks.ticks:
        from spark_stacker.cli import tick_backtest

        tick_backtest.refuse_others(
            choice,
            warm_up=warm_up,
            indicators=indicators,
            params=params,
            config_file=config_file,
            tick_strategy=tick_strategy,
            save=result_file,
        )
        with console.progress("Backtest"):
            run = tick_backtest.run_on_ticks(
                on_ticks,
                config_file=config_file,
                strategies=strategies,
                tick_strategy=tick_strategy,
                settings_given=settings_given,
                symbol=choice.symbol,
                terms=terms,
                leverage=leverage,
            )
        with console.progress("Writing"):
            written = tick_backtest.write_files(run, **files)
        tick_backtest.tell(run, written, as_json=as_json)
        return
    if (stray := on_ticks.stray) or tick_strategy or export_fills:
        stray = stray or ("--tick-strategy" if tick_strategy else "--export-fills")
        raise click.UsageError(f"{stray} belongs to --ticks")
    if (config_file is None) == (not indicators):
        raise click.UsageError("give --config or --indicator")
    with console.progress("Backtest"):
        if config_file is not None:
            result, notes = backtest_run.run_config(
                config_file, strategies, choice=choice, terms=terms, span=span
            )
        else:
            values = backtest_run.strategy_values(settings_given, leverage)
            result, notes = backtest_run.run_indicators(
                indicators, params, values=values, choice=choice, terms=terms, span=span
            )
    with console.progress("Writing"):
        written = _write(result, report_file, result_file, export_trades, export_equity)
    _tell(result, notes, written, as_json=as_json)


def _tell(result: BacktestResult, notes: Sequence[str], written: list[str], *, as_json: bool) -> None:
    from spark_stacker.cli import console, result_view

    if as_json:
        console.emit_json({**result_view.as_json(result), "notes": notes, "files": written})
        return
    for note in notes:
        console.print_message(note)
    result_view.print_result(result)
    for path in written:
        console.print_message(f"wrote {path}")


def _write(
    result: BacktestResult, report: Path | None, save: Path | None, trades: Path | None, equity: Path | None
) -> list[str]:
    written = []
    if save is not None:
        written.append(result.save_to_file(save))
    if trades is not None:
        written.append(result.export_trades(trades))
    if equity is not None:
        written.append(result.export_equity(equity))
    if report is not None:
        from spark_stacker.reporting import write_report

        written.append(write_report(result, report))
    return [str(path) for path in written]
