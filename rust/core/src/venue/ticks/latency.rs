//! How long messages between strategy and exchange are on their way.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::random::Draw;
use crate::stats::overfit::normal;

/// A model of the time that a message takes, in nanoseconds.
#[derive(Debug, Clone, PartialEq)]
pub enum Latency {
    /// Always the same.
    Constant {
        /// Nanoseconds.
        ns: i64,
    },
    /// As long as the last market event took, times `factor`, plus `offset_ns`; never negative.
    Feed {
        /// Factor of the feed's latency.
        factor: f64,
        /// Nanoseconds on top.
        offset_ns: i64,
    },
    /// As recorded, between the recorded points on a straight line.
    Recorded(Arc<RecordedLatency>),
    /// Log-normal and seeded: `floor_ns` + `median_ns` · exp(`sigma` · z).
    LogNormal {
        /// Median of the part above the floor, nanoseconds.
        median_ns: f64,
        /// Deviation of its logarithm.
        sigma: f64,
        /// Shortest time, nanoseconds.
        floor_ns: i64,
    },
}

impl Default for Latency {
    fn default() -> Self {
        Self::Constant { ns: 0 }
    }
}

/// Latencies recorded at certain times.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedLatency {
    sent_ns: Vec<i64>,
    latency_ns: Vec<i64>,
}

impl RecordedLatency {
    /// Latencies of messages sent at rising times.
    ///
    /// # Errors
    /// [`Error::Length`], or [`Error::Data`] naming the row, when there is none, times do not rise or a latency is negative.
    pub fn new(sent_ns: Vec<i64>, latency_ns: Vec<i64>) -> Result<Self> {
        if sent_ns.len() != latency_ns.len() || sent_ns.is_empty() {
            return Err(Error::Length {
                column: "latency_ns".to_owned(),
                length: latency_ns.len(),
                expected: sent_ns.len().max(1),
            });
        }
        if let Some(row) = sent_ns.windows(2).position(|pair| pair[1] <= pair[0]) {
            let requirement = "times must strictly increase";
            return Err(Error::data(
                "sent_ns",
                row + 1,
                sent_ns[row + 1],
                requirement,
            ));
        }
        if let Some(row) = latency_ns.iter().position(|latency| *latency < 0) {
            let requirement = "a latency must not be negative";
            return Err(Error::data("latency_ns", row, latency_ns[row], requirement));
        }
        Ok(Self {
            sent_ns,
            latency_ns,
        })
    }

    fn at(&self, now_ns: i64) -> i64 {
        let next = self.sent_ns.partition_point(|sent| *sent <= now_ns);
        let (Some(before), true) = (next.checked_sub(1), next < self.sent_ns.len()) else {
            return self.latency_ns[next.saturating_sub(1)];
        };
        let (x0, x1) = (self.sent_ns[before], self.sent_ns[next]);
        let (y0, y1) = (self.latency_ns[before], self.latency_ns[next]);
        let slope = (y1 - y0) as f64 / (x1 - x0) as f64;
        y0 + whole(slope * (now_ns - x0) as f64)
    }
}

impl Latency {
    /// Checks its numbers.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the number.
    pub fn check(&self) -> Result<()> {
        let not_negative = |name: &str, ns: i64| {
            if ns < 0 {
                return Err(Error::parameter(name, ns, "not negative"));
            }
            Ok(())
        };
        let within = |name: &str, value: f64| {
            if !(value.is_finite() && value >= 0.0) {
                return Err(Error::parameter(name, value, "finite and not negative"));
            }
            Ok(())
        };
        match *self {
            Self::Constant { ns } => not_negative("latency.ns", ns),
            Self::Feed { factor, .. } => within("latency.factor", factor),
            Self::Recorded(_) => Ok(()),
            Self::LogNormal {
                median_ns,
                sigma,
                floor_ns,
            } => {
                within("latency.median_ns", median_ns)?;
                within("latency.sigma", sigma)?;
                not_negative("latency.floor_ns", floor_ns)
            }
        }
    }

    /// How long the message takes that is the `number`th of its kind, sent at `now_ns` while the feed took `feed_ns`.
    pub(super) fn of(&self, number: u64, now_ns: i64, feed_ns: i64, seed: u64) -> i64 {
        match self {
            Self::Constant { ns } => *ns,
            Self::Feed { factor, offset_ns } => (whole(factor * feed_ns as f64) + offset_ns).max(0),
            Self::Recorded(recorded) => recorded.at(now_ns),
            Self::LogNormal {
                median_ns,
                sigma,
                floor_ns,
            } => {
                let uniform = Draw::numbered(seed, number).uniform();
                // The middle of one of 2^53 equal parts, so that neither end is met.
                let z = normal::quantile(uniform + 0.5 / (1_u64 << 53) as f64);
                floor_ns + whole(median_ns * (sigma * z).exp())
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "saturates, and no latency is that long"
)]
fn whole(ns: f64) -> i64 {
    ns as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_latencies_are_joined_by_straight_lines() {
        let recorded = RecordedLatency::new(vec![100, 200], vec![10, 30]).unwrap();
        let latency = Latency::Recorded(Arc::new(recorded));
        let at = |now| latency.of(0, now, 0, 0);
        assert_eq!(
            [at(0), at(100), at(150), at(200), at(999)],
            [10, 10, 20, 30, 30]
        );
    }

    #[test]
    fn drawn_latencies_have_their_median_and_their_floor() {
        let latency = Latency::LogNormal {
            median_ns: 1000.0,
            sigma: 0.5,
            floor_ns: 100,
        };
        let mut drawn: Vec<i64> = (0..10_001).map(|n| latency.of(n, 0, 0, 7)).collect();
        assert_eq!(drawn[3], latency.of(3, 99, 0, 7));
        drawn.sort_unstable();
        assert!(drawn[0] >= 100);
        assert!((drawn[5000] - 1100).abs() < 30, "{}", drawn[5000]);
    }

    #[test]
    fn what_cannot_be_is_named() {
        let message = |latency: Latency| latency.check().unwrap_err().to_string();
        assert!(message(Latency::Constant { ns: -1 }).starts_with("latency.ns must be"));
        assert!(RecordedLatency::new(vec![2, 1], vec![1, 1]).is_err());
        assert!(RecordedLatency::new(vec![], vec![]).is_err());
        assert!(RecordedLatency::new(vec![1], vec![-1]).is_err());
    }
}
