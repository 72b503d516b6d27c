//! Sums over the last *n* values that slide with them and do not drift.
//!
//! Each value is counted from a centre, a price of the window, and every few windows the centre is moved to the newest
//! price and the sums are made afresh. So rounding is that of price changes, not of prices, and none of it stays.

use super::blocks::{Blocks, Kernel};
use super::decay::{Decay, Lanes, columns, row};
use super::history::History;

/// Rows, and windows, from one fresh sum to the next.
const FRESH_ROWS: usize = 2048;
const FRESH_WINDOWS: usize = 8;

/// What is summed over a window, in `K` sums that change with the values at `T` places.
pub(super) trait Sums<const T: usize, const K: usize>: Copy {
    /// Rows from the newest value to each of the places: 0 for itself, the period for the value that has just left.
    fn places(&self) -> [usize; T];

    /// What a value adds, `position` rows after the oldest of the window.
    fn term(&self, position: f64, value: f64) -> [f64; K];

    /// The sums of a block of windows, by the values at the places and what the sums count from. `sums` add up.
    fn slide(&self, values: [Lanes; T], centre: f64, sums: &mut [Decay; K]) -> [Lanes; K];
}

/// What is made of the sums of a window.
pub(super) trait Finish<const K: usize, const O: usize>: Copy {
    /// The row of a window, by its sums and the centre that those count from.
    fn finish(&self, sums: [f64; K], centre: f64) -> [f64; O];
}

/// Sums of a sliding window, and what is made of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window<S, F, const T: usize, const K: usize> {
    period: usize,
    values: History,
    terms: S,
    finish: F,
    /// Once the window is full.
    blocks: Option<Blocks<Sliding<S, F, K>, T>>,
    /// Rows until the sums are made afresh.
    fresh_for: usize,
}

impl<S: Sums<T, K>, F, const T: usize, const K: usize> Window<S, F, T, K> {
    /// A window over `period` values, at least 1.
    pub(super) fn new(period: usize, terms: S, finish: F) -> Self {
        Self {
            period,
            values: History::new(period),
            terms,
            finish,
            blocks: None,
            fresh_for: 0,
        }
    }

    /// Values still to come before the window is full.
    pub(super) fn warm_up(&self) -> usize {
        (self.period - 1).saturating_sub(self.values.len())
    }

    /// Takes values and writes the rows of the windows that end with them, where they are full.
    #[inline(always)]
    pub(super) fn run<const O: usize>(&mut self, values: &[f64], mut lines: [&mut [f64]; O])
    where
        F: Finish<K, O>,
    {
        let length = values.len();
        let mut row = length.min(self.warm_up());
        self.values.extend(values);
        if row < length && self.blocks.is_none() {
            let Sliding { sums, centre, .. } = self.make_afresh(length - 1 - row);
            let sums = sums.each_ref().map(Decay::value);
            let values = self.finish.finish(sums, centre);
            for (line, value) in lines.iter_mut().zip(values) {
                line[row] = value;
            }
            row += 1;
        }
        while row < length {
            if self.fresh_for == 0 {
                self.make_afresh(length - row);
            }
            let end = length.min(row + self.fresh_for);
            self.fresh_for -= end - row;
            if let Some(blocks) = &mut self.blocks {
                let places = self.terms.places();
                let values = &self.values;
                let columns = places.map(|place| values.back(length - end + place, end - row));
                blocks.run(columns, lines.each_mut().map(|line| &mut line[row..end]));
            }
            row = end;
        }
    }

    /// Sums the window that ends `back` rows before the newest, about its last value.
    #[inline(always)]
    fn make_afresh(&mut self, back: usize) -> Sliding<S, F, K>
    where
        F: Copy,
    {
        const LANES: usize = 4;
        let window = self.values.back(back, self.period);
        let (terms, centre) = (self.terms, window[self.period - 1]);
        let (blocks, rest) = window.as_chunks::<LANES>();
        let mut sums = [[0.0; K]; LANES];
        let mut position = 0.0;
        for block in blocks {
            for (sums, value) in sums.iter_mut().zip(block) {
                *sums = total(*sums, terms.term(position, value - centre));
                position += 1.0;
            }
        }
        for value in rest {
            sums[0] = total(sums[0], terms.term(position, value - centre));
            position += 1.0;
        }
        let fresh = total(total(sums[0], sums[1]), total(sums[2], sums[3]));
        let sliding = Sliding {
            terms,
            finish: self.finish,
            centre,
            sums: fresh.map(|sum| Decay::new(1.0, sum)),
        };
        self.blocks = Some(Blocks::new(sliding, [0.0; T]));
        self.fresh_for = FRESH_ROWS.max(FRESH_WINDOWS * self.period);
        sliding
    }
}

/// The sums of a full window, counted from its centre.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sliding<S, F, const K: usize> {
    terms: S,
    finish: F,
    centre: f64,
    sums: [Decay; K],
}

impl<S, F, const T: usize, const K: usize, const O: usize> Kernel<T, O> for Sliding<S, F, K>
where
    S: Sums<T, K>,
    F: Finish<K, O>,
{
    #[inline(always)]
    fn block(&mut self, values: [Lanes; T], _: [Lanes; T]) -> [Lanes; O] {
        let sums = self.terms.slide(values, self.centre, &mut self.sums);
        columns!(|j| self.finish.finish(row(&sums, j), self.centre); O)
    }
}

#[inline(always)]
fn total<const K: usize>(mut a: [f64; K], b: [f64; K]) -> [f64; K] {
    for k in 0..K {
        a[k] += b[k];
    }
    a
}
