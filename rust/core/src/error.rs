//! The one error of the core: what was wrong, where, its value, and what was expected.

use std::fmt;

use thiserror::Error;

/// Result of a core call.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that a caller of the core can get wrong.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Error {
    /// A parameter outside its allowed values.
    #[error("{parameter} must be {requirement}, was {value}")]
    Parameter {
        /// Name of the parameter as the caller wrote it.
        parameter: String,
        /// The value given.
        value: String,
        /// What is allowed.
        requirement: String,
    },
    /// A name that does not exist where one was looked up.
    #[error("unknown {kind} {name:?}{}; known: {}", suggestion(.name, .known), .known.join(", "))]
    Unknown {
        /// What was looked up: "indicator", "parameter of rsi".
        kind: String,
        /// The name given.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// A value in a column that breaks a rule of the data.
    #[error("column {column}, row {row}: {requirement}, was {value}")]
    Data {
        /// Column name.
        column: String,
        /// Zero-based row.
        row: usize,
        /// The value found.
        value: String,
        /// What the data must satisfy.
        requirement: String,
    },
    /// Columns whose lengths differ.
    #[error("column {column} has {length} rows, expected {expected}")]
    Length {
        /// Column name.
        column: String,
        /// Rows found.
        length: usize,
        /// Rows expected.
        expected: usize,
    },
}

impl Error {
    /// Shorthand for [`Error::Parameter`].
    pub fn parameter(
        parameter: impl Into<String>,
        value: impl fmt::Display,
        requirement: impl Into<String>,
    ) -> Self {
        Self::Parameter {
            parameter: parameter.into(),
            value: value.to_string(),
            requirement: requirement.into(),
        }
    }

    /// The same error with `path` in front of the parameter that it names.
    #[must_use]
    pub fn within(self, path: &str) -> Self {
        match self {
            Self::Parameter {
                parameter,
                value,
                requirement,
            } => Self::Parameter {
                parameter: format!("{path}.{parameter}"),
                value,
                requirement,
            },
            other => other,
        }
    }

    /// Shorthand for [`Error::Unknown`].
    pub fn unknown<'a>(
        kind: impl Into<String>,
        name: impl Into<String>,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self::Unknown {
            kind: kind.into(),
            name: name.into(),
            known: known.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Shorthand for [`Error::Data`].
    pub fn data(
        column: impl Into<String>,
        row: usize,
        value: impl fmt::Display,
        requirement: impl Into<String>,
    ) -> Self {
        Self::Data {
            column: column.into(),
            row,
            value: value.to_string(),
            requirement: requirement.into(),
        }
    }
}

/// The closest known name, as " (did you mean …?)", or nothing when none is close.
fn suggestion(name: &str, known: &[String]) -> String {
    let limit = (name.chars().count() / 3).max(2);
    known
        .iter()
        .map(|candidate| (edit_distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map_or_else(String::new, |(_, candidate)| {
            format!(" (did you mean {candidate:?}?)")
        })
}

/// Levenshtein distance, row by row.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_error_names_parameter_value_and_requirement() {
        let error = Error::parameter("period", 1, "at least 2");
        assert_eq!(error.to_string(), "period must be at least 2, was 1");
    }

    #[test]
    fn unknown_name_gets_the_closest_known_one() {
        let error = Error::unknown("indicator", "rsii", ["macd", "rsi"]);
        assert_eq!(
            error.to_string(),
            "unknown indicator \"rsii\" (did you mean \"rsi\"?); known: macd, rsi"
        );
    }

    #[test]
    fn far_names_are_not_suggested() {
        let error = Error::unknown("indicator", "zzzzzz", ["macd", "rsi"]);
        assert_eq!(
            error.to_string(),
            "unknown indicator \"zzzzzz\"; known: macd, rsi"
        );
    }
}
