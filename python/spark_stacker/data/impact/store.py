"""Models in the catalogue, beside the events that they were calibrated on; which one a backtest takes.

::

    root/venue=binance/symbol=BTC%2FUSDT/slippage.json
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spark_stacker.config.simulation import CalibratedSlippage
from spark_stacker.data.files import file_name, is_same_market, symbol_of
from spark_stacker.data.impact.model import ImpactModel, read_model, write_model
from spark_stacker.data.places import default_root, locked
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spark_stacker.config import Settings

__all__ = ["ImpactCatalogue", "impact_plans", "in_catalogue"]


class ImpactCatalogue:
    """Calibrated models under one directory; ``root`` None is that of the catalogue."""

    def __init__(self, root: str | Path | None = None) -> None:
        self.root = default_root() if root is None else Path(root)

    def path(self, venue: str, symbol: str) -> Path:
        """The file of a market's model, there or not."""
        return self.root / f"venue={file_name(venue)}" / f"symbol={file_name(symbol)}" / "slippage.json"

    def list(self) -> list[tuple[str, str]]:
        """Venue and symbol of every model, sorted."""
        places = sorted(path.parent for path in self.root.glob("venue=*/symbol=*/slippage.json"))
        return [(symbol_of(place.parent.name[6:]), symbol_of(place.name[7:])) for place in places]

    def save(self, model: ImpactModel) -> Path:
        """Keeps a model in the place of the one before; returns its path."""
        with locked(self.root):
            return write_model(model, self.path(model.venue, model.symbol))

    def find(self, symbol: str, venue: str | None = None) -> ImpactModel:
        """The model of a market, however its symbol is written. Raises `DataError` for none, or one of
        several venues.
        """
        there = self.list()
        found = [(at, name) for at, name in there if is_same_market(name, symbol) and venue in {None, at}]
        if len(found) == 1:
            return read_model(self.path(*found[0]))
        if not found:
            of = ", ".join(f"{at} {name}" for at, name in there)
            others = f"there is that of {of}" if of else "there is none of any market"
            wanted = symbol if venue is None else f"{venue} {symbol}"
            raise DataError(
                f"no calibrated slippage of {wanted} in {self.root}; {others}; "
                "spark-stacker slippage calibrate makes it"
            )
        named = ", ".join(f"{at} {name}" for at, name in found)
        raise DataError(
            f"{len(found)} calibrated models of {symbol} in {self.root}: {named}; expected one, or the venue "
            "named beside model"
        )


def impact_plans(settings: Settings, symbols: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The core's form of the models that calibrated slippage needs, by symbol; nothing for other models.

    Raises `DataError` for a model that is missing, damaged or of another market.
    """
    slippage = settings.simulation.slippage
    if not isinstance(slippage, CalibratedSlippage):
        return {}
    return {symbol: _model(slippage, symbol).plan() for symbol in symbols}


def in_catalogue(settings: Settings, root: Path | None) -> Settings:
    """The settings with calibrated slippage from the catalogue at ``root``, unless they name another."""
    slippage = settings.simulation.slippage
    if not isinstance(slippage, CalibratedSlippage) or root is None or slippage.root or slippage.path:
        return settings
    rooted = slippage.model_copy(update={"root": root})
    simulation = settings.simulation.model_copy(update={"slippage": rooted})
    return settings.model_copy(update={"simulation": simulation})


def _model(slippage: CalibratedSlippage, symbol: str) -> ImpactModel:
    if slippage.path is None:
        return ImpactCatalogue(slippage.root).find(symbol, slippage.venue)
    if slippage.venue is not None or slippage.root is not None:
        raise ParameterError(
            "slippage.path names a file of its own; venue and root belong to models of the catalogue"
        )
    model = read_model(slippage.path)
    if not is_same_market(model.symbol, symbol):
        raise DataError(f"{slippage.path}: is of {model.symbol}; expected the model of {symbol}")
    return model
