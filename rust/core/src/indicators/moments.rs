//! What a window may know of its values: their mean, their trend, their spread.

use super::window::{Moved, Sums};

/// The mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mean {
    reciprocal: f64,
}

impl Mean {
    pub(super) fn new(period: usize) -> Self {
        Self {
            reciprocal: 1.0 / period as f64,
        }
    }
}

impl Sums<1> for Mean {
    #[inline(always)]
    fn term(&self, _: f64, value: f64) -> [f64; 1] {
        [value]
    }

    #[inline(always)]
    fn slide(&self, [sum]: [f64; 1], moved: Moved) -> [f64; 1] {
        [sum + (moved.newest - moved.oldest)]
    }

    #[inline(always)]
    fn add(&self, [sum]: [f64; 1], _: f64, [change]: [f64; 1]) -> [f64; 1] {
        [sum + change]
    }

    #[inline(always)]
    fn statistics(&self, centre: f64, [sum]: [f64; 1]) -> [f64; 1] {
        [sum.mul_add(self.reciprocal, centre)]
    }
}

/// The mean, and the sum of each value times its position, counted from the middle of the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Trend {
    mean: Mean,
    /// Positions from the middle to the newest value, and to the one that has just left.
    to_newest: f64,
    to_oldest: f64,
}

impl Trend {
    pub(super) fn new(period: usize) -> Self {
        Self {
            mean: Mean::new(period),
            to_newest: 0.5 * (period as f64 - 1.0),
            to_oldest: 0.5 * (period as f64 + 1.0),
        }
    }
}

impl Sums<2> for Trend {
    #[inline(always)]
    fn term(&self, position: f64, value: f64) -> [f64; 2] {
        [value, (position - self.to_newest) * value]
    }

    /// Every value moves one position towards the oldest, which takes the whole sum off the moment.
    #[inline(always)]
    fn slide(&self, [sum, moment]: [f64; 2], moved: Moved) -> [f64; 2] {
        let newest = moved.newest - moved.centre;
        let oldest = moved.oldest - moved.centre;
        let ends = self.to_newest.mul_add(newest, self.to_oldest * oldest);
        [sum + (newest - oldest), (moment - sum) + ends]
    }

    #[inline(always)]
    fn add(&self, before: [f64; 2], rows: f64, change: [f64; 2]) -> [f64; 2] {
        let moved = rows.mul_add(-before[0], before[1]);
        [before[0] + change[0], moved + change[1]]
    }

    #[inline(always)]
    fn statistics(&self, centre: f64, [sum, moment]: [f64; 2]) -> [f64; 2] {
        let [mean] = self.mean.statistics(centre, [sum]);
        [mean, moment]
    }
}

/// The mean, and the population variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    mean: Mean,
}

impl Spread {
    pub(super) fn new(period: usize) -> Self {
        Self {
            mean: Mean::new(period),
        }
    }
}

impl Sums<2> for Spread {
    #[inline(always)]
    fn term(&self, _: f64, value: f64) -> [f64; 2] {
        [value, value * value]
    }

    #[inline(always)]
    fn slide(&self, [sum, squares]: [f64; 2], moved: Moved) -> [f64; 2] {
        let change = moved.newest - moved.oldest;
        let both = (moved.newest - moved.centre) + (moved.oldest - moved.centre);
        [sum + change, change.mul_add(both, squares)]
    }

    #[inline(always)]
    fn add(&self, before: [f64; 2], _: f64, change: [f64; 2]) -> [f64; 2] {
        [before[0] + change[0], before[1] + change[1]]
    }

    #[inline(always)]
    fn statistics(&self, centre: f64, [sum, squares]: [f64; 2]) -> [f64; 2] {
        let from_centre = sum * self.mean.reciprocal;
        let variance = squares.mul_add(self.mean.reciprocal, -from_centre * from_centre);
        // Rounding may leave it just below zero.
        let variance = if variance > 0.0 { variance } else { 0.0 };
        [centre + from_centre, variance]
    }
}
