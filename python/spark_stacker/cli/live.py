"""``spark-stacker live``: strategies on candles, or trades and books, as they come, with simulated orders."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spark_stacker.cli.perpetuals import perpetual_options
from spark_stacker.cli.tick_options import tick_options

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from spark_stacker.cli.live_candles import Recording
    from spark_stacker.cli.live_report import Told
    from spark_stacker.cli.live_ticks import TickRecording
    from spark_stacker.config import Settings
    from spark_stacker.trading.events import Event, Observer
    from spark_stacker.trading.stopping import StopRequest
    from spark_stacker.trading.summary import Summary

    Session = Callable[[Observer, StopRequest], Awaitable[object]]

__all__ = ["live"]

EPILOG = """\b
Examples:
  spark-stacker live --scenario bull --seed 7
  spark-stacker live --config eth.toml --data ETH-USD_1h.parquet
  spark-stacker live --config eth.toml --venue kraken
  spark-stacker live --config two.toml --data ETH-USD=eth.csv --data BTC-USD=btc.csv --speed 3600
  spark-stacker live --config btc.toml --ticks BTCUSDT_l2.parquet --ticks BTCUSDT_trades.parquet
  spark-stacker live --config btc.toml --ticks kraken:BTC/USD --order-latency 5 --queue conservative
  spark-stacker live --config eth.toml --state state --metrics-port 9100 --log-format json

\b
Ctrl-C or SIGTERM stops within two seconds and reports open positions; they stay in the state directory, and
the next start goes on from there. A second signal ends the process at once. The exit code of a stop is 0.
"""


class _Speed(click.ParamType[float | str]):
    name = "max|N"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float | str:
        if value == "max":
            return "max"
        try:
            speed = float(str(value))
        except ValueError:
            speed = 0.0
        if not 0 < speed < float("inf"):
            self.fail(f'must be "max" or a multiple of real time above 0, was {value!r}', param, ctx)
        return speed


@click.command(epilog=EPILOG)
@click.option(
    "--config", "config_file", type=click.Path(path_type=Path), help="Configuration; default: the starter's."
)
@click.option(
    "--data",
    "data",
    multiple=True,
    metavar="[SYMBOL=]FILE",
    help="Replay recorded candles, once for each market.",
)
@click.option("--venue", help="Replay what the catalogue has of the strategies' markets at this venue.")
@click.option("--interval", help="Interval of the catalogue's candles.  [default: what the strategies need]")
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    envvar="SPARK_STACKER_DATA",
    show_envvar=True,
    help="Directory of the catalogue.",
)
@perpetual_options
@tick_options
@click.option("--scenario", help="Replay a synthetic scenario: bull, bear, sideways, choppy, …")
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of the scenario."
)
@click.option(
    "--speed", type=_Speed(), default=None, help="Of a replay: as fast as possible, or N times real time."
)
@click.option("--bars", type=click.IntRange(min=1), help="Stop after so many bars.")
@click.option("--warm-up", type=click.IntRange(min=0), help="Bars of history before the first decision.")
@click.option("--state", type=click.Path(path_type=Path), help="Keep paper state here and go on from it.")
@click.option("--fresh", is_flag=True, help="Begin anew; an earlier journal is kept aside.")
@click.option("--metrics-port", type=click.IntRange(0, 65_535), help="Port of /metrics; 0 takes a free one.")
@click.option("--log-format", type=click.Choice(["console", "json"]), default="console", show_default=True)
@click.option(
    "--log-level", type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], case_sensitive=False)
)
@click.option("--json", "as_json", is_flag=True, help="Print what happened as JSON.")
def live(
    *,
    config_file: Path | None,
    data: tuple[str, ...],
    venue: str | None,
    interval: str | None,
    root: Path | None,
    funding: tuple[str, ...],
    mark: tuple[str, ...],
    ticks: tuple[str, ...],
    queue: str | None,
    order_latency: str | None,
    answer_latency: str | None,
    tick_size: float | None,
    correct_clock: bool,
    start_empty: bool,
    scenario: str | None,
    seed: int,
    speed: float | str | None,
    bars: int | None,
    warm_up: int | None,
    state: Path | None,
    fresh: bool,
    metrics_port: int | None,
    log_format: str,
    log_level: str | None,
    as_json: bool,
) -> None:
    """Run strategies on live or replayed candles, or trades and books, in a dry run: orders go to a simulated
    venue.
    """
    from spark_stacker.cli import live_candles, live_ticks
    from spark_stacker.data.impact import in_catalogue

    recording = live_ticks.TickRecording(
        ticks=ticks,
        root=root,
        speed=speed,
        queue=queue,
        order_latency=order_latency,
        answer_latency=answer_latency,
        tick_size=tick_size,
        correct_clock=correct_clock,
        start_empty=start_empty,
    )
    recording.check(
        {
            "--data": data,
            "--venue": venue,
            "--scenario": scenario,
            "--interval": interval,
            "--funding": funding,
            "--mark": mark,
            "--warm-up": warm_up,
        }
    )
    chosen = live_candles.Recording(
        data=data,
        venue=venue,
        scenario=scenario,
        interval=interval,
        root=root,
        funding=funding,
        mark=mark,
        seed=seed,
        speed=speed,
        bars=bars,
    )
    if not ticks:
        chosen.check(has_config=config_file is not None)
    settings = live_candles.settings_for(config_file, is_recorded=bool(data or venue or ticks))
    settings = in_catalogue(settings, root)
    if state is None and not (chosen.is_given or ticks):
        state = settings.state_directory
    if fresh and state is None:
        raise click.UsageError("--fresh belongs to --state")
    if ticks:
        prepared = _on_ticks(settings, recording, state=state, fresh=fresh, max_bars=bars)
    else:
        prepared = _on_candles(settings, chosen, state=state, fresh=fresh, warm_up=warm_up)
    port = metrics_port if metrics_port is not None else 0 if config_file is None else settings.metrics.port
    _tell_and_run(prepared, as_json=as_json, port=port, log_format=log_format, log_level=log_level)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A session that can begin: ``exchanges`` are names by market, ``facts`` and ``notes`` told before."""

    told: Told
    session: Session
    exchanges: Mapping[str, str]
    facts: tuple[str, ...]
    notes: tuple[str, ...]


