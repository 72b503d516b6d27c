"""``spark-stacker data``: the catalogue filled, listed, checked, resampled; synthetic candles; recordings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from spark_stacker.cli.events import (
    check_events_of,
    event_options,
    import_event_files,
    is_events,
    json_option,
    record_,
    recover_,
    root_option,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from spark_stacker.data import QualityReport

__all__ = ["data"]

_PATH = click.Path(path_type=Path, readable=False)


def _market_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--interval", help="Interval of the bars, such as 1m, 1h or 1d."),
        click.option("--symbol", help="Market, such as ETH-USD."),
        click.option("--venue", default="local", show_default=True, help="Where the market is traded."),
    ):
        command = option(command)
    return command


@click.group(epilog="\b\nA row is counted from 0, the first after a header. Times are UTC.")
def data() -> None:
    """Import, list, check, resample and synthesise candles; import, check and record trades and books."""


data.add_command(record_)
data.add_command(recover_)


@data.command("import")
@click.argument("files", nargs=-1, required=True, type=_PATH)
@_market_options
@click.option(
    "--kind", type=click.Choice(["candles", "mark", "funding"]), help="[default: told from the file]"
)
@click.option(
    "--repair",
    multiple=True,
    type=click.Choice(["sort", "drop-duplicates"]),
    help="Mend this before the check; may be given twice. Nothing is mended unasked.",
)
@click.option("--replace", is_flag=True, help="Let rows that contradict the catalogue replace its own.")
@event_options
@root_option
@json_option
def import_(
    files: tuple[Path, ...],
    *,
    venue: str,
    symbol: str | None,
    interval: str | None,
    kind: str | None,
    repair: tuple[str, ...],
    events: bool,
    tick_size: float | None,
    correct_clock: bool,
    start_empty: bool,
    root: Path | None,
    replace: bool,
    as_json: bool,
) -> None:
    """Check FILES of one market (CSV, Parquet, Feather) and merge them into the catalogue.

    Columns are timestamp,open,high,low,close,volume or usual other names for them; times are s, ms, µs, ns or
    ISO 8601. Funding rates (timestamp,rate) and mark price candles are taken too; a backtest uses them with
    the candles beside them. All files are checked before the first is written.

    Trades, quotes and books (tables of them, Tardis CSV, hftbacktest .npz, recordings) become one stream of
    events, by the time of receipt: give all files of a market at once.

    \b
    Examples:
      spark-stacker data import ETH-USD_1h.csv
      spark-stacker data import btc-2023.csv btc-2024.csv --symbol BTC/USD --venue kraken --interval 1m
      spark-stacker data import raw.csv --symbol ETH-USD --repair sort --repair drop-duplicates
      spark-stacker data import ETH-USD_1h.csv ETH-USD_8h_funding.csv ETH-USD_1h_mark.csv --venue kraken
      spark-stacker data import trades.csv.gz incremental_book_L2.csv.gz --symbol BTC/USDT --venue binance
      spark-stacker data import btcusdt_20240808.npz --symbol BTC/USDT --venue binance --tick-size 0.1
    """
    from spark_stacker.cli import console
    from spark_stacker.data import Catalogue, prepare
    from spark_stacker.errors import ParameterError

    if events or (kind is None and is_events(files)):
        options = {
            "tick_size": tick_size,
            "correct_clock": correct_clock,
            "start_empty": start_empty,
            "sort": "sort" in repair,
        }
        place = {"venue": venue, "symbol": symbol, "root": root, "replace": replace, "as_json": as_json}
        import_event_files(files, options=options, **place)  # type: ignore[arg-type]
        return
    catalogue = Catalogue(root)
    named = [symbol or _symbol_in_name(path) for path in files]
    if None in named:
        path = files[named.index(None)]
        raise ParameterError(
            f"--symbol must be given, as {path.name} is not named {{symbol}}_{{interval}}.csv "
            "(or …_funding.csv, …_mark.csv)"
        )
    prepared, reports = [], []
    with console.progress("Checking", total=len(files)) as advance:
        for path in files:
            prepared.append(prepare(path, kind=kind, interval=interval, repair=repair))
            advance(1)
    with console.progress("Writing", total=len(files)) as advance:
        for checked, market in zip(prepared, filter(None, named), strict=True):
            reports.append(checked.save(catalogue, symbol=market, venue=venue, replace=replace))
            advance(1)
    if as_json:
        console.emit_json([report.to_dict() for report in reports])
        return
    for report in reports:
        for note in (*report.prepared.file.notes, *report.prepared.repairs):
            console.print_message(f"{report.prepared.file.path}: {note}")
        click.echo(report.prepared.quality)
        saved = report.saved
        click.echo(
            f"{saved.path}: {saved.rows:,} rows ({saved.added:,} added, {saved.identical:,} there already, "
            f"{saved.replaced:,} replaced)"
        )


@data.command("list")
@click.option("--venue", help="Only this venue.")
@root_option
@json_option
def list_(venue: str | None, root: Path | None, *, as_json: bool) -> None:
    """List what the catalogue holds.

    \b
    Examples:
      spark-stacker data list
      spark-stacker data list --venue kraken --json
    """
    from spark_stacker.cli import console
    from spark_stacker.data import Catalogue

    catalogue = Catalogue(root)
    sets = catalogue.list(venue=venue)
    columns = ("venue", "symbol", "interval", "kind", "rows", "start", "end", "synthetic", "path")
    if as_json:
        records = [{name: getattr(item, name) for name in columns} for item in sets]
        times = {"start", "end"}
        console.emit_json([{k: v.isoformat() if k in times else v for k, v in r.items()} for r in records])
        return
    if not sets:
        console.print_message(f"The catalogue {catalogue.root} is empty; spark-stacker data import fills it.")
        return
    rows = [
        (
            *(item.venue, item.symbol, item.interval, item.kind, f"{item.rows:,}"),
            *(f"{item.start:%Y-%m-%d %H:%M}", f"{item.end:%Y-%m-%d %H:%M}", item.synthetic),
        )
        for item in sets
    ]
    console.print_table(columns[:-1], rows, title=str(catalogue.root), numeric=("rows",))


@data.command("check")
@click.argument("file", required=False, type=_PATH)
@_market_options
@click.option(
    "--kind", type=click.Choice(["candles", "mark", "funding"]), help="[default: told from the file]"
)
@click.option("--gaps", "all_gaps", is_flag=True, help="List every gap.")
@click.option("--outlier-mads", default=20.0, show_default=True, help="Deviations that make an outlier.")
@click.option("--contiguous", is_flag=True, help="Events: numbers of the book count one by one.")
@event_options
@root_option
@json_option
def check(
    file: Path | None,
    *,
    venue: str,
    symbol: str | None,
    interval: str | None,
    kind: str | None,
    outlier_mads: float,
    contiguous: bool,
    events: bool,
    tick_size: float | None,
    correct_clock: bool,
    start_empty: bool,
    root: Path | None,
    all_gaps: bool,
    as_json: bool,
) -> None:
    """Check candles in FILE or in the catalogue: order, doubles, gaps, prices, volume, outliers.

    Of funding: order, doubles, gaps in the schedule, rates that are not finite or beyond any venue's cap.
    Of events: order of both clocks, values, crossed books, numbers of messages and trades.
    Nothing is changed. Ends with code 4 when the data break a rule.

    \b
    Examples:
      spark-stacker data check ETH-USD_1h.csv
      spark-stacker data check trades.csv.gz
      spark-stacker data check --events --venue binance --symbol BTC/USDT
      spark-stacker data check --venue kraken --symbol BTC/USD --interval 1h --gaps
      spark-stacker data check --venue kraken --symbol BTC/USD --interval 8h --kind funding
    """
    from spark_stacker.cli import console
    from spark_stacker.data import check_quality
    from spark_stacker.errors import DataError

    if events or (kind is None and file is not None and is_events([file])):
        options = {"tick_size": tick_size, "correct_clock": correct_clock, "start_empty": start_empty}
        options["contiguous"] = contiguous
        check_events_of(file, venue=venue, symbol=symbol, root=root, as_json=as_json, options=options)
        return
    read = _read(file, venue, symbol, interval, root, kind=kind)
    report: QualityReport = check_quality(
        read.frame,
        read.interval,
        where=read.where,
        outlier_mads=outlier_mads,
        is_mark=read.kind == "mark",
    )
    if as_json:
        console.emit_json(report.to_dict())
    else:
        click.echo(report)
        for gap in report.gaps if all_gaps else ():
            click.echo(f"gap: {gap}")
    if not report.ok:
        click.get_current_context().exit(DataError.exit_code)


@data.command("resample")
@click.argument("file", required=False, type=_PATH)
@click.option("--to", "target", required=True, help="Interval to make, such as 1h.")
@_market_options
@click.option("--out", type=_PATH, help="File to write (.csv or .parquet) in place of the catalogue.")
@click.option("--replace", is_flag=True, help="Let new bars that contradict the catalogue replace its own.")
@root_option
@json_option
def resample_(
    file: Path | None,
    *,
    target: str,
    venue: str,
    symbol: str | None,
    interval: str | None,
    out: Path | None,
    root: Path | None,
    replace: bool,
    as_json: bool,
) -> None:
    """Make candles of a higher interval, closed ones only, from FILE or the catalogue.

    \b
    Examples:
      spark-stacker data resample --symbol ETH-USD --interval 1m --to 1h
      spark-stacker data resample ETH-USD_1m.csv --to 5m --out ETH-USD_5m.csv
    """
    from spark_stacker.cli import console
    from spark_stacker.data import Catalogue, resample
    from spark_stacker.errors import ParameterError

    if out is None and symbol is None:
        raise ParameterError("--out or --symbol must say where the new candles go")
    read = _read(file, venue, symbol, interval, root)
    made = resample(read.frame, read.interval, target)
    labels = {"source": f"{read.where} resampled from {read.interval}"}
    if read.synthetic is not None:
        labels["synthetic"] = read.synthetic
    if out is not None:
        path = _write(made.frame, out, labels)
    else:
        catalogue, market = Catalogue(root), symbol or ""
        path = catalogue.write(made.frame, venue, market, target, replace=replace, metadata=labels).path
    if as_json:
        times = {"partial": made.partial, "left_out": made.left_out}
        listed = {name: [time.isoformat() for time in values] for name, values in times.items()}
        console.emit_json({"path": str(path), "interval": target, "rows": len(made.frame), **listed})
    else:
        click.echo(f"{path}: {made}")


@data.command("synthesise")
@click.argument("scenario")
@click.option("--interval", default="1h", show_default=True, help="Interval of the bars.")
@click.option("--bars", default=8_760, show_default=True, help="Number of bars.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same bytes.")
@click.option("--start", default="2024-01-01", show_default=True, help="Open time of the first bar.")
@click.option("--out", type=_PATH, help="File to write (.csv or .parquet) in place of the catalogue.")
@root_option
@json_option
def synthesise_(
    scenario: str,
    *,
    interval: str,
    bars: int,
    seed: int,
    start: str,
    out: Path | None,
    root: Path | None,
    as_json: bool,
) -> None:
    """Make up candles of SCENARIO, labelled as synthetic, in the catalogue under the venue "synthetic".

    SCENARIO is bull, bear, sideways, high_volatility, low_volatility, choppy or gap_heavy.

    \b
    Examples:
      spark-stacker data synthesise bull
      spark-stacker data synthesise choppy --interval 1m --bars 100000 --seed 7 --out choppy.parquet
    """
    from spark_stacker.cli import console
    from spark_stacker.data import Catalogue, data_hash, synthesise

    made = synthesise(scenario, interval=interval, bars=bars, seed=seed, start=start)
    if out is not None:
        path = _write(made.frame, out, made.labels)
    else:
        place = ("synthetic", made.symbol, interval)
        path = Catalogue(root).write(made.frame, *place, replace=True, metadata=made.labels).path
    rows = len(made.frame)
    if as_json:
        labels = {"symbol": made.symbol, "interval": interval, "seed": seed, "synthetic": scenario}
        console.emit_json({"path": str(path), **labels, "rows": rows, "data_hash": data_hash(made.frame)})
    else:
        click.echo(f"{path}: {rows:,} synthetic bars of {made.symbol} {interval}, seed {seed}")


class _Read(NamedTuple):
    """What a command is to work on; ``synthetic`` names the scenario of made-up candles."""

    frame: pl.DataFrame
    interval: str
    kind: str
    where: str
    synthetic: str | None


def _read(
    file: Path | None,
    venue: str,
    symbol: str | None,
    interval: str | None,
    root: Path | None,
    *,
    kind: str | None = None,
) -> _Read:
    from spark_stacker.data import Catalogue, read_market_file
    from spark_stacker.errors import ParameterError

    if file is not None:
        read = read_market_file(file, kind=kind, interval=interval)
        return _Read(read.frame, read.interval, read.kind, str(file), read.synthetic)
    if symbol is None or interval is None:
        raise ParameterError("FILE, or --symbol and --interval of candles in the catalogue, must be given")
    catalogue, kind = Catalogue(root), kind or "candles"
    frame = catalogue.read(venue, symbol, interval, kind=kind)
    label = catalogue.metadata(venue, symbol, interval, kind=kind).get("synthetic")
    return _Read(frame, interval, kind, f"{venue} {symbol} {interval}", label)


def _symbol_in_name(path: Path) -> str | None:
    from spark_stacker.data.catalogue import KINDS
    from spark_stacker.data.files import market_in_name

    return next((named[0] for kind in KINDS if (named := market_in_name(path, kind))), None)


def _write(frame: pl.DataFrame, path: Path, labels: dict[str, str]) -> Path:
    from spark_stacker.data.files import write_file
    from spark_stacker.errors import ParameterError

    if path.suffix.lower() not in {".csv", ".parquet"}:
        raise ParameterError(f"--out must end in .csv or .parquet, was {path}")
    write_file(frame, path, metadata=labels)
    return path
