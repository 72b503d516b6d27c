"""``spark-stacker live``: strategies on candles as they come, with simulated orders."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from spark_stacker.config import Settings
    from spark_stacker.trading.dry_run import DryRun
    from spark_stacker.trading.events import Event
    from spark_stacker.trading.sources import CandleSource
    from spark_stacker.trading.summary import Summary

__all__ = ["live"]

SCENARIO_BARS = 1_000

EPILOG = """\b
Examples:
  spark-stacker live --scenario bull --seed 7
  spark-stacker live --config eth.toml --data ETH-USD_1h.parquet
  spark-stacker live --config two.toml --data ETH-USD=eth.csv --data BTC-USD=btc.csv --speed 3600
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
@click.option("--log-level", type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"], case_sensitive=False))
@click.option("--json", "as_json", is_flag=True, help="Print what happened as JSON.")
def live(
    *,
    config_file: Path | None,
    data: tuple[str, ...],
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
    """Run strategies on live or replayed candles, in a dry run: orders go to a simulated venue."""
    from spark_stacker.cli import live_report
    from spark_stacker.trading.dry_run import DryRun
    from spark_stacker.trading.summary import Summary

    if data and scenario:
        raise click.UsageError("--data and --scenario exclude each other")
    if config_file is None and not (data or scenario):
        raise click.UsageError("give a configuration with --config, or candles with --data or --scenario")
    if speed is not None and not (data or scenario):
        raise click.UsageError("--speed belongs to --data or --scenario")
    settings = _settings(config_file, recorded=bool(data))
    candles = _candles(settings, data, scenario, seed=seed, speed=speed or "max", bars=bars, warm_up=warm_up)
    if state is None and not (data or scenario):
        state = settings.state_directory
    if fresh and state is None:
        raise click.UsageError("--fresh belongs to --state")
    run = DryRun(
        settings=settings, candles=candles, state=state, fresh=fresh, history_bars=warm_up, max_groups=bars
    )
    summary = Summary()
    if not as_json:
        live_report.print_banner(run)
    port = metrics_port if metrics_port is not None else 0 if config_file is None else settings.metrics.port
    try:
        _run(run, summary, port=port, log_format=log_format, log_level=log_level)
    finally:
        if summary.portfolio is not None:
            live_report.print_summary(run, summary, as_json=as_json)


def _settings(config_file: Path | None, *, recorded: bool) -> Settings:
    from spark_stacker.config import load_settings, parse_settings

    if config_file is not None:
        return load_settings(config_file)
    import tomllib

    from spark_stacker.config.starter import STARTER

    starter = tomllib.loads(STARTER)
    if recorded:
        # Its steps and minimums are those of ETH-USD; the file may hold any market.
        del starter["instruments"]
    return parse_settings(starter, source="the starter configuration")


def _candles(
    settings: Settings,
    data: tuple[str, ...],
    scenario: str | None,
    *,
    seed: int,
    speed: float | str,
    bars: int | None,
    warm_up: int | None,
) -> CandleSource:
    from spark_stacker.trading import sources

    history_bars = warm_up if warm_up is not None else settings.live.history_bars
    if scenario:
        return sources.synthetic_candles(
            settings, scenario, seed=seed, bars=bars or SCENARIO_BARS, speed=speed, history_bars=history_bars
        )
    if data:
        pairs = [("", text) if Path(text).exists() else text.rpartition("=")[::2] for text in data]
        files = sources.files_by_market(settings, [p[0] for p in pairs], [Path(p[1]) for p in pairs])
        return sources.recorded_candles(settings, files, speed=speed, history_bars=history_bars)
    return sources.configured_exchanges(settings)


def _run(run: DryRun, summary: Summary, *, port: int, log_format: str, log_level: str | None) -> None:
    import asyncio

    from spark_stacker.config.exchange import SECRETS
    from spark_stacker.logs import configure_logs
    from spark_stacker.metrics import METRICS, MetricsObserver, serve_metrics
    from spark_stacker.trading.clock import SystemClock
    from spark_stacker.trading.dry_run import run_dry_run
    from spark_stacker.trading.log_observer import LogObserver
    from spark_stacker.trading.stopping import StopRequest, stop_on_signals

    settings = run.settings
    secrets = [text for exchange in settings.exchanges for key in SECRETS if (text := exchange.secret(key))]
    configure_logs(log_format, level=log_level or settings.log_level, secrets=secrets)
    metrics = MetricsObserver(
        METRICS,
        exchanges={symbol: connector.name for symbol, connector in run.candles.connectors.items()},
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
            await run_dry_run(run, observer=observe, stop=stop)

    with ExitStack() as stack:
        if settings.metrics.enabled:
            host = settings.metrics.host
            served = stack.enter_context(serve_metrics(METRICS.registry, port=port, host=host))
            log.say("metrics_served", url=f"http://{host}:{served}/metrics")
        asyncio.run(session())
