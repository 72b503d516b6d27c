//! Maintenance margin by tier, and the price at which a position is liquidated.

use super::Side;
use crate::market::MarginTier;

/// Maintenance margin of a notional: rate · notional − deduction of its tier; zero without tiers.
///
/// Example: with tiers 0.5 % from 0 and 1 % − 50 from 10,000, a notional of 20,000 asks 150.
#[must_use]
pub fn maintenance_margin(tiers: &[MarginTier], notional: f64) -> f64 {
    tier(tiers, notional).map_or(0.0, |tier| {
        (tier.maintenance_rate * notional - tier.deduction).max(0.0)
    })
}

pub(super) fn tier(tiers: &[MarginTier], notional: f64) -> Option<&MarginTier> {
    tiers
        .iter()
        .rev()
        .find(|tier| notional >= tier.min_notional)
}

/// A position as the liquidation price sees it.
///
/// ```
/// use spark_stacker_core::venue::{Margined, Side};
///
/// let long = Margined { side: Side::Buy, quantity: 1.0, entry_price: 100.0, margin: 5.0 };
/// assert_eq!(long.liquidation_price(&[]), Some(95.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Margined {
    /// `Buy` for a long, `Sell` for a short.
    pub side: Side,
    /// Base units, positive.
    pub quantity: f64,
    /// Average entry price.
    pub entry_price: f64,
    /// Margin that stands behind it, quote currency.
    pub margin: f64,
}

impl Margined {
    /// Price beyond which margin + unrealised profit falls below the maintenance margin; `None` when no positive price does that.
    ///
    /// With quantity q, entry E, margin M, rate m and deduction d of the tier that holds at that price:
    /// long P = (qE − M − d) / (q(1 − m)), short P = (qE + M + d) / (q(1 + m)).
    #[must_use]
    pub fn liquidation_price(&self, tiers: &[MarginTier]) -> Option<f64> {
        let price = if tiers.len() < 2 {
            let (rate, deduction) = tiers
                .first()
                .map_or((0.0, 0.0), |tier| (tier.maintenance_rate, tier.deduction));
            self.price_in(rate, deduction)
        } else {
            self.price_over(tiers)
        };
        (price > 0.0).then_some(price)
    }

    /// The tier whose own notional range holds the price that it gives; else that of the entry's notional.
    fn price_over(&self, tiers: &[MarginTier]) -> f64 {
        for (index, tier) in tiers.iter().enumerate() {
            let price = self.price_in(tier.maintenance_rate, tier.deduction);
            let notional = self.quantity * price;
            let ceiling = tiers
                .get(index + 1)
                .map_or(f64::INFINITY, |next| next.min_notional);
            if notional >= tier.min_notional && notional < ceiling {
                return price;
            }
        }
        let entry = tier(tiers, self.quantity * self.entry_price);
        entry.map_or(0.0, |tier| {
            self.price_in(tier.maintenance_rate, tier.deduction)
        })
    }

    fn price_in(&self, rate: f64, deduction: f64) -> f64 {
        let cost = self.quantity * self.entry_price;
        match self.side {
            Side::Buy => (cost - self.margin - deduction) / (self.quantity * (1.0 - rate)),
            Side::Sell => (cost + self.margin + deduction) / (self.quantity * (1.0 + rate)),
        }
    }
}
