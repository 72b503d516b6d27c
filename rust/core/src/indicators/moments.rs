//! What is summed over a window: values, values by their position, squares.

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

/// The sum of the values, and that of each times its position, counted from the middle of the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Trend {
    /// Positions from the middle to the newest value, and to the one that has just left.
    to_newest: f64,
    to_oldest: f64,
}

impl Trend {
    pub(super) fn new(period: usize) -> Self {
        Self {
            to_newest: 0.5 * (period as f64 - 1.0),
            to_oldest: 0.5 * (period as f64 + 1.0),
        }
    }

    /// Slides the moment, given the sums before each row.
    #[inline(always)]
    fn slide_moment(self, moved: Moved<'_>, moment: &mut Decay, before: &[f64], line: &mut [f64]) {
        let Self {
            to_newest,
            to_oldest,
        } = self;
        let Moved {
            newest,
            oldest,
            centre,
        } = moved;
        // Every value moves one position towards the oldest, which takes the whole sum before off the moment.
        let change = |[newest, oldest, before]: [f64; 3]| {
            let left = to_oldest.mul_add(oldest - centre, -before);
            to_newest.mul_add(newest - centre, left)
        };
        moment.run([newest, oldest, before], line, change, |_, moment| moment);
    }
}

impl Sums<2> for Trend {
    #[inline(always)]
    fn term(&self, position: f64, value: f64) -> [f64; 2] {
        [value, (position - self.to_newest) * value]
    }

    #[inline(always)]
    fn slide(&self, moved: Moved<'_>, [sum, moment]: &mut [Decay; 2], lines: [&mut [f64]; 2]) {
        let [sums, moments] = lines;
        let before = sum.value();
        Total.slide(moved, std::array::from_mut(sum), [&mut *sums]);
        let (first, rest) = moved.split_first();
        let (first_line, rest_line) = moments.split_at_mut(1);
        self.slide_moment(first, moment, &[before], first_line);
        self.slide_moment(rest, moment, &sums[..rest_line.len()], rest_line);
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
