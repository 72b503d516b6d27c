//! What is summed over a window: values, values by weights, squares.

use super::decay::Decay;
use super::window::{Moved, Sums};

/// The sum of the values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Total;

impl Sums<1> for Total {
    #[inline(always)]
    fn term(&self, _: f64, value: f64) -> [f64; 1] {
        [value]
    }

    #[inline(always)]
    fn slide(&self, moved: Moved<'_>, [sum]: &mut [Decay; 1], [sums]: [&mut [f64]; 1]) {
        let rows = [moved.newest, moved.oldest];
        sum.run(rows, sums, |[newest, oldest]| newest - oldest, |_, sum| sum);
    }
}

/// The sum of the values, and that with the weights 1 for the oldest to *n* for the newest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Weighted {
    of_newest: f64,
}

impl Weighted {
    pub(super) fn new(period: usize) -> Self {
        Self {
            of_newest: period as f64,
        }
    }
}

impl Sums<2> for Weighted {
    #[inline(always)]
    fn term(&self, position: f64, value: f64) -> [f64; 2] {
        [value, (position + 1.0) * value]
    }

    #[inline(always)]
    fn slide(&self, moved: Moved<'_>, decays: &mut [Decay; 2], lines: [&mut [f64]; 2]) {
        let ([sum, weighted], [sums, weighted_sums]) = (decays, lines);
        let sum_before = sum.value();
        Total.slide(moved, std::array::from_mut(sum), [&mut *sums]);
        let (of_newest, centre) = (self.of_newest, moved.centre);
        // Every value of the window weighs 1 less, which takes the whole sum before off the weighted one.
        let change = |[newest, before]: [f64; 2]| of_newest.mul_add(newest - centre, -before);
        let (first, rest) = weighted_sums.split_at_mut(1);
        let (newest, newer) = moved.newest.split_at(1);
        let sums_before = &sums[..rest.len()];
        weighted.run([newest, &[sum_before]], first, change, |_, sum| sum);
        weighted.run([newer, sums_before], rest, change, |_, sum| sum);
    }
}

/// The sum of the values, and that of their squares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Squares;

impl Sums<2> for Squares {
    #[inline(always)]
    fn term(&self, _: f64, value: f64) -> [f64; 2] {
        [value, value * value]
    }

    #[inline(always)]
    fn slide(&self, moved: Moved<'_>, [sum, square]: &mut [Decay; 2], lines: [&mut [f64]; 2]) {
        let [sums, squares] = lines;
        Total.slide(moved, std::array::from_mut(sum), [sums]);
        let centre = moved.centre;
        let change = |[newest, oldest]: [f64; 2]| {
            (newest - oldest) * ((newest - centre) + (oldest - centre))
        };
        let rows = [moved.newest, moved.oldest];
        square.run(rows, squares, change, |_, square| square);
    }
}
