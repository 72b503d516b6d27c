//! The bars that are traded, with the extremes of their blocks, so that a simulation reads only where something can happen.

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

use crate::engine::Funding;
use crate::indicators::simd::{Work, dispatch};
use crate::market::Bars;
use crate::stats::Backdrop;

/// Rows of a block.
pub(super) const BLOCK: usize = 64;
const LANES: usize = 4;

/// The traded rows of one market, and what all sets of parameters ask of them.
#[derive(Debug)]
pub struct Traded<'a> {
    /// All bars up to the last traded one; those before `start` only feed indicators.
    pub(super) bars: Bars<'a>,
    pub(super) start: usize,
    pub(super) funding: &'a [Funding],
    /// Lowest low and highest high of each block of rows, counted from the first bar.
    lows: Vec<f64>,
    highs: Vec<f64>,
}

impl<'a> Traded<'a> {
    /// The rows of `bars` from `start` on, with the funding payments of the market.
    ///
    /// `None` when they cannot be simulated here: no row is left, or a bar has no volume, so that orders would wait.
    #[must_use]
    pub fn new(bars: Bars<'a>, start: usize, funding: &'a [Funding]) -> Option<Self> {
        let trades_every_bar = bars.volume.get(start..)?.iter().all(|volume| *volume > 0.0);
        if start == bars.len() || !trades_every_bar {
            return None;
        }
        let (lows, highs) = dispatch(Extremes(bars));
        Some(Self {
            bars,
            start,
            funding,
            lows,
            highs,
        })
    }

    /// What the metrics of all curves over the traded rows have in common; buying and holding the market is their benchmark.
    #[must_use]
    pub fn backdrop(&self) -> Backdrop {
        let bars = self.bars.slice(self.start, self.end());
        Backdrop::new(bars.open_time_ns, bars.close, bars.interval)
    }

    /// One past the last row.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.bars.len()
    }

    /// The first row of `from..to` that reaches down to `band_low` or up to `band_high`.
    #[inline(always)]
    pub(super) fn first_outside(
        &self,
        from: usize,
        to: usize,
        band_low: f64,
        band_high: f64,
    ) -> Option<usize> {
        if band_low <= 0.0 && band_high == f64::INFINITY {
            return None;
        }
        let mut row = from;
        while row < to {
            let block = row / BLOCK;
            let end = to.min((block + 1) * BLOCK);
            if self.lows[block] <= band_low || self.highs[block] >= band_high {
                let found = first_in(
                    &self.bars.low[row..end],
                    &self.bars.high[row..end],
                    band_low,
                    band_high,
                );
                if let Some(offset) = found {
                    return Some(row + offset);
                }
            }
            row = end;
        }
        None
    }

    /// Lowest low and highest high of `from..to`.
    #[inline(always)]
    pub(super) fn extremes(&self, from: usize, to: usize) -> (f64, f64) {
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        let mut row = from;
        while row < to {
            let block = row / BLOCK;
            let end = to.min((block + 1) * BLOCK);
            let (lowest, highest) = if end - row == BLOCK {
                (self.lows[block], self.highs[block])
            } else {
                (
                    lowest(&self.bars.low[row..end]),
                    highest(&self.bars.high[row..end]),
                )
            };
            low = low.min(lowest);
            high = high.max(highest);
            row = end;
        }
        (low, high)
    }
}

/// Lowest low and highest high of each block.
struct Extremes<'a>(Bars<'a>);

impl Work for Extremes<'_> {
    type Output = (Vec<f64>, Vec<f64>);

    #[inline(always)]
    fn run(self) -> Self::Output {
        let Self(bars) = self;
        let blocks = bars.len().div_ceil(BLOCK);
        let (mut lows, mut highs) = (Vec::with_capacity(blocks), Vec::with_capacity(blocks));
        for (low, high) in bars.low.chunks(BLOCK).zip(bars.high.chunks(BLOCK)) {
            lows.push(lowest(low));
            highs.push(highest(high));
        }
        (lows, highs)
    }
}

/// The first row of part of a block that leaves the band.
#[inline(always)]
fn first_in(lows: &[f64], highs: &[f64], band_low: f64, band_high: f64) -> Option<usize> {
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "no branch, so that lanes compile to vector comparisons"
    )]
    let leaves = |low: f64, high: f64| (low <= band_low) | (high >= band_high);
    let lanes = lows.chunks(2 * LANES).zip(highs.chunks(2 * LANES));
    for (index, (lows, highs)) in lanes.enumerate() {
        let any = lows
            .iter()
            .zip(highs)
            .fold(false, |any, (low, high)| any | leaves(*low, *high));
        if any {
            let place = lows
                .iter()
                .zip(highs)
                .position(|(low, high)| leaves(*low, *high));
            return place.map(|place| index * 2 * LANES + place);
        }
    }
    None
}

#[inline(always)]
fn lowest(values: &[f64]) -> f64 {
    let pick = |a: f64, b: f64| if b < a { b } else { a };
    fold(values, f64::INFINITY, pick)
}

#[inline(always)]
fn highest(values: &[f64]) -> f64 {
    let pick = |a: f64, b: f64| if b > a { b } else { a };
    fold(values, 0.0, pick)
}

/// An extreme, in lanes.
#[inline(always)]
fn fold(values: &[f64], start: f64, pick: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [start; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = pick(*lane, *value);
        }
    }
    let across = lanes.into_iter().fold(start, &pick);
    rest.iter()
        .fold(across, |extreme, value| pick(extreme, *value))
}
