"""The candles that a command works on: files, a directory of CSV files, the catalogue, or a synthetic
scenario.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spark_stacker.cli.perpetuals import perpetual_options
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import polars as pl

    from spark_stacker.data import DataManager

__all__ = ["Candles", "Choice", "candle_options", "find_candles"]

_SOURCE = "candles"
_SCENARIO_BARS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the options say."""

    data: tuple[str, ...]
    symbol: str | None
    interval: str | None
    venue: str
    root: Path | None
    scenario: str | None
    bars: int | None
    seed: int
    funding: tuple[str, ...] = ()
    mark: tuple[str, ...] = ()

    @property
    def is_of_catalogue(self) -> bool:
        """Whether the candles come from the catalogue."""
        return self.scenario is None and not self.data


@dataclass(frozen=True, slots=True)
class Candles:
    """A manager whose one source has the candles. ``intervals`` are those of files, by symbol.

    ``notes`` say how files were understood, ``warnings`` which candles are made up.
    """

    manager: DataManager
    intervals: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def candle_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a `Choice`."""
    for option in (
        click.option(
            "--bars",
            type=click.IntRange(min=2),
            help=f"Bars of the scenario.  [default: {_SCENARIO_BARS}]",
        ),
        click.option("--scenario", help="Synthetic candles instead: bull, bear, sideways, choppy, …"),
        click.option(
            "--root",
            type=click.Path(path_type=Path),
            envvar="SPARK_STACKER_DATA",
            show_envvar=True,
            help="Directory of the catalogue.",
        ),
        click.option("--venue", default="local", show_default=True, help="Venue in the catalogue."),
        click.option("--interval", help="Interval of the candles, such as 1h."),
        click.option("--symbol", help="Market, such as ETH-USD."),
        click.option(
            "--data",
            multiple=True,
            metavar="[SYMBOL=]FILE",
            help="File of candles, once for each market, or a directory of {symbol}_{interval}.csv.",
        ),
    ):
        command = option(command)
    return perpetual_options(command)


def find_candles(choice: Choice, markets: Sequence[str]) -> Candles:
    """The candles for ``markets``; without any, those of the option or the file's name."""
    from spark_stacker.data import CSVDataSource, DataManager, FrameDataSource, ParquetDataSource

    manager = DataManager()
    frames: dict[tuple[str, str], pl.DataFrame] = {}
    notes: list[str] = []
    warnings: list[str] = []
    if choice.scenario is None and choice.bars is not None:
        raise click.UsageError("--bars is the length of a --scenario; recorded candles are all taken")
    if choice.scenario is not None:
        if choice.data:
            raise click.UsageError("--data and --scenario exclude each other")
        _synthesise(choice, markets, frames, warnings)
    elif choice.data and Path(choice.data[0]).is_dir():
        if len(choice.data) > 1:
            raise click.UsageError("--data takes one directory, or files")
        manager.register_source(_SOURCE, CSVDataSource(choice.data[0]))
        return Candles(manager)
    elif choice.data:
        for given in choice.data:
            notes.extend(_read(given, choice, markets, frames, warnings))
    else:
        manager.register_source(_SOURCE, ParquetDataSource(choice.root, venue=choice.venue))
        return Candles(manager)
    manager.register_source(_SOURCE, FrameDataSource(frames))
    return Candles(manager, dict(list(frames)), tuple(notes), tuple(warnings))


def _read(
    given: str,
    choice: Choice,
    markets: Sequence[str],
    frames: dict[tuple[str, str], pl.DataFrame],
    warnings: list[str],
) -> list[str]:
    from spark_stacker.config import parse_symbol
    from spark_stacker.data import read_market_file
    from spark_stacker.data.files import other_market_in_name
    from spark_stacker.data.scenarios import made_up

    symbol, _, name = given.rpartition("=")
    path = Path(name)
    if not symbol:
        only = markets[0] if len(markets) == 1 and len(choice.data) == 1 else None
        symbol = choice.symbol or only or ""
    market = str(parse_symbol(symbol)) if symbol else _market_in_name(path)
    file = read_market_file(path, kind="candles", interval=choice.interval)
    if any(taken == market for taken, _ in frames):
        raise ParameterError(f"--data was given twice for {market}")
    frames[market, file.interval] = file.frame
    if file.synthetic:
        warnings.append(made_up(market, file.synthetic))
    if other := other_market_in_name(market, path):
        warnings.append(other)
    return [f"{path}: {note}" for note in file.notes]


def _market_in_name(path: Path) -> str:
    from spark_stacker.config import parse_symbol
    from spark_stacker.data.files import market_in_name

    named = market_in_name(path)
    with contextlib.suppress(ParameterError):
        if named:
            return str(parse_symbol(named[0]))
    raise ParameterError(f"--data must say which market {path} is of: --data ETH-USD={path}")


def _synthesise(
    choice: Choice,
    markets: Sequence[str],
    frames: dict[tuple[str, str], pl.DataFrame],
    warnings: list[str],
) -> None:
    from spark_stacker.data import synthesise
    from spark_stacker.data.scenarios import made_up

    scenario, interval = str(choice.scenario), choice.interval or "1h"
    for offset, market in enumerate(markets or [choice.symbol]):
        made = synthesise(
            scenario, interval=interval, bars=choice.bars or _SCENARIO_BARS, seed=choice.seed + offset
        )
        frames[market or made.symbol, interval] = made.frame
        warnings.append(made_up(market or made.symbol, scenario))
