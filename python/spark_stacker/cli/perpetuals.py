"""Funding rates and mark candles for the markets of a command: files, or what the catalogue has beside the
candles.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from spark_stacker.data import Catalogue, PerpetualData

__all__ = ["find_perpetuals", "perpetual_options"]

_NONE: Final = "none"


def perpetual_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--funding`` and ``--mark``."""
    for option in (
        click.option(
            "--mark",
            multiple=True,
            metavar="[SYMBOL=]FILE|none",
            help="Mark candles, by default the catalogue's; none leaves them out.",
        ),
        click.option(
            "--funding",
            multiple=True,
            metavar="[SYMBOL=]FILE|none",
            help="Funding rates, by default the catalogue's; none leaves them out.",
        ),
    ):
        command = option(command)
    return command


def find_perpetuals(
    markets: Mapping[str, str],
    *,
    funding: Iterable[str],
    mark: Iterable[str],
    catalogue: Catalogue | None,
    venue: str,
    spot: Collection[str] = (),
) -> dict[str, PerpetualData]:
    """Funding and mark candles of ``markets`` (interval by symbol).

    What the options do not say is looked up in ``catalogue``, if there is one; ``spot`` markets have neither.
    """
    from spark_stacker.data import PerpetualData, catalogued_perpetual, funding_file, mark_file

    rates = _given("funding", funding, markets, spot)
    marks = _given("mark", mark, markets, spot)
    found = {}
    for symbol, interval in markets.items():
        beside = PerpetualData()
        if catalogue is not None and symbol not in spot:
            wanted = {"funding": symbol not in rates, "mark": symbol not in marks}
            beside = catalogued_perpetual(catalogue, venue, symbol, interval, **wanted)
        if (file := rates.get(symbol)) is not None:
            beside = beside.joined(funding_file(file.path, symbol=symbol, any_name=file.is_named))
        if (file := marks.get(symbol)) is not None:
            beside = beside.joined(
                mark_file(file.path, symbol=symbol, interval=interval, any_name=file.is_named)
            )
        found[symbol] = beside
    return found


class _File:
    """A file for a market; ``is_named`` says that the user wrote the market beside it."""

    def __init__(self, path: Path, *, is_named: bool) -> None:
        self.path = path
        self.is_named = is_named


def _given(
    kind: str, options: Iterable[str], markets: Collection[str], spot: Collection[str]
) -> dict[str, _File | None]:
    """Files by market; None where the user wants none."""
    found: dict[str, _File | None] = {}
    for text in options:
        name, _, place = ("", "", text) if Path(text).exists() else text.rpartition("=")
        for symbol in _symbols(kind, name, place, markets):
            if symbol in found:
                raise ParameterError(f"--{kind} was given twice for {symbol}")
            if place != _NONE and symbol in spot:
                raise ParameterError(f"--{kind} is for markets on margin, {symbol} is traded spot")
            found[symbol] = None if place == _NONE else _File(Path(place), is_named=bool(name))
    return found


def _symbols(kind: str, name: str, place: str, markets: Collection[str]) -> list[str]:
    from spark_stacker.data.files import is_same_market, market_in_name

    if not name and (place == _NONE or len(markets) == 1):
        return list(markets)
    named = market_in_name(Path(place), kind)
    wanted = name or (named[0] if named else "")
    if not wanted:
        raise ParameterError(f"--{kind} must say which market {place} is of: --{kind} SYMBOL={place}")
    found = [symbol for symbol in markets if is_same_market(symbol, wanted)]
    if not found:
        raise ParameterError(f"--{kind} must be of a market traded ({', '.join(markets)}), was of {wanted}")
    return found
