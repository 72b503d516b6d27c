//! The splits of a cross-validation one by one: who won a half, how it ranked in the other, and what that sums to.

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

use super::varies;
use crate::indicators::simd::{Work, dispatch};

/// What all splits together say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CrossValidation {
    /// Share of splits in which the winner of one half ranked in the lower half of the other (logit of its relative rank ≤ 0).
    pub probability: f64,
    /// Splits with a winner: all, unless every set lacks a Sharpe ratio in some half.
    pub splits: usize,
    /// Mean Sharpe ratio, per period, of the winners in the half that chose them.
    pub in_sample_sharpe: f64,
    /// The same in the other half, over the splits in which it is defined.
    pub out_of_sample_sharpe: Option<f64>,
    /// The median over all splits with a winner, of which one without a Sharpe ratio there is the lowest; `None` where that is the median.
    pub median_out_of_sample_sharpe: Option<f64>,
    /// Slope of the Sharpe ratios out of sample against those in sample over those splits: negative says that the better it looked, the worse it did.
    pub slope: Option<f64>,
    /// Share of splits in which the winner lost money in the other half.
    pub probability_of_loss: f64,
}

/// The winner of one half: its Sharpe ratios, and how many sets lie below it and equal to it in the other, itself included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Winner {
    in_sample: f64,
    out_of_sample: f64,
    below: usize,
    equal: usize,
}

impl Default for Winner {
    fn default() -> Self {
        Self {
            in_sample: f64::NEG_INFINITY,
            out_of_sample: f64::NEG_INFINITY,
            below: 0,
            equal: 0,
        }
    }
}

/// The middle value, of an even number the mean of the two; `None` where it is not finite.
fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    let is_even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    let lower = if is_even {
        below.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    } else {
        upper
    };
    Some(f64::midpoint(lower, upper)).filter(|median| median.is_finite())
}

impl Winner {
    /// Its Sharpe ratio in the half that judges, −∞ where it has none; `None` when no set won the half that chooses.
    pub fn out_of_sample(&self) -> Option<f64> {
        (self.in_sample > f64::NEG_INFINITY).then_some(self.out_of_sample)
    }

    /// Gives way to the best of further sets, if that is better.
    #[inline]
    pub fn meet(&mut self, chosen_by: &[f64], judged_by: &[f64]) {
        let best = dispatch(Best(chosen_by));
        if best > self.in_sample
            && let Some(place) = chosen_by.iter().position(|ratio| *ratio == best)
        {
            self.in_sample = best;
            self.out_of_sample = judged_by[place];
        }
    }

    /// Ranks it among sets.
    #[inline]
    pub fn rank(&mut self, judged_by: &[f64]) {
        let (below, equal) = dispatch(Ranks {
            judged_by,
            ratio: self.out_of_sample,
        });
        self.below += below;
        self.equal += equal;
    }
}

/// The highest ratio.
struct Best<'a>(&'a [f64]);

impl Work for Best<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        const LANES: usize = 8;
        let mut best = [f64::NEG_INFINITY; LANES];
        let (chunks, rest) = self.0.as_chunks::<LANES>();
        let mut take = |lane: usize, ratio: f64| {
            best[lane] = if ratio > best[lane] {
                ratio
            } else {
                best[lane]
            };
        };
        for chunk in chunks {
            for (lane, ratio) in chunk.iter().enumerate() {
                take(lane, *ratio);
            }
        }
        for (lane, ratio) in rest.iter().enumerate() {
            take(lane, *ratio);
        }
        best.into_iter().fold(f64::NEG_INFINITY, f64::max)
    }
}

/// How many ratios lie below one, and how many are equal to it.
struct Ranks<'a> {
    judged_by: &'a [f64],
    ratio: f64,
}

impl Work for Ranks<'_> {
    type Output = (usize, usize);

    #[inline(always)]
    fn run(self) -> (usize, usize) {
        let (mut below, mut equal) = (0, 0);
        for ratio in self.judged_by {
            below += usize::from(*ratio < self.ratio);
            equal += usize::from(*ratio == self.ratio);
        }
        (below, equal)
    }
}

/// What the splits seen so far sum to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    splits: usize,
    overfit: usize,
    losses: usize,
    in_sample: f64,
    /// Splits whose winner has a Sharpe ratio in both halves, and their sums x, y, x² and x·y.
    pairs: usize,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
}

impl Tally {
    /// Adds the winner among so many sets, if there was one.
    #[inline]
    pub fn add(&mut self, winner: &Winner, sets: usize) {
        if winner.in_sample == f64::NEG_INFINITY {
            return;
        }
        self.splits += 1;
        // Average rank below + (equal + 1)/2 over N + 1 is at most one half.
        self.overfit += usize::from(2 * winner.below + winner.equal <= sets);
        let (x, y) = (winner.in_sample, winner.out_of_sample);
        self.in_sample += x;
        if y > f64::NEG_INFINITY {
            self.losses += usize::from(y < 0.0);
            self.pairs += 1;
            self.x += x;
            self.y += y;
            self.xx += x * x;
            self.xy += x * y;
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.splits += other.splits;
        self.overfit += other.overfit;
        self.losses += other.losses;
        self.in_sample += other.in_sample;
        self.pairs += other.pairs;
        self.x += other.x;
        self.y += other.y;
        self.xx += other.xx;
        self.xy += other.xy;
    }

    /// What the splits say, with the Sharpe ratios of all winners out of sample.
    pub fn result(&self, mut out_of_sample: Vec<f64>) -> Option<CrossValidation> {
        if self.splits == 0 {
            return None;
        }
        let splits = self.splits as f64;
        let pairs = self.pairs as f64;
        let spread = self.xx - self.x * self.x / pairs;
        Some(CrossValidation {
            probability: self.overfit as f64 / splits,
            splits: self.splits,
            in_sample_sharpe: self.in_sample / splits,
            out_of_sample_sharpe: (self.pairs > 0).then(|| self.y / pairs),
            median_out_of_sample_sharpe: median(&mut out_of_sample),
            slope: (self.pairs > 1 && varies(spread, self.xx))
                .then(|| (self.xy - self.x * self.y / pairs) / spread),
            probability_of_loss: self.losses as f64 / splits,
        })
    }
}
