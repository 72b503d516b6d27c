//! What is summed over a window: values, values by weights, squares.

use super::decay::{Decay, Lanes, apart, lanes};
use super::window::Sums;

/// The sum of the last so many values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Total {
    pub(super) period: usize,
}

impl Sums<2, 1> for Total {
    fn places(&self) -> [usize; 2] {
        [0, self.period]
    }

    #[inline(always)]
    fn term(&self, _: f64, value: f64) -> [f64; 1] {
        [value]
    }

    #[inline(always)]
    fn slide(&self, [newest, oldest]: [Lanes; 2], _: f64, [sum]: &mut [Decay; 1]) -> [Lanes; 1] {
        [sum.run(lanes!(|j| newest[j] - oldest[j]))]
    }
}

/// The sum of the last so many values, and that with the weights 1 for the oldest to *n* for the newest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Weighted {
    pub(super) period: usize,
}

impl Sums<2, 2> for Weighted {
    fn places(&self) -> [usize; 2] {
        [0, self.period]
    }

    #[inline(always)]
    fn term(&self, position: f64, value: f64) -> [f64; 2] {
        [value, (position + 1.0) * value]
    }

    #[inline(always)]
    fn slide(
        &self,
        [newest, oldest]: [Lanes; 2],
        centre: f64,
        [sum, weighted]: &mut [Decay; 2],
    ) -> [Lanes; 2] {
        let of_newest = self.period as f64;
        let changes = lanes!(|j| newest[j] - oldest[j]);
        let sums = sum.run(changes);
        // Every value of the window weighs 1 less, which takes the sum before off the weighted one.
        let changes = apart(lanes!(
            |j| of_newest.mul_add(newest[j] - centre, changes[j] - sums[j])
        ));
        [sums, weighted.run(changes)]
    }
}

/// The sum of the last so many values, and that of their squares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Squares {
    pub(super) period: usize,
}

impl Sums<2, 2> for Squares {
    fn places(&self) -> [usize; 2] {
        [0, self.period]
    }

    #[inline(always)]
    fn term(&self, _: f64, value: f64) -> [f64; 2] {
        [value, value * value]
    }

    #[inline(always)]
    fn slide(
        &self,
        [newest, oldest]: [Lanes; 2],
        centre: f64,
        [sum, square]: &mut [Decay; 2],
    ) -> [Lanes; 2] {
        let changes = lanes!(|j| newest[j] - oldest[j]);
        let both = lanes!(|j| (newest[j] - centre) + (oldest[j] - centre));
        let squares = apart(lanes!(|j| changes[j] * both[j]));
        [sum.run(changes), square.run(squares)]
    }
}
