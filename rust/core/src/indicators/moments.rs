//! What is summed over a window: values, values by weights, squares.

use super::decay::{Decay, rows};
use super::simd::{Rows, Vector};
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

    const STAGGERED: bool = false;
    type Begun<V: Vector> = Rows<V>;

    #[inline(always)]
    fn begin<V: Vector>(
        &self,
        [newest, oldest]: [Rows<V>; 2],
        _: f64,
        [sum]: &[Decay; 1],
    ) -> Rows<V> {
        sum.partials(V::turned(rows!(|j| newest[j] - oldest[j])))
    }

    #[inline(always)]
    fn sum<V: Vector>(&self, partials: Rows<V>, [sum]: &mut [Decay; 1]) -> [Rows<V>; 1] {
        [sum.follow(partials)]
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

    const STAGGERED: bool = true;
    /// The changes, the newest values counted from the centre, and what is known of the sum.
    type Begun<V: Vector> = [Rows<V>; 3];

    #[inline(always)]
    fn begin<V: Vector>(
        &self,
        [newest, oldest]: [Rows<V>; 2],
        centre: f64,
        [sum, _]: &[Decay; 2],
    ) -> [Rows<V>; 3] {
        let changes = V::turned(rows!(|j| newest[j] - oldest[j]));
        let centre = newest[0].all(centre);
        let newest = V::turned(rows!(|j| newest[j] - centre));
        [changes, newest, sum.partials(changes)]
    }

    #[inline(always)]
    fn sum<V: Vector>(
        &self,
        [changes, newest, partials]: [Rows<V>; 3],
        [sum, weighted]: &mut [Decay; 2],
    ) -> [Rows<V>; 2] {
        let sums = sum.follow(partials);
        // Every value of the window weighs 1 less, which takes the sum before off the weighted one.
        let of_newest = newest[0].all(self.period as f64);
        let changes = rows!(|j| of_newest.mul_add(newest[j], changes[j] - sums[j]));
        [sums, weighted.partials(changes)]
    }

    #[inline(always)]
    fn end<V: Vector>(
        &self,
        [sums, partials]: [Rows<V>; 2],
        [_, weighted]: &mut [Decay; 2],
    ) -> [Rows<V>; 2] {
        [sums, weighted.follow(partials)]
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

    const STAGGERED: bool = true;
    type Begun<V: Vector> = [Rows<V>; 2];

    #[inline(always)]
    fn begin<V: Vector>(
        &self,
        [newest, oldest]: [Rows<V>; 2],
        centre: f64,
        [sum, square]: &[Decay; 2],
    ) -> [Rows<V>; 2] {
        let centre = newest[0].all(centre);
        let changes = rows!(|j| newest[j] - oldest[j]);
        let squares = rows!(|j| changes[j] * ((newest[j] - centre) + (oldest[j] - centre)));
        [
            sum.partials(V::turned(changes)),
            square.partials(V::turned(squares)),
        ]
    }

    #[inline(always)]
    fn sum<V: Vector>(
        &self,
        [sums, squares]: [Rows<V>; 2],
        [sum, square]: &mut [Decay; 2],
    ) -> [Rows<V>; 2] {
        [sum.follow(sums), square.follow(squares)]
    }
}
