//! A holder of the market while one average stands above another, straight from their columns: no list of signals is made.

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

use super::growth::Growth;
use super::holder::{Brief, Holder};
use super::terms::Terms;
use super::traded::Traded;
use crate::indicators::simd::{Work, dispatch, write_above, write_above_if_sure};

const WORD: usize = 64;

/// Rows that all pairs go through before the next: those of eight by eight pairs stay in the first-level cache.
const STRETCH: usize = 512;

/// A crossing is sure to this degree at least, whatever the distance of the averages.
const LEAST_CONFIDENCE: f64 = 0.6;

/// Two averages, row for row; NaN is warm-up.
#[derive(Debug, Clone, Copy)]
pub struct Averages<'a> {
    /// The faster.
    pub fast: Average<'a>,
    /// The slower.
    pub slow: Average<'a>,
}

/// An average, and the same rounded to half the width by [`rounded`].
#[derive(Debug, Clone, Copy)]
pub struct Average<'a> {
    /// Row for row.
    pub exact: &'a [f64],
    /// Row for row.
    pub rounded: &'a [f32],
}

/// Values rounded to half the width. Those that would become infinite become the largest finite ones: two of them have a distance of zero then,
/// not one that is undefined.
#[must_use]
pub fn rounded(values: &[f64]) -> Vec<f32> {
    dispatch(Rounding(values))
}

struct Rounding<'a>(&'a [f64]);

impl Work for Rounding<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run(self) -> Vec<f32> {
        let most = f64::from(f32::MAX);
        let mut rounded = vec![0.0; self.0.len()];
        for (rounded, value) in rounded.iter_mut().zip(self.0) {
            #[expect(clippy::cast_possible_truncation, reason = "it rounds")]
            let nearest = value.clamp(-most, most) as f32;
            *rounded = nearest;
        }
        rounded
    }
}

/// Follows the crossings of two averages over stretches of rows, one after another, so that many pairs can share a stretch in the cache (see [`follow`]).
#[derive(Debug, Clone, Copy)]
pub struct Crossing {
    holder: Holder,
    /// First row at which a crossing counts.
    first: usize,
    /// The next row.
    row: usize,
    /// Whether the faster stood above in the row before.
    above: bool,
    /// It is known that no averages are equal in this stretch.
    distinct: bool,
    /// The averages met where the order of their crossing is told by more than one row.
    tied: bool,
}

impl Crossing {
    /// Whether a strategy of these terms with one `ma` heeds every crossing.
    #[must_use]
    pub fn fits(terms: &Terms<'_>) -> bool {
        let strategy = terms.strategy;
        matches!(&strategy.indicators[..], [only] if only.signal_ttl == 1)
            && strategy.min_confidence <= LEAST_CONFIDENCE
            && strategy.signal_mode != crate::signals::SignalMode::Weighted
    }

    /// Before the first row. `warm_up` rows of the slower average are undefined.
    #[must_use]
    pub fn new(traded: &Traded<'_>, terms: &Terms<'_>, warm_up: usize) -> Self {
        let first = traded.start.max(warm_up + 1);
        Self {
            holder: Holder::new(terms.initial_balance),
            first,
            // The row before the first crossing is read for where the averages stand.
            row: (first - 1) / WORD * WORD,
            above: false,
            distinct: false,
            tied: false,
        }
    }

    /// The metrics at the end; `None` when a tie or lost digits ask for more care.
    #[must_use]
    pub fn metrics(&self, growth: &Growth, traded: &Traded<'_>) -> Option<Brief> {
        if self.tied {
            return None;
        }
        self.holder.metrics(growth, traded)
    }
}

/// A crossing and the averages that it follows.
#[derive(Debug)]
pub struct Pair<'a> {
    /// How far it has come.
    pub crossing: Crossing,
    /// Its averages.
    pub averages: Averages<'a>,
}

/// Takes all pairs through all rows, one stretch of them after another.
pub fn follow(pairs: &mut [Pair<'_>], growth: &Growth, traded: &Traded<'_>) {
    dispatch(Stretches {
        pairs,
        growth,
        traded,
    });
}

struct Stretches<'a, 'p> {
    pairs: &'a mut [Pair<'p>],
    growth: &'a Growth,
    traded: &'a Traded<'a>,
}

