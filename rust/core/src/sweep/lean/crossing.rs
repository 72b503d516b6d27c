//! A holder of the market while one average stands above another, straight from their columns: no list of signals is made.

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

use super::growth::Growth;
use super::holder::{Brief, Holder};
use super::terms::Terms;
use super::traded::Traded;
use crate::indicators::simd::{Work, dispatch};

const WORD: usize = 64;

/// A crossing is sure to this degree at least, whatever the distance of the averages.
const LEAST_CONFIDENCE: f64 = 0.6;

/// Two averages, row for row; NaN is warm-up.
#[derive(Debug, Clone, Copy)]
pub struct Averages<'a> {
    /// The faster.
    pub fast: &'a [f64],
    /// The slower.
    pub slow: &'a [f64],
}

/// Follows the crossings of two averages over stretches of rows, one after another, so that many pairs can share a stretch in the cache.
#[derive(Debug, Clone, Copy)]
pub struct Crossing {
    holder: Holder,
    /// First row at which a crossing counts.
    first: usize,
    /// The next row.
    row: usize,
    /// Whether the faster stood above in the row before.
    above: bool,
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
            tied: false,
        }
    }

    /// Goes on to row `to`, a whole number of 64 rows or the end.
    pub fn advance(
        &mut self,
        growth: &Growth,
        traded: &Traded<'_>,
        averages: Averages<'_>,
        to: usize,
    ) {
        dispatch(Stretch {
            crossing: self,
            growth,
            traded,
            averages,
            to: to.min(traded.end()),
        });
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

struct Stretch<'a> {
    crossing: &'a mut Crossing,
    growth: &'a Growth,
    traded: &'a Traded<'a>,
    averages: Averages<'a>,
    to: usize,
}

impl Work for Stretch<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self {
            crossing,
            growth,
            traded,
            averages: Averages { fast, slow },
            to,
        } = self;
        if crossing.row >= to {
            return;
        }
        let (fasts, slows) = (&fast[crossing.row..to], &slow[crossing.row..to]);
        let closes = traded.bars.close;
        let last = traded.end() - 1;
        let mut holder = crossing.holder;
        let mut above = u64::from(crossing.above);
        let mut row = crossing.row;
        let mut turn = |changes: u64, word: u64, row: usize| {
            let mut changes = changes;
            while changes != 0 {
                let place = changes.trailing_zeros();
                changes &= changes - 1;
                let at = row + place as usize;
                if at >= last {
                    return;
                }
                let next = narrow(at + 1);
                if word >> place & 1 == 1 {
                    if !holder.is_in() {
                        holder.enter(growth, next);
                    }
                } else if holder.is_in() {
                    // The way down counts only once the faster is below.
                    crossing.tied |= fast[at] == slow[at];
                    holder.leave(growth, closes, next);
                }
            }
        };
        let (fast_words, fast_rest) = fasts.as_chunks::<WORD>();
        let (slow_words, slow_rest) = slows.as_chunks::<WORD>();
        for (fast, slow) in fast_words.iter().zip(slow_words) {
            let word = mask(fast, slow);
            let mut changes = word ^ (word << 1 | above);
            above = word >> 63;
            if row < crossing.first {
                changes &= from_place(crossing.first - row);
            }
            if changes != 0 {
                turn(changes, word, row);
            }
            row += WORD;
        }
        if !fast_rest.is_empty() {
            let pairs = fast_rest.iter().zip(slow_rest).enumerate();
            let word = pairs.fold(0, |word, (i, (f, s))| word | u64::from(f > s) << i);
            let mut changes = word ^ (word << 1 | above);
            changes &= !from_place(fast_rest.len());
            if row < crossing.first {
                changes &= from_place(crossing.first - row);
            }
            turn(changes, word, row);
            row += fast_rest.len();
        }
        crossing.holder = holder;
        crossing.above = above == 1;
        crossing.row = row;
    }
}

/// The bits of places from `place` on.
#[inline(always)]
const fn from_place(place: usize) -> u64 {
    if place >= WORD { 0 } else { u64::MAX << place }
}

/// Bit `i` tells whether the faster stands above in row `i`.
#[inline(always)]
fn mask(fast: &[f64; WORD], slow: &[f64; WORD]) -> u64 {
    (0..WORD).fold(0, |mask, i| mask | u64::from(fast[i] > slow[i]) << i)
}

#[expect(clippy::cast_possible_truncation, reason = "rows fit in 32 bits")]
const fn narrow(row: usize) -> u32 {
    row as u32
}
