"""What a run was made from: everything beside its record that a result shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spark_stacker.backtesting.market import TradedMarket

__all__ = ["RunSetup"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSetup:
    """The inputs of a run.

    ``configuration`` is plain JSON data, enough to repeat the run. ``assumptions`` are sentences on how the
    simulation treated what the inputs leave open.
    """

    initial_balance: float
    quote: str
    markets: tuple[TradedMarket, ...]
    strategies: tuple[str, ...]
    configuration: Mapping[str, object]
    seed: int
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())
