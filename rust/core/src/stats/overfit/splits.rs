//! The splits of a cross-validation one by one: who won a half, how it ranked in the other, and what that sums to.

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
    /// Slope of the latter against the former over those splits: negative says that the better it looked, the worse it did.
    pub slope: Option<f64>,
    /// Share of splits in which the winner lost money in the other half.
    pub probability_of_loss: f64,
}

/// Finds the winner of one half and its place in the other.
struct Place<'a> {
    chosen_by: &'a [f64],
    judged_by: &'a [f64],
}

/// A winner: its Sharpe ratios, and how many sets lie below it and equal to it, itself included.
struct Winner {
    in_sample: f64,
    out_of_sample: f64,
    below: usize,
    equal: usize,
}

impl Work for Place<'_> {
    type Output = Option<Winner>;

    #[inline(always)]
    fn run(self) -> Option<Winner> {
        const LANES: usize = 8;
        let mut best = [f64::NEG_INFINITY; LANES];
        let (chunks, rest) = self.chosen_by.as_chunks::<LANES>();
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
        let in_sample = best.into_iter().fold(f64::NEG_INFINITY, f64::max);
        if in_sample == f64::NEG_INFINITY {
            return None;
        }
        let winner = self
            .chosen_by
            .iter()
            .position(|ratio| *ratio == in_sample)?;
        let out_of_sample = self.judged_by[winner];
        let (mut below, mut equal) = (0, 0);
        for ratio in self.judged_by {
            below += usize::from(*ratio < out_of_sample);
            equal += usize::from(*ratio == out_of_sample);
        }
        Some(Winner {
            in_sample,
            out_of_sample,
            below,
            equal,
        })
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
    #[inline]
    pub fn add(&mut self, chosen_by: &[f64], judged_by: &[f64]) {
        let sets = chosen_by.len();
        let Some(winner) = dispatch(Place {
            chosen_by,
            judged_by,
        }) else {
            return;
        };
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

    pub fn result(&self) -> Option<CrossValidation> {
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
            slope: (self.pairs > 1 && varies(spread, self.xx))
                .then(|| (self.xy - self.x * self.y / pairs) / spread),
            probability_of_loss: self.losses as f64 / splits,
        })
    }
}
