//! What the value of a parameter may be.

use std::fmt;

/// The value of a parameter as a configuration gives it.
#[derive(Debug, Clone, PartialEq)]
pub enum ParameterValue {
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A switch.
    Bool(bool),
    /// A word.
    Text(String),
}

impl fmt::Display for ParameterValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
        }
    }
}

/// The values that a parameter may take, with its default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Domain {
    /// A count of bars or iterations, from `least` to `most`.
    Whole {
        /// Lowest value allowed.
        least: i64,
        /// Highest value allowed.
        most: i64,
        /// Value when none is given.
        default: i64,
    },
    /// A number strictly between two others.
    Between {
        /// Exclusive lower bound.
        low: f64,
        /// Exclusive upper bound.
        high: f64,
        /// Value when none is given.
        default: f64,
    },
    /// On or off.
    Switch {
        /// Value when none is given.
        default: bool,
    },
    /// One of a list of words; where `numbered`, also by its place in the list, counted from 1.
    Word {
        /// The words.
        words: &'static [&'static str],
        /// Value when none is given.
        default: &'static str,
        /// Whether 1, 2, … stand for the words.
        numbered: bool,
    },
}

impl Domain {
    /// A period in bars: a whole number from `least` to a million.
    #[must_use]
    pub const fn period(least: i64, default: i64) -> Self {
        Self::Whole {
            least,
            most: 1_000_000,
            default,
        }
    }

    /// Value when none is given.
    #[must_use]
    pub fn default_value(&self) -> ParameterValue {
        match *self {
            Self::Whole { default, .. } => ParameterValue::Integer(default),
            Self::Between { default, .. } => ParameterValue::Number(default),
            Self::Switch { default } => ParameterValue::Bool(default),
            Self::Word { default, .. } => ParameterValue::Text(default.to_owned()),
        }
    }

    /// What is allowed, in words that follow "must be".
    #[must_use]
    pub fn requirement(&self) -> String {
        match *self {
            Self::Whole { least, most, .. } => format!("a whole number from {least} to {most}"),
            Self::Between { low, high, .. } => format!("a number above {low} and below {high}"),
            Self::Switch { .. } => "true or false".to_owned(),
            Self::Word {
                words, numbered, ..
            } => {
                let listed = words.join(", ");
                if numbered {
                    format!("one of {listed}, or 1 to {}", words.len())
                } else {
                    format!("one of {listed}")
                }
            }
        }
    }

    /// The value in its one canonical form, or `None` when it is not allowed.
    pub(super) fn accept(&self, value: &ParameterValue) -> Option<ParameterValue> {
        match (*self, value) {
            (Self::Whole { least, most, .. }, value) => {
                let whole = as_whole(value)?;
                (least..=most)
                    .contains(&whole)
                    .then_some(ParameterValue::Integer(whole))
            }
            (Self::Between { low, high, .. }, value) => {
                let number = as_number(value)?;
                (low < number && number < high).then_some(ParameterValue::Number(number))
            }
            (Self::Switch { .. }, ParameterValue::Bool(_)) => Some(value.clone()),
            (Self::Word { words, .. }, ParameterValue::Text(text)) => words
                .iter()
                .find(|word| word.eq_ignore_ascii_case(text))
                .map(|word| ParameterValue::Text((*word).to_owned())),
            (
                Self::Word {
                    words,
                    numbered: true,
                    ..
                },
                value,
            ) => {
                let place = usize::try_from(as_whole(value)?).ok()?.checked_sub(1)?;
                words
                    .get(place)
                    .map(|word| ParameterValue::Text((*word).to_owned()))
            }
            _ => None,
        }
    }
}

/// 14 and 14.0, but neither true nor "14".
fn as_whole(value: &ParameterValue) -> Option<i64> {
    match *value {
        ParameterValue::Integer(whole) => Some(whole),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "no fraction, and bounded by the comparison"
        )]
        ParameterValue::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
            Some(number as i64)
        }
        _ => None,
    }
}

/// 2 and 2.5, but neither true nor "2".
pub(super) fn as_number(value: &ParameterValue) -> Option<f64> {
    match *value {
        ParameterValue::Integer(whole) => Some(whole as f64),
        ParameterValue::Number(number) => Some(number),
        _ => None,
    }
}