def _on_candles(
    settings: Settings, chosen: Recording, *, state: Path | None, fresh: bool, warm_up: int | None
) -> _Prepared:
    from spark_stacker.cli.live_report import told_of_candles
    from spark_stacker.trading.dry_run import DryRun, run_dry_run

    candles = chosen.source(settings, warm_up if warm_up is not None else settings.live.history_bars)
    run = DryRun(
        settings=settings,
        candles=candles,
        state=state,
        fresh=fresh,
        history_bars=warm_up,
        max_groups=chosen.bars,
    )
    return _Prepared(
        told=told_of_candles(run),
        session=lambda observer, stop: run_dry_run(run, observer=observer, stop=stop),
        exchanges={symbol: connector.name for symbol, connector in candles.connectors.items()},
        facts=candles.facts,
        notes=candles.notes,
    )


def _on_ticks(
    settings: Settings, recording: TickRecording, *, state: Path | None, fresh: bool, max_bars: int | None
) -> _Prepared:
    from spark_stacker.cli.live_report import told_of_ticks
    from spark_stacker.trading.tick_run import TickDryRun, run_tick_dry_run

    rules = recording.rules()
    events = recording.source(settings)
    run = TickDryRun(
        settings=settings,
        events=events,
        rules=rules,
        state=state,
        fresh=fresh,
        max_bars=max_bars,
    )
    return _Prepared(
        told=told_of_ticks(run),
        session=lambda observer, stop: run_tick_dry_run(run, observer=observer, stop=stop),
        exchanges={symbol: market.streams.name for symbol, market in events.markets.items()},
        facts=events.facts,
        notes=events.notes,
    )


def _tell_and_run(
    prepared: _Prepared, *, as_json: bool, port: int, log_format: str, log_level: str | None
) -> None:
    from spark_stacker.cli import console, live_report
    from spark_stacker.trading.summary import Summary

    for note in prepared.notes:
        console.print_warning(note)
    summary = Summary()
    if not as_json:
        for fact in prepared.facts:
            console.print_message(fact)
        live_report.print_banner(prepared.told)
    try:
        _run(prepared, summary, port=port, log_format=log_format, log_level=log_level)
    finally:
        if summary.portfolio is not None:
            live_report.print_summary(prepared.told, summary, as_json=as_json)


def _run(prepared: _Prepared, summary: Summary, *, port: int, log_format: str, log_level: str | None) -> None:
    import asyncio

    from spark_stacker.config.exchange import SECRETS
    from spark_stacker.logs import configure_logs
    from spark_stacker.metrics import METRICS, MetricsObserver, serve_metrics
    from spark_stacker.trading.clock import SystemClock
    from spark_stacker.trading.log_observer import LogObserver
    from spark_stacker.trading.stopping import StopRequest, stop_on_signals

    settings = prepared.told.settings
    secrets = [text for exchange in settings.exchanges for key in SECRETS if (text := exchange.secret(key))]
    configure_logs(log_format, level=log_level or settings.log_level, secrets=secrets)
    metrics = MetricsObserver(
        METRICS,
        exchanges=prepared.exchanges,
        initial_balance=settings.initial_balance,
        stopwatch_s=SystemClock().stopwatch_s,
    )
    log = LogObserver()

    def observe(event: Event) -> None:
        summary(event)
        metrics(event)
        log(event)

    async def session() -> None:
        stop = StopRequest()
        with stop_on_signals(stop):
            await prepared.session(observe, stop)

    with ExitStack() as stack:
        if settings.metrics.enabled:
            host = settings.metrics.host
            served = stack.enter_context(serve_metrics(METRICS.registry, port=port, host=host))
            log.say("metrics_served", url=f"http://{host}:{served}/metrics")
        asyncio.run(session())
