//! Sums over the last *n* values that slide with them and do not drift.
//!
//! Each value is counted from a centre, a price of the window, and every few windows the centre is moved to the newest
//! price and the sums are made afresh. So rounding is that of price changes, not of prices, and none of it stays.

use std::ops::Range;

use super::decay::Decay;
use super::history::History;

/// Rows, and windows, from one fresh sum to the next.
const FRESH_ROWS: usize = 512;
const FRESH_WINDOWS: usize = 8;

/// What is summed over a window, in `K` sums.
pub(super) trait Sums<const K: usize>: Copy {
    /// What a value adds, `position` rows after the oldest of the window.
    fn term(&self, position: f64, value: f64) -> [f64; K];

    /// Slides over some rows and writes the sums after each.
    fn slide(&self, moved: Moved<'_>, sums: &mut [Decay; K], lines: [&mut [f64]; K]);
}

/// The values that come into the window, those that leave it, and what the sums count from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moved<'a> {
    pub(super) newest: &'a [f64],
    pub(super) oldest: &'a [f64],
    pub(super) centre: f64,
}

impl Moved<'_> {
    /// The first row, and the others.
    #[inline(always)]
    pub(super) fn split_first(self) -> (Self, Self) {
        let (newest, newer) = self.newest.split_at(1);
        let (oldest, older) = self.oldest.split_at(1);
        let first = Self {
            newest,
            oldest,
            ..self
        };
        let others = Self {
            newest: newer,
            oldest: older,
            ..self
        };
        (first, others)
    }
}

/// A stretch of windows whose sums count from one centre.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stretch {
    pub(super) rows: Range<usize>,
    pub(super) centre: f64,
}

/// Sums of a sliding window.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window<S, const K: usize> {
    terms: S,
    period: usize,
    values: History,
    centre: f64,
    sums: [Decay; K],
    /// Rows until the sums are made afresh.
    fresh_for: usize,
}

impl<S: Sums<K>, const K: usize> Window<S, K> {
    /// A window over `period` values, at least 1.
    pub(super) fn new(period: usize, terms: S) -> Self {
        Self {
            terms,
            period,
            values: History::new(period),
            centre: 0.0,
            sums: [Decay::new(1.0, 0.0); K],
            fresh_for: 0,
        }
    }

    /// Values still to come before the window is full.
    pub(super) fn warm_up(&self) -> usize {
        (self.period - 1).saturating_sub(self.values.len())
    }

    /// Takes values, writes the sums of the windows that end with them, where they are full, and has `finish` make
    /// of them what is asked for.
    #[inline(always)]
    pub(super) fn run(
        &mut self,
        values: &[f64],
        mut lines: [&mut [f64]; K],
        mut finish: impl FnMut(Stretch, [&mut [f64]; K]),
    ) {
        let length = values.len();
        let mut row = length.min(self.warm_up());
        self.values.extend(values);
        while row < length {
            let stale = self.fresh_for == 0;
            let end = length.min(row + self.fresh_for.max(1));
            let rows = row..end;
            let mut sums = lines.each_mut().map(|line| &mut line[rows.clone()]);
            if stale {
                self.make_afresh(length - end, sums.each_mut().map(|sums| &mut sums[0]));
            } else {
                self.slide(length - end, sums.each_mut().map(|sums| &mut **sums));
            }
            let centre = self.centre;
            finish(Stretch { rows, centre }, sums);
            row = end;
        }
    }

    /// Sums the window that ends `back` rows before the newest, about its last value.
    #[inline(always)]
    fn make_afresh(&mut self, back: usize, sums: [&mut f64; K]) {
        const LANES: usize = 4;
        let window = self.values.back(back, self.period);
        self.centre = window[self.period - 1];
        let (blocks, rest) = window.as_chunks::<LANES>();
        let mut lanes = [[0.0; K]; LANES];
        let mut position = 0.0;
        for block in blocks {
            for (lane, value) in lanes.iter_mut().zip(block) {
                *lane = total(*lane, self.terms.term(position, value - self.centre));
                position += 1.0;
            }
        }
        for value in rest {
            lanes[0] = total(lanes[0], self.terms.term(position, value - self.centre));
            position += 1.0;
        }
        let fresh = total(total(lanes[0], lanes[1]), total(lanes[2], lanes[3]));
        self.sums = fresh.map(|sum| Decay::new(1.0, sum));
        self.fresh_for = FRESH_ROWS.max(FRESH_WINDOWS * self.period);
        for (sum, fresh) in sums.into_iter().zip(fresh) {
            *sum = fresh;
        }
    }

    /// Slides over rows, the last of them `back` before the newest.
    #[inline(always)]
    fn slide(&mut self, back: usize, lines: [&mut [f64]; K]) {
        let rows = lines[0].len();
        self.fresh_for -= rows;
        let moved = Moved {
            newest: self.values.back(back, rows),
            oldest: self.values.back(back + self.period, rows),
            centre: self.centre,
        };
        self.terms.slide(moved, &mut self.sums, lines);
    }
}

#[inline(always)]
fn total<const K: usize>(mut a: [f64; K], b: [f64; K]) -> [f64; K] {
    for k in 0..K {
        a[k] += b[k];
    }
    a
}
