"""``spark-stacker slippage``: models of what taking costs, calibrated on recorded books, and shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spark_stacker.cli.events import json_option, root_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spark_stacker.data.impact import Calibration

__all__ = ["slippage"]

_PATH = click.Path(path_type=Path, readable=False)


@click.group(epilog="\b\nSizes are in quote currency, costs in basis points (bps) of the middle price.")
def slippage() -> None:
    """Calibrate what market orders cost on recorded books, and show what was found."""


@slippage.command()
@click.argument("files", nargs=-1, type=_PATH)
@click.option("--venue", default="local", show_default=True, help="Where the market is traded.")
@click.option("--symbol", help="Market, such as BTC/USDT.  [default: that of the files]")
@click.option("--start", help="First time of receipt, such as 2024-08-08T12:00 (UTC). Catalogue only.")
@click.option("--end", help="Time of receipt to stop before. Catalogue only.")
@click.option("--every", default="1s", show_default=True, help="How often the book is looked at.")
@click.option(
    "--block", default="1m", show_default=True, help="Blocks of time, in turn training and held out."
)
@click.option("--bar", default="1m", show_default=True, help="Bars on which the other models are judged.")
@click.option("--sizes", help="Sizes in quote currency: 1000,10000,100000.  [default: 100 to 3,000,000]")
@click.option("--tick-size", type=float, help="Files: step of prices.  [default: inferred]")
@click.option("--start-empty", is_flag=True, help="Files: take a book without a snapshot.")
@click.option("-o", "--output", type=_PATH, help="The model.  [default: in the catalogue]")
@click.option("--report", type=_PATH, help="Also write a page with plots of fit and error.")
@root_option
@json_option
def calibrate(
    *,
    files: tuple[Path, ...],
    venue: str,
    symbol: str | None,
    start: str | None,
    end: str | None,
    every: str,
    block: str,
    bar: str,
    sizes: str | None,
    tick_size: float | None,
    start_empty: bool,
    output: Path | None,
    report: Path | None,
    root: Path | None,
    as_json: bool,
) -> None:
    """Fit spread, depth and impact of a market to its recorded book, hour by hour where there is enough.

    The events are those of the catalogue, or of FILES of one market (as `data import` takes them). Every
    other block of time is held out: the errors printed, of this model and of every other one, are against
    the book of that time. A backtest uses the model with slippage `calibrated`.

    \b
    Examples:
      spark-stacker slippage calibrate --venue binance --symbol BTC/USDT
      spark-stacker slippage calibrate trades.csv.gz incremental_book_L2.csv.gz --symbol BTC/USDT
      spark-stacker slippage calibrate --venue kraken --symbol BTC/USD --every 10s --report btc.html
    """
    from spark_stacker.cli import console, slippage_view
    from spark_stacker.data.impact import ImpactCatalogue, calibrate_catalogue, calibrate_files, write_model
    from spark_stacker.errors import ParameterError
    from spark_stacker.reporting import write_slippage_report
    from spark_stacker.reporting.page import check_page_path

    if report is not None:
        check_page_path(report)
    options: dict[str, Any] = {"every": every, "block": block, "bar": bar}
    if sizes is not None:
        options["sizes"] = _amounts(sizes)
    if files:
        if start is not None or end is not None:
            raise ParameterError("--start and --end are for events of the catalogue; files are read whole")
        done = calibrate_files(
            files, venue=venue, symbol=symbol, tick_size=tick_size, start_empty=start_empty, **options
        )
    else:
        if tick_size is not None or start_empty:
            raise ParameterError("--tick-size and --start-empty are for FILES; the catalogue's are known")
        if symbol is None:
            raise ParameterError("--symbol must be given, or files of the market")
        done = calibrate_catalogue(root, venue=venue, symbol=symbol, start=start, end=end, **options)
    model = done.model
    path = ImpactCatalogue(root).save(model) if output is None else write_model(model, output)
    page = None if report is None else write_slippage_report(done, report)
    if as_json:
        facts = {"path": str(path), "report": None if page is None else str(page)}
        console.emit_json({**facts, "model": model.model_dump(mode="json")})
        return
    _say(done)
    slippage_view.print_model(model)
    console.print_message(f"wrote {path}")
    if page is not None:
        console.print_message(f"wrote {page}")


def _say(done: Calibration) -> None:
    from spark_stacker.cli import console

    for note in done.notes:
        console.print_message(note)


def _amounts(text: str) -> Sequence[float]:
    from spark_stacker.errors import ParameterError

    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise ParameterError(f"--sizes must be amounts with commas between, was {text!r}") from None


@slippage.command()
@click.argument("model", required=False, type=_PATH)
@click.option("--venue", help="Where the market is traded, if there are models of several venues.")
@click.option("--symbol", help="Market, such as BTC/USDT.")
@root_option
@json_option
def show(
    *, model: Path | None, venue: str | None, symbol: str | None, root: Path | None, as_json: bool
) -> None:
    """Show the calibrated model of a market in the catalogue, or in the file MODEL; without either, list all.

    \b
    Examples:
      spark-stacker slippage show
      spark-stacker slippage show --symbol BTC/USDT
      spark-stacker slippage show btc.json --json
    """
    from spark_stacker.cli import console, slippage_view
    from spark_stacker.data.impact import ImpactCatalogue, read_model
    from spark_stacker.errors import ParameterError

    catalogue = ImpactCatalogue(root)
    if model is None and symbol is None:
        there = catalogue.list()
        if as_json:
            console.emit_json([{"venue": at, "symbol": name} for at, name in there])
        elif there:
            console.print_table(["Venue", "Symbol"], there)
        else:
            console.print_message(f"no calibrated slippage in {catalogue.root}")
        return
    if model is not None and (symbol is not None or venue is not None):
        raise ParameterError("give a file, or a market with --symbol and --venue, not both")
    found = read_model(model) if model is not None else catalogue.find(symbol or "", venue)
    if as_json:
        console.emit_json(found.model_dump(mode="json"))
    else:
        slippage_view.print_model(found)