impl Work for Stretches<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let mut rows = [0; STRETCH];
        for stretch in 1..=self.traded.end().div_ceil(STRETCH) {
            let to = (stretch * STRETCH).min(self.traded.end());
            for pair in &mut *self.pairs {
                if pair.crossing.row < to {
                    let count = pair.crossing.find(pair.averages, to, &mut rows);
                    pair.turn(&rows[..count], self.growth, self.traded);
                }
            }
        }
    }
}

impl Crossing {
    /// Goes on to row `to`, a whole number of stretches or the end, and writes the rows at which the averages cross; returns how many.
    #[inline(always)]
    fn find(&mut self, averages: Averages<'_>, to: usize, rows: &mut [u32; STRETCH]) -> usize {
        let Averages { fast, slow } = averages;
        let mut words = [0; STRETCH / WORD];
        let words = &mut words[..(to - self.row).div_ceil(WORD)];
        let stretch = self.row..to;
        let (a, b) = (
            &fast.rounded[stretch.clone()],
            &slow.rounded[stretch.clone()],
        );
        self.distinct = write_above_if_sure(a, b, words);
        if !self.distinct {
            write_above(&fast.exact[stretch.clone()], &slow.exact[stretch], words);
        }
        let mut above = u64::from(self.above);
        let mut row = self.row;
        let mut count = 0;
        for word in words {
            let mut changes = *word ^ (*word << 1 | above);
            above = *word >> (WORD - 1);
            if row < self.first {
                changes &= from_place(self.first - row);
            }
            while changes != 0 {
                let change = row + changes.trailing_zeros() as usize;
                // Behind the last row all bits are zero.
                if change == to {
                    above = 1;
                    break;
                }
                rows[count] = narrow(change);
                changes &= changes - 1;
                count += 1;
            }
            row += WORD;
        }
        self.above = above == 1;
        self.row = to;
        count
    }
}

impl Pair<'_> {
    /// Enters and leaves at the opens after these rows, in which the averages have crossed back and forth, the last time to where they stand now.
    #[inline(always)]
    fn turn(&mut self, rows: &[u32], growth: &Growth, traded: &Traded<'_>) {
        // What crosses in the last row has no open to turn at.
        let in_time = rows.len() - usize::from(rows.last() == Some(&narrow(traded.end() - 1)));
        let starts_down = self.crossing.above == rows.len().is_multiple_of(2);
        let mut rows = &rows[..in_time];
        if let ([first, rest @ ..], true) = (rows, starts_down) {
            if self.crossing.holder.is_in() {
                self.leave(*first, growth, traded);
            }
            rows = rest;
        }
        let (turns, last) = rows.as_chunks::<2>();
        for [up, down] in turns {
            self.crossing.holder.enter(growth, up + 1);
            self.leave(*down, growth, traded);
        }
        if let [up] = last {
            self.crossing.holder.enter(growth, up + 1);
        }
    }

    #[inline(always)]
    fn leave(&mut self, row: u32, growth: &Growth, traded: &Traded<'_>) {
        let Averages { fast, slow } = self.averages;
        // The way down counts only once the faster is below.
        self.crossing.tied |=
            !self.crossing.distinct && fast.exact[row as usize] == slow.exact[row as usize];
        self.crossing
            .holder
            .leave(growth, traded.bars.close, row + 1);
    }
}

/// The bits of places from `place` on.
#[inline(always)]
const fn from_place(place: usize) -> u64 {
    if place >= WORD { 0 } else { u64::MAX << place }
}

#[expect(clippy::cast_possible_truncation, reason = "rows fit in 32 bits")]
const fn narrow(row: usize) -> u32 {
    row as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_to_be_rounded_meets_instead_of_becoming_infinite() {
        let values = rounded(&[1e39, 2e39, -1e300, f64::INFINITY, 0.5, f64::NAN]);
        assert_eq!(values[..5], [f32::MAX, f32::MAX, f32::MIN, f32::MAX, 0.5]);
        assert!(values[5].is_nan());
    }
}
