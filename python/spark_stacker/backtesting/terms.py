"""The terms on which a simulated venue trades: fees, slippage, margin, the market's specification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from spark_stacker.config import InstrumentSettings, parse_settings
from spark_stacker.config.plan import venue_plan
from spark_stacker.data.impact import impact_plans
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from spark_stacker.config import Settings

__all__ = ["Slippage", "VenueTerms"]

Slippage: TypeAlias = "str | Mapping[str, object] | BaseModel"
"""A model's name with its default numbers, or a model with its own: ``{"model": "fixed", "bps": 2}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueTerms:
    """Fees are fractions of the notional. Checked when a plan is made of them."""

    maker_fee: float = 0.0001
    taker_fee: float = 0.0005
    liquidation_fee: float = 0.005
    slippage: Slippage = "none"
    margin_mode: str = "isolated"
    fee_in_base: bool = False
    fill_on_touch: bool = False
    seed: int = 0
    instrument: InstrumentSettings | Mapping[str, object] | None = None

    def with_market(
        self,
        *,
        market_type: str | None,
        instrument: InstrumentSettings | Mapping[str, object] | None,
        seed: int | None,
    ) -> VenueTerms:
        """The same terms for a market of that type and specification, and with that seed."""
        if market_type is not None:
            given = {} if instrument is None else _values(instrument)
            instrument = {**given, "market_type": str(market_type)}
        return replace(
            self,
            instrument=self.instrument if instrument is None else instrument,
            seed=self.seed if seed is None else seed,
        )

    def settings(self, symbol: str | None, balance: float, **others: object) -> Settings:
        """Checked settings with these terms; ``others`` are further keys of a configuration."""
        if not isinstance(self.slippage, (str, Mapping)) and not hasattr(self.slippage, "model_dump"):
            raise ParameterError(f"slippage_model must be a name or a mapping, was {self.slippage!r}")
        slippage = {"model": self.slippage} if isinstance(self.slippage, str) else _values(self.slippage)
        has_instrument = symbol is not None and self.instrument is not None
        return parse_settings(
            {
                "initial_balance": balance,
                "simulation": {
                    "maker_fee": self.maker_fee,
                    "taker_fee": self.taker_fee,
                    "liquidation_fee": self.liquidation_fee,
                    "slippage": slippage,
                    "margin_mode": self.margin_mode,
                    "fee_in_base": self.fee_in_base,
                    "fill_on_touch": self.fill_on_touch,
                    "seed": self.seed,
                },
                "instruments": {symbol: _values(self.instrument)} if has_instrument else {},  # type: ignore[arg-type]
                **others,
            },
            source="backtest",
        )

    def plan(self, symbol: str, interval_ns: int, balance: float) -> dict[str, Any]:
        """The plan of a venue with one market and no strategy."""
        settings = self.settings(symbol, balance)
        impact = impact_plans(settings, [symbol]).get(symbol)
        return venue_plan(settings, symbol=symbol, interval_ns=interval_ns, impact=impact)


def _values(model: BaseModel | Mapping[str, object]) -> dict[str, object]:
    return dict(model) if isinstance(model, Mapping) else model.model_dump(exclude_none=True)
