"""``spark-stacker data`` for trades, quotes and books: import, check, record, recover."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spark_stacker.data.events import EventFiles
    from spark_stacker.data.recorder import Recorder, Recording

__all__ = [
    "check_events_of",
    "event_options",
    "import_event_files",
    "is_events",
    "json_option",
    "reading_options",
    "record_",
    "recover_",
    "root_option",
]

_PATH = click.Path(path_type=Path, readable=False)
root_option = click.option(
    "--root",
    type=_PATH,
    envvar="SPARK_STACKER_DATA",
    show_envvar=True,
    help="Directory of the catalogue.  [default: ~/.local/share/spark-stacker]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """How files of events are read."""
    for option in (
        click.option("--start-empty", is_flag=True, help="Events: take a book without a snapshot."),
        click.option("--correct-clock", is_flag=True, help="Events: move a late receiver's clock on."),
        click.option("--tick-size", type=float, help="Events: step of prices.  [default: inferred]"),
    ):
        command = option(command)
    return command


def event_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of import and check that mean something for events only."""
    is_given = click.option(
        "--events", is_flag=True, help="Files are of events.  [default: told from the files]"
    )
    return is_given(reading_options(command))


def is_events(files: Sequence[Path]) -> bool:
    """Whether files hold events; a mixture of events and candles is refused."""
    from spark_stacker.data.events import is_events_file
    from spark_stacker.errors import ParameterError

    found = [is_events_file(path) for path in files]
    if any(found) and not all(found):
        other = files[found.index(False)]
        raise ParameterError(
            f"FILES must be all of events or all of candles; {files[found.index(True)]} is of events, "
            f"{other} is not"
        )
    return all(found)


def import_event_files(
    files: Sequence[Path],
    *,
    venue: str,
    symbol: str | None,
    root: Path | None,
    replace: bool,
    as_json: bool,
    options: dict[str, Any],
) -> None:
    """Imports files of one market as one stream and says what was understood."""
    from spark_stacker.cli import console
    from spark_stacker.data import Catalogue
    from spark_stacker.data.events import open_events
    from spark_stacker.errors import ParameterError

    opened = open_events(files, **options)
    market = symbol or opened.symbol
    if market is None:
        raise ParameterError("--symbol must be given, as no file says which market it is of")
    saved = Catalogue(root).events.save(opened, venue, market, replace=replace)
    steps = saved.steps
    facts = {
        "path": str(saved.path),
        "venue": venue,
        "symbol": market,
        "rows": saved.rows,
        "parts": len(saved.parts),
        "tick_size": steps.tick_size,
        "lot_size": steps.lot_size,
        "inferred": list(steps.inferred),
        "data_hash": saved.data_hash,
        "notes": list(opened.notes),
    }
    if as_json:
        console.emit_json(facts)
        return
    for note in opened.notes:
        console.print_message(note)
    for name in steps.inferred:
        console.print_message(f"{name.replace('_', ' ')} {getattr(steps, name) or 'unknown'} is inferred")
    click.echo(
        f"{saved.path}: {saved.rows:,} events in {len(saved.parts):,} parts, tick {steps.tick_size:.12g}"
    )


def check_events_of(
    file: Path | None,
    *,
    venue: str,
    symbol: str | None,
    root: Path | None,
    as_json: bool,
    options: dict[str, Any],
) -> None:
    """Checks the events in a file, or of a market in the catalogue; ends with code 4 if they break a rule."""
    from spark_stacker.cli import console
    from spark_stacker.data import Catalogue
    from spark_stacker.data.events import check_events, open_events
    from spark_stacker.errors import DataError, ParameterError

    contiguous, tick_size = options.pop("contiguous"), options.get("tick_size")
    opened: EventFiles | None = None
    if file is not None:
        opened = open_events(file, **options)
        frames, place = opened.frames(), str(file)
    else:
        if symbol is None:
            raise ParameterError("FILE, or --symbol of events in the catalogue, must be given")
        events = Catalogue(root).events
        tick_size = tick_size or events.describe(venue, symbol).steps.tick_size
        events.verify(venue, symbol)
        frames, place = events.chunks(venue, symbol), f"{venue} {symbol} events"
    report = check_events(frames, tick_size=tick_size, contiguous=contiguous, place=place)
    if as_json:
        console.emit_json(report.to_dict() | {"notes": list(opened.notes) if opened else []})
    else:
        for note in opened.notes if opened else ():
            console.print_message(note)
        click.echo(report)
    if not report.ok:
        click.get_current_context().exit(DataError.exit_code)


