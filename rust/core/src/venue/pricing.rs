//! What an execution costs: price, slippage, fee, and how much may fill at it.

use super::execute::Point;
use super::live_order::LiveOrder;
use super::slippage::{Taking, against};
use super::{Liquidity, MarketId, Quantity, SlippageModel, Venue};

/// How an execution is priced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Pricing {
    /// At the point, moved against the order; a taker.
    Slipped,
    /// At the point, as the order's own liquidity.
    Limit,
    /// At the point, as a taker, up to what is shown there.
    Shown { available: f64 },
    /// At the point, as a maker, up to what has come through the queue.
    Queued { available: f64 },
    /// At the point, with the fee of a liquidation.
    Liquidation,
}

impl Pricing {
    /// Base units that may fill, where the book bounds them: one order then fills in pieces.
    pub(super) const fn available(self) -> Option<f64> {
        match self {
            Self::Shown { available } | Self::Queued { available } => Some(available),
            Self::Slipped | Self::Limit | Self::Liquidation => None,
        }
    }
}

/// Price and cost of one execution.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quote {
    pub price: f64,
    pub fee_rate: f64,
    pub liquidity: Liquidity,
    /// One of several pieces: minima bound the order, not the piece.
    pub is_piece: bool,
}

impl Venue {
    /// Price after slippage and the units that the order asks for at it.
    pub(super) fn price(
        &self,
        order: &LiveOrder,
        point: Point,
        pricing: Pricing,
        reducible: f64,
    ) -> (Quote, f64) {
        let request = &order.request;
        let (liquidity, fee_rate) = match pricing {
            Pricing::Slipped | Pricing::Shown { .. } => {
                (Liquidity::Taker, self.rules.taker_fee_rate)
            }
            Pricing::Limit | Pricing::Queued { .. } => {
                (order.liquidity, self.rules.fee_rate(order.liquidity))
            }
            Pricing::Liquidation => (Liquidity::Taker, self.rules.liquidation_fee_rate),
        };
        let units = |price: f64| match request.quantity {
            Quantity::Base(units) => units,
            Quantity::Position => reducible,
            Quantity::Quote(value) if request.reduce_only || self.pays_in_base(request) => {
                value / price
            }
            Quantity::Quote(value) => value / (price * (1.0 + request.leverage * fee_rate)),
        };
        let mut price = point.price;
        if pricing == Pricing::Slipped && self.rules.slippage != SlippageModel::None {
            let state = self.state(point.market);
            let quantity = units(price).min(self.volume_left(point.market));
            let taking = Taking {
                number: state.fills_taken,
                seed: self.rules.seed,
                quantity,
                notional: quantity * price,
                time_ns: point.time_ns,
                bar_volume: state.bar_volume,
                impact: state.instrument.impact.as_deref(),
            };
            let model = &self.rules.slippage;
            let fraction = model.fraction(&taking, || state.volatility.value());
            price = against(request.side, price, fraction);
        }
        let quote = Quote {
            price,
            fee_rate,
            liquidity,
            is_piece: pricing.available().is_some(),
        };
        (quote, units(price))
    }

    /// Units that market orders may still take from this bar.
    pub(super) fn volume_left(&self, market: MarketId) -> f64 {
        match self.rules.slippage {
            SlippageModel::VolumeShare {
                max_share_fraction, ..
            } if self.state(market).ticks.is_none() => {
                let state = self.state(market);
                (max_share_fraction * state.bar_volume - state.volume_taken).max(0.0)
            }
            _ => f64::INFINITY,
        }
    }
}
