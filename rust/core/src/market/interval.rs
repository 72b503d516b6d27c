//! Bar intervals such as `1m`, `4h` or `1d`, as a whole number of nanoseconds.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

const SECOND_NS: i64 = 1_000_000_000;
const UNITS: [(char, i64); 5] = [
    ('w', 604_800 * SECOND_NS),
    ('d', 86_400 * SECOND_NS),
    ('h', 3_600 * SECOND_NS),
    ('m', 60 * SECOND_NS),
    ('s', SECOND_NS),
];

/// Length of a bar. Buckets are aligned to the UTC epoch; weeks to Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval(i64);

impl Interval {
    /// An interval of `ns` nanoseconds.
    ///
    /// # Errors
    /// When `ns` is not a positive whole number of seconds.
    pub fn from_ns(ns: i64) -> Result<Self> {
        if ns <= 0 || ns % SECOND_NS != 0 {
            return Err(Error::parameter(
                "interval",
                format!("{ns} ns"),
                "a positive whole number of seconds",
            ));
        }
        Ok(Self(ns))
    }

    /// Length in nanoseconds.
    #[must_use]
    pub const fn ns(self) -> i64 {
        self.0
    }

    /// Start of the bucket that contains `time_ns`.
    #[must_use]
    pub const fn bucket_start_ns(self, time_ns: i64) -> i64 {
        // 1970-01-01 was a Thursday: the Monday grid lies four days after the epoch's.
        let week = 604_800 * SECOND_NS;
        let offset = if self.0 % week == 0 {
            4 * 86_400 * SECOND_NS
        } else {
            0
        };
        time_ns - (time_ns - offset).rem_euclid(self.0)
    }

    /// Whether every bucket of `self` is a whole number of buckets of `finer`.
    #[must_use]
    pub const fn is_multiple_of(self, finer: Self) -> bool {
        self.0 % finer.0 == 0
    }

    /// Bars in 365 days, the factor of annualised figures.
    #[must_use]
    pub fn per_year(self) -> f64 {
        (365 * 86_400 * SECOND_NS) as f64 / self.0 as f64
    }
}

impl FromStr for Interval {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::parameter(
                "interval",
                format!("{text:?}"),
                "a number and one of s, m, h, d, w, such as 1m, 15m, 1h, 4h or 1d",
            )
        };
        let unit = text.chars().last().ok_or_else(wrong)?;
        let (_, unit_ns) = *UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(wrong)?;
        let digits = &text[..text.len() - 1];
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let count: i64 = digits.parse().map_err(|_| wrong())?;
        count
            .checked_mul(unit_ns)
            .filter(|ns| *ns > 0)
            .map(Self)
            .ok_or_else(wrong)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, unit_ns) = UNITS
            .iter()
            .find(|(_, unit_ns)| self.0 % unit_ns == 0)
            .unwrap_or(&UNITS[4]);
        write!(f, "{}{unit}", self.0 / unit_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in ["1s", "1m", "15m", "1h", "4h", "1d", "1w"] {
            assert_eq!(text.parse::<Interval>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn bad_text_is_refused() {
        for text in [
            "",
            "h",
            "0h",
            "-1h",
            "+1h",
            "1.5h",
            "1 h",
            "1H",
            "é",
            "99999999999w",
        ] {
            assert!(text.parse::<Interval>().is_err(), "{text}");
        }
    }

    #[test]
    fn weeks_start_on_monday() {
        let week: Interval = "1w".parse().unwrap();
        // 2024-01-03 was a Wednesday; its week began on 2024-01-01.
        let wednesday = 1_704_240_000 * SECOND_NS;
        assert_eq!(week.bucket_start_ns(wednesday), 1_704_067_200 * SECOND_NS);
    }

    #[test]
    fn hours_in_a_year() {
        assert_eq!("1h".parse::<Interval>().unwrap().per_year(), 8760.0);
    }
}
