//! The bars that are traded, and where among them something can happen.

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

use crate::engine::Funding;
use crate::market::{Bars, highest, lowest};
use crate::stats::Backdrop;

const LANES: usize = 4;

/// The traded rows of one market, and what all sets of parameters ask of them.
#[derive(Debug)]
pub struct Traded<'a> {
    /// All bars up to the last traded one; those before `start` only feed indicators.
    pub(super) bars: Bars<'a>,
    pub(super) start: usize,
    pub(super) funding: &'a [Funding],
}

impl<'a> Traded<'a> {
    /// The rows of `bars` from `start` on, with the funding payments of the market.
    ///
    /// `None` when they cannot be simulated here: no row is left, or a bar has no volume, so that orders would wait.
    #[must_use]
    pub fn new(bars: Bars<'a>, start: usize, funding: &'a [Funding]) -> Option<Self> {
        let volume = bars.volume.get(start..)?;
        let trades_every_bar =
            bars.blocks.all_trade_from(start) || volume.iter().all(|volume| *volume > 0.0);
        if start == bars.len() || !trades_every_bar {
            return None;
        }
        Some(Self {
            bars,
            start,
            funding,
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
            let piece = self.bars.blocks.piece(row, to);
            row = piece.rows.end;
            if piece.low <= band_low || piece.high >= band_high {
                let first = piece.rows.start;
                let found = first_in(
                    &self.bars.low[piece.rows.clone()],
                    &self.bars.high[piece.rows],
                    band_low,
                    band_high,
                );
                if let Some(offset) = found {
                    return Some(first + offset);
                }
            }
        }
        None
    }

    /// Lowest low and highest high of `from..to`.
    #[inline(always)]
    pub(super) fn extremes(&self, from: usize, to: usize) -> (f64, f64) {
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        let mut row = from;
        while row < to {
            let piece = self.bars.blocks.piece(row, to);
            row = piece.rows.end;
            let (lowest, highest) = if piece.is_whole {
                (piece.low, piece.high)
            } else {
                (
                    lowest(&self.bars.low[piece.rows.clone()]),
                    highest(&self.bars.high[piece.rows]),
                )
            };
            low = low.min(lowest);
            high = high.max(highest);
        }
        (low, high)
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
