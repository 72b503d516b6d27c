"""``spark-stacker optimise``: searches of a strategy's parameters. One command a way to search."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spark_stacker.cli.candles import candle_options
from spark_stacker.cli.search_place import place_options
from spark_stacker.cli.trial_history import history

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["optimise"]

_DIRECTORY = click.Path(path_type=Path, file_okay=False)

SPACE = """\b
A setting is named by its path: cross.fast_period (a parameter of the indicator cross), stop_loss_pct,
sizing.equity_pct, hedge_ratio, signal_mode; strategy.stop_loss_pct where there are several strategies.
Its values are a list, a range, or a log range:
  --param cross.fast_period=5,10,20      these values
  --param cross.slow_period=20:60:5      from 20 to 60 in steps of 5
  --param stop_loss_pct=none,1,2,3       off, or one of these
  --param sizing.risk_pct=log:0.1:10:5   5 values, each the same multiple of the one before
"""

EPILOG = (
    """\b
Examples:
  spark-stacker optimise grid --config eth.toml --data ETH-USD=eth.parquet --param trend.fast_period=5:20:5
  spark-stacker optimise random --indicator rsi --scenario choppy --param period=5:30 --samples 50
  spark-stacker optimise genetic --config eth.toml --param stop_loss_pct=1:5:0.5 --metric calmar_ratio
  spark-stacker optimise grid --config eth.toml --param stop_loss_pct=1:5:1 --out eth --report eth.html
  spark-stacker optimise walk-forward --config eth.toml --param trend.fast_period=5,10,15 --train 6 --test 2

"""
    + SPACE
)


@click.group(epilog=EPILOG)
def optimise() -> None:
    """Search the parameters of strategies or indicators, and say how far to believe the best."""


def _search_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every search has."""
    for option in reversed(
        (
            click.option(
                "--config",
                "config_file",
                type=click.Path(path_type=Path),
                help="Configuration whose strategies to search.",
            ),
            click.option(
                "--strategy",
                "strategies",
                multiple=True,
                metavar="NAME",
                help="Only this strategy; may be given again.",
            ),
            click.option(
                "--indicator",
                "indicators",
                multiple=True,
                metavar="TYPE",
                help="Trade the signals of this indicator.",
            ),
            click.option(
                "--set",
                "settings_given",
                multiple=True,
                metavar="KEY=VALUE",
                help="Key of the indicators' strategy, such as side=long.",
            ),
            click.option(
                "--param",
                "params",
                multiple=True,
                metavar="PATH=SPEC",
                help="A setting and its values; once for each setting.",
            ),
            click.option(
                "--constraint",
                "constraints",
                multiple=True,
                metavar="TEXT",
                help="Such as 'fast_period < slow_period' or 'total_trades >= 30'.",
            ),
            click.option(
                "--metric",
                default="sharpe_ratio",
                show_default=True,
                help="To improve; weights as 'sharpe_ratio=1,max_drawdown=-2', several as 'a,b'.",
            ),
            candle_options,
            click.option("--start", help="First bar, such as 2024-01-01."),
            click.option("--end", help="First bar left out."),
            click.option(
                "--warm-up",
                type=click.IntRange(min=0),
                default=0,
                show_default=True,
                help="Earlier bars that feed indicators only.",
            ),
            click.option(
                "--allow-partial",
                is_flag=True,
                help="Take what is there when the candles are shorter than asked.",
            ),
            click.option("--initial-balance", type=float, help="Cash at the start, quote currency."),
            click.option("--maker-fee", type=float, help="Fraction of the notional, such as 0.0001."),
            click.option("--taker-fee", type=float, help="Fraction of the notional, such as 0.0005."),
            click.option(
                "--slippage",
                metavar="MODEL",
                help="none, fixed, random, volume_share, square_root or calibrated; fixed,bps=2.",
            ),
            click.option("--leverage", type=float, help="Of the indicators' strategy."),
            click.option(
                "--seed",
                type=click.IntRange(min=0),
                default=0,
                show_default=True,
                help="Of the search, of random slippage and scenarios.",
            ),
            click.option(
                "--threads", type=click.IntRange(min=1), help="Threads.  [default: one a processor]"
            ),
            place_options,
            click.option(
                "--report",
                type=click.Path(path_type=Path, dir_okay=False),
                metavar="PAGE.html",
                help="Write a page that opens offline.",
            ),
            click.option("--json", "as_json", is_flag=True, help="Print JSON for machines."),
        )
    ):
        command = option(command)
    return command


