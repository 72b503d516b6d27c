"""Published fee schedules of venues, as of the date beside each.

Rates are fractions of the notional of a fill. Venues change their schedules and grant discounts that are not
modelled (Coinbase shows its full schedule only after signing in): give ``simulation.maker_fee`` and
``simulation.taker_fee`` to use your own.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["FALLBACK_FEES", "FEE_SCHEDULES", "FeeRates", "FeeSchedule"]


class FeeRates(NamedTuple):
    """Rates of a maker and of a taker, fractions of the notional."""

    maker: float
    taker: float


class FeeSchedule(NamedTuple):
    """Rates by tier, the base tier first, with source and date."""

    tiers: dict[str, FeeRates]
    source: str
    as_of: str

    @property
    def base_tier(self) -> str:
        """The tier of a new account."""
        return next(iter(self.tiers))


FEE_SCHEDULES = {
    "hyperliquid": FeeSchedule(
        tiers={
            "perps_0": FeeRates(maker=0.000_15, taker=0.000_45),
            "perps_1": FeeRates(maker=0.000_12, taker=0.000_40),
            "perps_2": FeeRates(maker=0.000_08, taker=0.000_35),
            "spot_0": FeeRates(maker=0.000_40, taker=0.000_70),
        },
        source="hyperliquid.gitbook.io/hyperliquid-docs/trading/fees",
        as_of="2025-07",
    ),
    "coinbase": FeeSchedule(
        tiers={
            "intro_1": FeeRates(maker=0.006, taker=0.012),
            "intro_2": FeeRates(maker=0.0035, taker=0.0075),
            "advanced_1": FeeRates(maker=0.0025, taker=0.0040),
        },
        source="help.coinbase.com/en/coinbase/trading-and-funding/advanced-trade/advanced-trade-fees",
        as_of="2025-07",
    ),
    "kraken": FeeSchedule(
        tiers={
            "spot_0": FeeRates(maker=0.0025, taker=0.0040),
            "spot_1": FeeRates(maker=0.0020, taker=0.0035),
            "futures_0": FeeRates(maker=0.0002, taker=0.0005),
        },
        source="kraken.com/features/fee-schedule; futures: support.kraken.com, article 360048917612",
        as_of="2025-07",
    ),
}

FALLBACK_FEES = FeeRates(maker=0.0001, taker=0.0005)
"""For candles of no known venue."""
