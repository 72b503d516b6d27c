//! What an axis varies, and over which values, as it is given.

use super::setting::AxisValue;

/// Which setting of a portfolio an axis varies. Settings have the names of the plan's keys, those within another joined by a point: `stop_loss_pct`, `sizing.equity_pct`, `hedge.ratio`, `venue.taker_fee_rate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A parameter of the type of an indicator.
    Parameter {
        /// Strategy.
        strategy: usize,
        /// Its indicator.
        indicator: usize,
        /// Name of the parameter or one of its aliases.
        name: String,
    },
    /// What a strategy makes of an indicator: `weight`, `signal_ttl`, `timeframe_ns`.
    Indicator {
        /// Strategy.
        strategy: usize,
        /// Its indicator.
        indicator: usize,
        /// Name of the setting.
        setting: String,
    },
    /// A setting of a strategy.
    Strategy {
        /// Strategy.
        strategy: usize,
        /// Name of the setting.
        setting: String,
    },
    /// A setting of the account or its venue.
    Account {
        /// Name of the setting.
        setting: String,
    },
}

impl Target {
    /// The place in the plan, for errors.
    pub(super) fn path(&self) -> String {
        match self {
            Self::Parameter {
                strategy,
                indicator,
                name,
            } => format!("strategies[{strategy}].indicators[{indicator}].parameters.{name}"),
            Self::Indicator {
                strategy,
                indicator,
                setting,
            } => format!("strategies[{strategy}].indicators[{indicator}].{setting}"),
            Self::Strategy { strategy, setting } => format!("strategies[{strategy}].{setting}"),
            Self::Account { setting } => setting.clone(),
        }
    }
}

/// A setting and its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Which setting varies.
    pub target: Target,
    /// Its values; a digit is an index into them.
    pub values: Vec<AxisValue>,
}
