//! What the metrics of many curves over the same bars have in common.

use super::daily::day_ends;
use super::returns::{Path, Returns};
use crate::market::Interval;

/// The benchmark's returns and the days of some bars, taken once. Metrics are the same to the last bit with and without it.
#[derive(Debug, Clone)]
pub struct Backdrop {
    pub(super) returns: Returns,
    /// Row of the last bar of every UTC day; `None` when bars are longer than a day.
    pub(super) day_ends: Option<Vec<usize>>,
}

impl Backdrop {
    /// Of bars that open at these times (UTC nanoseconds, ascending) and of the benchmark's value at their closes.
    ///
    /// # Panics
    /// When there is no bar, or another number of values than of times.
    #[must_use]
    pub fn new(open_time_ns: &[i64], benchmark: &[f64], interval: Interval) -> Self {
        assert_eq!(open_time_ns.len(), benchmark.len());
        Self {
            returns: Returns::of(Path::from_first(benchmark)),
            day_ends: day_ends(open_time_ns, interval.ns()),
        }
    }
}
