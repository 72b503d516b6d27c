//! The rules a simulated venue trades by.

use super::Liquidity;
use crate::error::{Error, Result};

/// How far a market order's price moves against it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum SlippageModel {
    /// Not at all.
    #[default]
    None,
    /// A fixed number of basis points.
    Fixed {
        /// Basis points.
        bps: f64,
    },
    /// Uniform between 0 and `max_bps`, drawn from the hash of the seed and the number of the fill in its market.
    Random {
        /// Highest draw, basis points.
        max_bps: f64,
    },
    /// `base_bps` + `coefficient_bps` · (size / bar volume)².
    VolumeShare {
        /// Constant part, basis points.
        base_bps: f64,
        /// Factor of the squared share, basis points.
        coefficient_bps: f64,
        /// Most of the bar's volume that an order may take, a fraction; the rest is cut.
        max_share_fraction: f64,
    },
    /// Half the spread + `coefficient` · volatility · √(size / bar volume).
    SquareRoot {
        /// Whole bid-ask spread, basis points.
        spread_bps: f64,
        /// Dimensionless factor Y.
        coefficient: f64,
        /// Bars over which the volatility of returns is taken.
        volatility_bars: u32,
    },
    /// `factor` times what the market's calibrated model says of the order's notional at its hour.
    Calibrated {
        /// One, or more to see what dearer books would do.
        factor: f64,
    },
}

/// How margin is pooled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MarginMode {
    /// Each position stands for itself.
    #[default]
    Isolated,
    /// The whole account stands for every position.
    Cross,
}

impl MarginMode {
    /// Both modes under their names in configurations.
    pub const NAMES: &[(&str, Self)] = &[("isolated", Self::Isolated), ("cross", Self::Cross)];
}

/// Rules of the simulated venue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VenueRules {
    /// Fee of a maker per notional.
    pub maker_fee_rate: f64,
    /// Fee of a taker per notional.
    pub taker_fee_rate: f64,
    /// Fee of a liquidation per notional.
    pub liquidation_fee_rate: f64,
    /// Spot buys pay their fee in the asset bought.
    pub fee_in_base: bool,
    /// Slippage of market orders and triggered stops.
    pub slippage: SlippageModel,
    /// Margin mode of all positions.
    pub margin_mode: MarginMode,
    /// A limit fills when its price is touched, not only when it is traded through.
    pub fill_on_touch: bool,
    /// Seed of the random slippage.
    pub seed: u64,
}

impl Default for VenueRules {
    fn default() -> Self {
        Self {
            maker_fee_rate: 0.0,
            taker_fee_rate: 0.0,
            liquidation_fee_rate: 0.0,
            fee_in_base: false,
            slippage: SlippageModel::None,
            margin_mode: MarginMode::Isolated,
            fill_on_touch: false,
            seed: 0,
        }
    }
}

impl VenueRules {
    /// Fee per notional of a fill.
    #[must_use]
    pub const fn fee_rate(&self, liquidity: Liquidity) -> f64 {
        match liquidity {
            Liquidity::Maker => self.maker_fee_rate,
            Liquidity::Taker => self.taker_fee_rate,
        }
    }

    /// Checks that every rate and factor is usable. A maker's rate may be a rebate.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the field.
    pub fn check(&self) -> Result<()> {
        if !(self.maker_fee_rate > -1.0 && self.maker_fee_rate < 1.0) {
            let requirement = "between -1 and 1";
            return Err(Error::parameter(
                "maker_fee_rate",
                self.maker_fee_rate,
                requirement,
            ));
        }
        for (name, rate) in [
            ("taker_fee_rate", self.taker_fee_rate),
            ("liquidation_fee_rate", self.liquidation_fee_rate),
        ] {
            if !(0.0..1.0).contains(&rate) {
                return Err(Error::parameter(name, rate, "at least 0 and below 1"));
            }
        }
        self.slippage.check()
    }
}

impl SlippageModel {
    pub(super) fn check(&self) -> Result<()> {
        let fields = match *self {
            Self::None => [None, None],
            Self::Fixed { bps } => [Some(("bps", bps)), None],
            Self::Random { max_bps } => [Some(("max_bps", max_bps)), None],
            Self::Calibrated { factor } => [Some(("factor", factor)), None],
            Self::VolumeShare {
                base_bps,
                coefficient_bps,
                max_share_fraction,
            } => {
                if !(max_share_fraction > 0.0 && max_share_fraction <= 1.0) {
                    let requirement = "above 0 and at most 1";
                    let name = "slippage.max_share_fraction";
                    return Err(Error::parameter(name, max_share_fraction, requirement));
                }
                [
                    Some(("base_bps", base_bps)),
                    Some(("coefficient_bps", coefficient_bps)),
                ]
            }
            Self::SquareRoot {
                spread_bps,
                coefficient,
                volatility_bars,
            } => {
                if volatility_bars < 2 {
                    let name = "slippage.volatility_bars";
                    return Err(Error::parameter(name, volatility_bars, "at least 2"));
                }
                [
                    Some(("spread_bps", spread_bps)),
                    Some(("coefficient", coefficient)),
                ]
            }
        };
        for (name, value) in fields.into_iter().flatten() {
            if !(0.0..10_000.0).contains(&value) {
                let requirement = "at least 0 and below 10000";
                return Err(Error::parameter(
                    format!("slippage.{name}"),
                    value,
                    requirement,
                ));
            }
        }
        Ok(())
    }
}
