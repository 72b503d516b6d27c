//! The catalogue of indicator types: the one source of their names, parameters, defaults, columns and flags.

use super::parameters::ParameterInfo;
use super::types;
use crate::error::{Error, Result};
use crate::signals::{Direction, Signal, Trigger};

/// An indicator type as users meet it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IndicatorInfo {
    /// Name of the type in configurations.
    pub kind: &'static str,
    /// One sentence.
    pub description: &'static str,
    /// Its parameters.
    pub parameters: &'static [ParameterInfo],
    /// Columns of values that it adds to a frame.
    pub columns: &'static [&'static str],
    /// Columns that follow them: whether the bar gave a signal of that kind.
    pub flags: &'static [Flag],
}

/// A column that is 1 on bars with a certain signal and 0 elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag {
    /// Name in the frame.
    pub name: &'static str,
    /// What set the signal off.
    pub trigger: Trigger,
    /// Which way it points.
    pub direction: Direction,
}

impl Flag {
    /// The flag of buying signals of this trigger.
    pub(super) const fn buy(name: &'static str, trigger: Trigger) -> Self {
        Self {
            name,
            trigger,
            direction: Direction::Buy,
        }
    }

    /// The flag of selling signals of this trigger.
    pub(super) const fn sell(name: &'static str, trigger: Trigger) -> Self {
        Self {
            name,
            trigger,
            direction: Direction::Sell,
        }
    }

    /// Whether the signal is of this kind.
    pub(super) fn marks(&self, signal: &Signal) -> bool {
        self.trigger == signal.trigger && self.direction == signal.direction
    }
}

/// Every type that [`super::IndicatorSpec::from_parameters`] knows.
///
/// ```
/// use spark_stacker_core::indicators::catalog;
/// assert!(catalog().iter().any(|info| info.kind == "rsi" && info.columns == ["rsi"]));
/// ```
#[must_use]
pub const fn catalog() -> &'static [IndicatorInfo] {
    &[
        types::rsi::INFO,
        types::macd::INFO,
        types::bollinger::INFO,
        types::ma::INFO,
        types::adaptive_supertrend::INFO,
        types::adaptive_trend_finder::INFO,
        types::ultimate_ma::INFO,
    ]
}

/// The entry of a type.
///
/// # Errors
/// An unknown type, with a suggestion.
pub fn describe(kind: &str) -> Result<&'static IndicatorInfo> {
    catalog()
        .iter()
        .find(|info| info.kind == kind)
        .ok_or_else(|| Error::unknown("indicator", kind, catalog().iter().map(|info| info.kind)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_lower_case() {
        let mut columns = HashSet::new();
        for info in catalog() {
            let flags = info.flags.iter().map(|flag| flag.name);
            for name in info.columns.iter().copied().chain(flags) {
                assert!(columns.insert(name), "{name} appears twice");
                assert_eq!(name, name.to_lowercase());
            }
            let mut parameters = HashSet::new();
            for parameter in info.parameters {
                for name in std::iter::once(&parameter.name).chain(parameter.aliases) {
                    assert!(parameters.insert(*name), "{}: {name} twice", info.kind);
                }
            }
        }
    }

    #[test]
    fn an_unknown_type_is_answered_with_the_closest_one() {
        let message = describe("bolinger").unwrap_err().to_string();
        assert!(message.contains("did you mean \"bollinger\"?"), "{message}");
    }
}
