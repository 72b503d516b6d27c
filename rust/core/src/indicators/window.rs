//! Sums over the last *n* values that slide with them and do not drift.
//!
//! Each value is counted from a centre, a price of the window, and every few windows the centre is moved to the newest
//! price and the sums are made afresh. So rounding is that of price changes, not of prices, and none of it stays.

use super::blocks::{Blocks, Kernel, both};
use super::decay::{Decay, all_agree, all_turned, columns, row};
use super::history::History;
use super::simd::{Rows, Vector};

/// Rows, and windows, from one fresh sum to the next.
const FRESH_ROWS: usize = 2048;
const FRESH_WINDOWS: usize = 8;

/// What is summed over a window, in `K` sums that change with the values at `T` places.
pub(super) trait Sums<const T: usize, const K: usize>: Copy {
    /// Rows from the newest value to each of the places: 0 for itself, the period for the value that has just left.
    fn places(&self) -> [usize; T];

    /// What a value adds, `position` rows after the oldest of the window.
    fn term(&self, position: f64, value: f64) -> [f64; K];

    /// As that of the kernel.
    const STAGGERED: bool;
    /// Blocks of windows that have begun.
    type Begun<V: Vector>: Copy;

    /// What needs no windows before, by the values at the places and what the sums count from. `sums` add up.
    fn begin<V: Vector>(
        &self,
        values: [Rows<V>; T],
        centre: f64,
        sums: &[Decay; K],
    ) -> Self::Begun<V>;

    /// The sums, turned; of one that needs the others what [`Decay::partials`] gives.
    fn sum<V: Vector>(&self, begun: Self::Begun<V>, sums: &mut [Decay; K]) -> [Rows<V>; K];

    /// All sums, turned.
    #[inline(always)]
    fn end<V: Vector>(&self, summed: [Rows<V>; K], _: &mut [Decay; K]) -> [Rows<V>; K] {
        summed
    }
}

/// What is made of the sums of a window.
pub(super) trait Finish<const K: usize, const O: usize>: Copy {
    /// The row of a window, by its sums and the centre that those count from.
    fn finish<V: Vector>(&self, sums: [V; K], centre: f64) -> [V; O];
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

    /// Rows from one fresh sum to the next.
    pub(super) fn stride(&self) -> usize {
        FRESH_ROWS.max(FRESH_WINDOWS * self.period)
    }

    /// Whether it goes on as another: with the same values, and with the same sums where they are not made afresh next.
    pub(super) fn agrees<const O: usize>(&self, other: &Self) -> bool
    where
        F: Finish<K, O>,
    {
        let bits = |window: &Self| {
            let kept = window.values.back(0, window.period);
            kept.iter().map(|value| value.to_bits()).collect::<Vec<_>>()
        };
        self.fresh_for == other.fresh_for
            && (self.fresh_for == 0
                || both(self.blocks.as_ref(), other.blocks.as_ref(), Blocks::agrees))
            && bits(self) == bits(other)
    }

    /// Takes values and writes the rows of the windows that end with them, where they are full.
    #[inline(always)]
    pub(super) fn run<const O: usize>(&mut self, values: &[f64], mut lines: [&mut [f64]; O])
    where
        F: Finish<K, O>,
    {
        let (length, period) = (values.len(), self.period);
        let mut row = length.min(self.warm_up());
        // Only the windows of so many rows begin before the values that are given.
        let lead = length.min(period);
        self.values.extend(&values[..lead]);
        if row < length && self.blocks.is_none() {
            let Sliding { sums, centre, .. } = self.make_afresh(values, row + 1);
            let sums = sums.each_ref().map(Decay::value);
            let values = self.finish.finish(sums, centre);
            for (line, value) in lines.iter_mut().zip(values) {
                line[row] = value;
            }
            row += 1;
        }
        while row < length {
            if self.fresh_for == 0 {
                self.make_afresh(values, row);
            }
            let piece = if row < period { lead } else { length };
            let end = piece.min(row + self.fresh_for);
            self.fresh_for -= end - row;
            if let Some(blocks) = &mut self.blocks {
                let (places, kept) = (self.terms.places(), &self.values);
                let columns = places.map(|place| {
                    if row < period {
                        kept.back(lead - end + place, end - row)
                    } else {
                        &values[row - place..end - place]
                    }
                });
                blocks.run(columns, lines.each_mut().map(|line| &mut line[row..end]));
            }
            row = end;
        }
        if length - lead < period {
            self.values.extend(&values[lead..]);
        } else {
            self.values.restart(&values[length - period..]);
        }
    }

    /// Sums the window before row `end` of `values`, about its last value.
    #[inline(always)]
    fn make_afresh(&mut self, values: &[f64], end: usize) -> Sliding<S, F, K>
    where
        F: Copy,
    {
        let window = if end < self.period {
            let lead = values.len().min(self.period);
            self.values.back(lead - end, self.period)
        } else {
            &values[end - self.period..end]
        };
        let (terms, centre) = (self.terms, window[self.period - 1]);
        let sliding = Sliding {
            terms,
            finish: self.finish,
            centre,
            sums: summed(terms, window, centre).map(|sum| Decay::new(1.0, sum)),
        };
        self.blocks = Some(Blocks::new(sliding, [0.0; T]));
        self.fresh_for = self.stride();
        sliding
    }
}

/// The sums of a window, counted from `centre`.
#[inline(always)]
fn summed<const T: usize, const K: usize>(
    terms: impl Sums<T, K>,
    window: &[f64],
    centre: f64,
) -> [f64; K] {
    const LANES: usize = 4;
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
    total(total(sums[0], sums[1]), total(sums[2], sums[3]))
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
    const STAGGERED: bool = S::STAGGERED;
    type Begun<V: Vector> = S::Begun<V>;
    type Summed<V: Vector> = [Rows<V>; K];

    #[inline(always)]
    fn begin<V: Vector>(&self, values: [Rows<V>; T], _: [Rows<V>; T]) -> S::Begun<V> {
        self.terms.begin(values, self.centre, &self.sums)
    }

    #[inline(always)]
    fn sum<V: Vector>(&mut self, begun: S::Begun<V>) -> [Rows<V>; K] {
        self.terms.sum(begun, &mut self.sums)
    }

    #[inline(always)]
    fn end<V: Vector>(&mut self, _: [Rows<V>; T], summed: [Rows<V>; K]) -> [Rows<V>; O] {
        let sums = self.terms.end(summed, &mut self.sums);
        all_turned(columns!(|j| self.finish.finish(row(&sums, j), self.centre)))
    }

    fn agrees(&self, other: &Self) -> bool {
        self.centre.to_bits() == other.centre.to_bits() && all_agree(&self.sums, &other.sums)
    }
}

#[inline(always)]
fn total<const K: usize>(mut a: [f64; K], b: [f64; K]) -> [f64; K] {
    for k in 0..K {
        a[k] += b[k];
    }
    a
}
