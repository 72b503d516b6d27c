//! The specification of a market: how it is margined, its steps and limits.

use std::sync::Arc;

use super::impact::ImpactModel;
use crate::error::{Error, Result};

/// How positions in a market are carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MarketType {
    /// Futures and perpetuals: margin, shorts, leverage.
    #[default]
    Margin,
    /// Assets against cash: no shorting, nothing beyond the free balance.
    Spot,
}

/// Maintenance margin from a notional on: `rate` × notional − `deduction`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarginTier {
    /// Lowest notional of the tier, in quote currency.
    pub min_notional: f64,
    /// Maintenance margin per notional.
    pub maintenance_rate: f64,
    /// Subtracted so that the margin is continuous between tiers.
    pub deduction: f64,
    /// Highest leverage allowed in the tier.
    pub max_leverage: f64,
}

/// What a venue demands of orders in one market. `None` means unspecified: no rounding, no minimum, no tier.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Instrument {
    /// Margin or spot.
    pub market_type: MarketType,
    /// Smallest price step.
    pub tick_size: Option<f64>,
    /// Smallest quantity step, in base units.
    pub lot_size: Option<f64>,
    /// Smallest order, in base units.
    pub min_quantity: Option<f64>,
    /// Smallest order value, in quote currency.
    pub min_notional: Option<f64>,
    /// Tiers by rising `min_notional`, the first from zero; empty means no maintenance margin is demanded beyond zero.
    pub margin_tiers: Vec<MarginTier>,
    /// What taking from it costs, where that has been calibrated.
    pub impact: Option<Arc<ImpactModel>>,
}

impl Instrument {
    /// Checks that every step, minimum and tier is usable.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field.
    pub fn check(&self) -> Result<()> {
        let fields = [
            ("tick_size", self.tick_size),
            ("lot_size", self.lot_size),
            ("min_quantity", self.min_quantity),
            ("min_notional", self.min_notional),
        ];
        for (field, value) in fields {
            if let Some(value) = value
                && !(value.is_finite() && value > 0.0)
            {
                return Err(Error::parameter(field, value, "finite and positive"));
            }
        }
        let mut floor = None;
        for (index, tier) in self.margin_tiers.iter().enumerate() {
            let place = |field: &str| format!("margin_tiers[{index}].{field}");
            let rising = floor.map_or(tier.min_notional == 0.0, |floor| tier.min_notional > floor);
            if !(tier.min_notional.is_finite() && rising) {
                return Err(Error::parameter(
                    place("min_notional"),
                    tier.min_notional,
                    "rising from 0",
                ));
            }
            if !(0.0..1.0).contains(&tier.maintenance_rate) {
                return Err(Error::parameter(
                    place("maintenance_rate"),
                    tier.maintenance_rate,
                    "at least 0 and below 1",
                ));
            }
            if !(tier.deduction.is_finite() && tier.deduction >= 0.0) {
                return Err(Error::parameter(
                    place("deduction"),
                    tier.deduction,
                    "finite and not negative",
                ));
            }
            if !(tier.max_leverage.is_finite() && tier.max_leverage >= 1.0) {
                return Err(Error::parameter(
                    place("max_leverage"),
                    tier.max_leverage,
                    "at least 1",
                ));
            }
            floor = Some(tier.min_notional);
        }
        Ok(())
    }

    /// The tier that a notional falls in, if any is specified.
    #[must_use]
    pub fn tier(&self, notional: f64) -> Option<&MarginTier> {
        self.margin_tiers
            .iter()
            .rev()
            .find(|tier| notional >= tier.min_notional)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tier(min_notional: f64) -> MarginTier {
        MarginTier {
            min_notional,
            maintenance_rate: 0.005,
            deduction: 0.0,
            max_leverage: 50.0,
        }
    }

    #[test]
    fn notional_on_a_tier_edge_belongs_to_the_higher_tier() {
        let instrument = Instrument {
            margin_tiers: vec![tier(0.0), tier(1000.0)],
            ..Instrument::default()
        };
        assert_eq!(instrument.tier(999.0).unwrap().min_notional, 0.0);
        assert_eq!(instrument.tier(1000.0).unwrap().min_notional, 1000.0);
    }

    #[test]
    fn a_bad_field_is_named() {
        let instrument = Instrument {
            lot_size: Some(0.0),
            ..Instrument::default()
        };
        let message = instrument.check().unwrap_err().to_string();
        assert_eq!(message, "lot_size must be finite and positive, was 0");
        let instrument = Instrument {
            margin_tiers: vec![tier(5.0)],
            ..Instrument::default()
        };
        let message = instrument.check().unwrap_err().to_string();
        assert!(
            message.starts_with("margin_tiers[0].min_notional"),
            "{message}"
        );
    }
}
