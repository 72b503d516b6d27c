//! The bars that are traded, and where among them something can happen.

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

use std::ops::Range;

use crate::engine::Funding;
use crate::indicators::simd::fetch_page_ahead;
use crate::market::{Bars, higher, lower};

pub(super) const LANES: usize = 4;
type Lanes = [f64; LANES];

/// The traded rows of one market, and what all sets of parameters ask of them.
#[derive(Debug)]
pub struct Traded<'a> {
    /// All bars up to the last traded one; those before `start` only feed indicators.
    pub(super) bars: Bars<'a>,
    pub(super) start: usize,
    pub(super) funding: &'a [Funding],
    /// They are simulated once, so that no cache holds them yet.
    once: bool,
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
            once: false,
        })
    }

    /// The same for a single simulation, which comes by bars that no cache holds yet.
    #[must_use]
    pub const fn once(self) -> Self {
        Self { once: true, ..self }
    }

    /// The rows that are traded.
    #[must_use]
    pub const fn rows(&self) -> Range<usize> {
        self.start..self.bars.len()
    }

    /// One past the last row.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.bars.len()
    }

    /// Has the cache fetch bars a page behind these, where it does not hold them yet.
    #[inline(always)]
    pub(super) fn fetch_ahead(&self, rows: Range<usize>) {
        if self.once {
            for column in [self.bars.close, self.bars.low, self.bars.high] {
                fetch_page_ahead(column, rows.clone());
            }
        }
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

    /// Appends what `value` makes of each close of some rows; gives their lowest low and highest high.
    #[inline(always)]
    pub(super) fn follow(
        &self,
        rows: Range<usize>,
        values: &mut Vec<f64>,
        value: impl Fn(f64) -> f64,
    ) -> (f64, f64) {
        append(values, &self.bars.close[rows.clone()], value);
        let mut seen = Seen::default();
        let mut row = rows.start;
        while row < rows.end {
            let piece = self.bars.blocks.piece(row, rows.end);
            row = piece.rows.end;
            if piece.is_whole {
                seen.take(&[piece.low; LANES], &[piece.high; LANES]);
            } else {
                let lows = &self.bars.low[piece.rows.clone()];
                seen.take_rows(lows, &self.bars.high[piece.rows]);
            }
        }
        seen.across()
    }
}

/// Appends what `value` makes of each close.
#[inline(always)]
fn append(values: &mut Vec<f64>, closes: &[f64], value: impl Fn(f64) -> f64) {
    let (whole, rest) = closes.as_chunks::<LANES>();
    for closes in whole {
        values.extend_from_slice(&closes.map(&value));
    }
    match closes.last_chunk::<LANES>() {
        _ if rest.is_empty() => {}
        // Some of them a second time: sooner than one by one.
        Some(closes) => {
            values.truncate(values.len() + rest.len() - LANES);
            values.extend_from_slice(&closes.map(&value));
        }
        None => values.extend(rest.iter().map(|close| value(*close))),
    }
}

/// Lowest and highest prices, in lanes.
struct Seen {
    low: Lanes,
    high: Lanes,
}

impl Default for Seen {
    #[inline(always)]
    fn default() -> Self {
        Self {
            low: [f64::INFINITY; LANES],
            high: [0.0; LANES],
        }
    }
}

impl Seen {
    #[inline(always)]
    fn take_rows(&mut self, lows: &[f64], highs: &[f64]) {
        let whole = lows.as_chunks::<LANES>().0;
        for (low, high) in whole.iter().zip(highs.as_chunks::<LANES>().0) {
            self.take(low, high);
        }
        if let (Some(low), Some(high)) = (lows.last_chunk(), highs.last_chunk()) {
            self.take(low, high);
        } else {
            for (low, high) in lows.iter().zip(highs) {
                self.take(&[*low; LANES], &[*high; LANES]);
            }
        }
    }

    #[inline(always)]
    fn take(&mut self, low: &Lanes, high: &Lanes) {
        for lane in 0..LANES {
            self.low[lane] = lower(self.low[lane], low[lane]);
            self.high[lane] = higher(self.high[lane], high[lane]);
        }
    }

    #[inline(always)]
    fn across(self) -> (f64, f64) {
        let (low, high) = (self.low, self.high);
        (
            lower(lower(low[0], low[1]), lower(low[2], low[3])),
            higher(higher(high[0], high[1]), higher(high[2], high[3])),
        )
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