@click.command("record")
@click.argument("files", nargs=-1, required=True, type=_PATH)
@click.option("--symbol", required=True, help="Market, such as BTC/USDT.")
@click.option("--venue", default="replay", show_default=True, help="Where the recording is filed.")
@click.option("--speed", type=float, help="Times real time.  [default: as fast as possible]")
@click.option("--rotate-rows", default=1_000_000, show_default=True, help="Rows that finish a part.")
@click.option("--rotate-minutes", default=60.0, show_default=True, help="Minutes that finish a part.")
@click.option("--flush-seconds", default=1.0, show_default=True, help="Most that a killed recorder loses.")
@click.option("--checksum", type=click.Choice(["kraken"]), help="Compare the book with the venue's checksum.")
@root_option
@json_option
def record_(
    files: tuple[Path, ...],
    *,
    symbol: str,
    venue: str,
    speed: float | None,
    rotate_rows: int,
    rotate_minutes: float,
    flush_seconds: float,
    checksum: str | None,
    root: Path | None,
    as_json: bool,
) -> None:
    """Record trades, quotes and the book of a market, as they come, into the catalogue.

    The replay connector plays FILES as if they happened now. Finished parts can be read while the recorder
    runs; Ctrl-C or SIGTERM finishes the last one. What a killed recorder had written becomes a part at the
    next start, or by spark-stacker data recover.

    \b
    Examples:
      spark-stacker data record BTCUSDT.npz --symbol BTC/USDT --venue rehearsal
      spark-stacker data record trades.csv.gz incremental_book_L2.csv.gz --symbol BTC/USDT --speed 10
    """
    from spark_stacker.cli import console
    from spark_stacker.connectors.replay import ReplayMarket
    from spark_stacker.data import Catalogue
    from spark_stacker.data.events import open_events
    from spark_stacker.data.recorder import CHECKSUMS, Recorder

    source = ReplayMarket(open_events(files).frames, symbol, speed=speed)
    recorder = Recorder(
        Catalogue(root).events,
        venue,
        symbol,
        source=", ".join(path.name for path in files),
        rotate_rows=rotate_rows,
        rotate_s=rotate_minutes * 60,
        checksum=None if checksum is None else CHECKSUMS[checksum],
    )
    with recorder:
        stopped = asyncio.run(_recorded(source, symbol, recorder, flush_seconds))
    done = recorder.done
    if as_json:
        console.emit_json(_facts(done) | {"stopped": stopped})
        return
    for text in done.breaks:
        console.print_warning(f"gap at {text}")
    if stopped:
        console.print_message(stopped)
    click.echo(
        f"{done.rows:,} events of {done.messages:,} messages in {len(done.parts)} parts, {done.gaps} gaps"
    )


async def _recorded(source: Any, symbol: str, recorder: Recorder, flush_s: float) -> str:
    """Why it ended before the stream did; empty if it did not."""
    from spark_stacker.data.recorder import record
    from spark_stacker.trading.stopping import StopRequest, stop_on_signals, until_stopped

    stop = StopRequest()
    feeds = [feed for feed in ("trades", "quotes", "book") if source.offers(feed, symbol)]
    await source.open()
    try:
        with stop_on_signals(stop):
            await until_stopped(record(source.stream_market(symbol, feeds), recorder, flush_s=flush_s), stop)
    finally:
        await source.close()
    return stop.reason


def _facts(done: Recording) -> dict[str, Any]:
    return {
        "rows": done.rows,
        "messages": done.messages,
        "parts": [str(path) for path in done.parts],
        "gaps": done.gaps,
        "breaks": list(done.breaks),
        "late": done.late,
    }


@click.command("recover")
@click.option("--symbol", required=True, help="Market, such as BTC/USDT.")
@click.option("--venue", required=True, help="Where the recording is filed.")
@root_option
def recover_(*, symbol: str, venue: str, root: Path | None) -> None:
    """Make a part of what a killed recorder had written.

    \b
    Example:
      spark-stacker data recover --venue kraken --symbol BTC/USD
    """
    from spark_stacker.data import Catalogue
    from spark_stacker.data.recorder import recover

    made = recover(Catalogue(root).events, venue, symbol)
    click.echo("nothing to recover" if made is None else str(made))