def _kept_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of searches that have one result."""
    for option in reversed(
        (
            click.option("--out", type=_DIRECTORY, help="Keep the search in this directory."),
            click.option("--resume", type=_DIRECTORY, help="Go on with the search in this directory."),
            click.option("--no-honesty", is_flag=True, help="Leave out how likely the best set is luck."),
        )
    ):
        command = option(command)
    return command


@optimise.command(epilog=SPACE)
@_search_options
@_kept_options
def grid(**given: Any) -> None:
    """Try every set."""
    _run("grid", given, {})


@optimise.command("random", epilog=SPACE)
@_search_options
@_kept_options
@click.option("--samples", type=click.IntRange(min=1), default=1_000, show_default=True, help="Sets to draw.")
def random_(*, samples: int, **given: Any) -> None:
    """Try a seeded sample, no set twice."""
    _run("random", given, {"samples": samples})


@optimise.command(epilog=SPACE)
@_search_options
@_kept_options
@click.option("--population", type=click.IntRange(min=2), default=20, show_default=True)
@click.option("--generations", type=click.IntRange(min=1), default=10, show_default=True)
@click.option(
    "--tournament", type=click.IntRange(min=1), default=3, show_default=True, help="Rivals for a parent."
)
@click.option("--crossover", type=click.FloatRange(0, 1), default=0.8, show_default=True, help="Rate.")
@click.option("--mutation", type=click.FloatRange(0, 1), help="Rate.  [default: one setting of each set]")
@click.option("--elite", type=click.IntRange(min=0), default=2, show_default=True, help="Best that live on.")
@click.option(
    "--stagnation", type=click.IntRange(min=1), help="End after so many generations without a better set."
)
def genetic(
    *,
    population: int,
    generations: int,
    tournament: int,
    crossover: float,
    mutation: float | None,
    elite: int,
    stagnation: int | None,
    **given: Any,
) -> None:
    """Breed generations from the best sets."""
    _run(
        "genetic",
        given,
        {
            "population_size": population,
            "generations": generations,
            "tournament_size": tournament,
            "crossover_rate": crossover,
            "mutation_rate": mutation,
            "elite": elite,
            "stagnation": stagnation,
        },
    )


def _proposing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of the searches of Optuna."""
    for option in reversed(
        (
            click.option(
                "--samples", type=click.IntRange(min=1), default=200, show_default=True, help="Sets to try."
            ),
            click.option(
                "--batch", type=click.IntRange(min=1), default=20, show_default=True, help="Sets at a time."
            ),
            click.option(
                "--startup", type=click.IntRange(min=1), default=20, show_default=True, help="Drawn at first."
            ),
        )
    ):
        command = option(command)
    return command


@optimise.command(epilog=SPACE)
@_search_options
@_kept_options
@_proposing_options
def tpe(*, samples: int, batch: int, startup: int, **given: Any) -> None:
    """Propose sets where good ones are dense (TPE; needs the extra [optuna])."""
    _run("tpe", given, {"samples": samples, "batch": batch, "startup": startup})


@optimise.command("cma-es", epilog=SPACE)
@_search_options
@_kept_options
@_proposing_options
def cma_es(*, samples: int, batch: int, startup: int, **given: Any) -> None:
    """Move a normal distribution to the best sets (CMA-ES; needs the extra [optuna])."""
    _run("cma-es", given, {"samples": samples, "batch": batch, "startup": startup})


@optimise.command("walk-forward", epilog=SPACE)
@_search_options
@click.option("--train", type=click.IntRange(min=1), default=6, show_default=True, help="Months.")
@click.option("--test", type=click.IntRange(min=1), default=2, show_default=True, help="Months.")
@click.option(
    "--embargo",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Last bars of a training left out.",
)
@click.option("--anchored", is_flag=True, help="Every training begins at the start.")
def walk_forward(*, train: int, test: int, embargo: int, anchored: bool, **given: Any) -> None:
    """Choose on one window, trade the next, move on."""
    from spark_stacker.cli import optimise_run

    settings = {"train_size": train, "test_size": test, "embargo_bars": embargo, "anchored": anchored}
    optimise_run.walk_forward(optimise_run.Request.of(given), settings)


optimise.add_command(history)


def _run(name: str, given: dict[str, Any], settings: dict[str, Any]) -> None:
    from spark_stacker.cli import optimise_run

    optimise_run.search(optimise_run.Request.of(given), name, settings)
