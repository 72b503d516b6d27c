//! Lowest low and highest high of blocks of bars, taken once when candles enter the core, so that runs read bars only where something can happen.

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

use std::ops::Range;

use crate::indicators::simd::{Work, dispatch};

/// Rows of a block.
const BLOCK: usize = 64;
const LANES: usize = 4;

/// The blocks of owned columns.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BlockColumns {
    lows: Vec<f64>,
    highs: Vec<f64>,
    /// One past the last row without volume.
    traded_since: usize,
}

impl BlockColumns {
    pub(super) fn of(low: &[f64], high: &[f64], volume: &[f64]) -> Self {
        let (lows, highs) = dispatch(Taking { low, high });
        let still = volume.iter().rposition(|volume| *volume <= 0.0);
        Self {
            lows,
            highs,
            traded_since: still.map_or(0, |row| row + 1),
        }
    }

    pub(super) fn view(&self) -> Blocks<'_> {
        Blocks {
            lows: &self.lows,
            highs: &self.highs,
            traded_since: self.traded_since,
            offset: 0,
        }
    }
}

/// The blocks that cover some rows; the first may begin before them and the last end behind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Blocks<'a> {
    lows: &'a [f64],
    highs: &'a [f64],
    traded_since: usize,
    /// Rows of the columns before the first one here.
    offset: usize,
}

/// Rows of one block, all or some of it.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub rows: Range<usize>,
    pub is_whole: bool,
    /// Lowest low and highest high of the whole block.
    pub low: f64,
    pub high: f64,
}

impl Blocks<'_> {
    /// From row `start` on.
    pub(super) fn from(mut self, start: usize) -> Self {
        self.offset += start;
        self
    }

    /// The rows of `row..to` that lie in the block of `row`.
    #[inline(always)]
    pub(crate) fn piece(&self, row: usize, to: usize) -> Piece {
        let block = (row + self.offset) / BLOCK;
        let end = to.min((block + 1) * BLOCK - self.offset);
        Piece {
            rows: row..end,
            is_whole: end - row == BLOCK,
            low: self.lows[block],
            high: self.highs[block],
        }
    }

    /// Whether every bar from `row` on has volume, those behind the last row here included; `false` tells nothing about those before it.
    pub(crate) const fn all_trade_from(&self, row: usize) -> bool {
        self.offset + row >= self.traded_since
    }
}

struct Taking<'a> {
    low: &'a [f64],
    high: &'a [f64],
}

impl Work for Taking<'_> {
    type Output = (Vec<f64>, Vec<f64>);

    #[inline(always)]
    fn run(self) -> Self::Output {
        let blocks = self.low.len().div_ceil(BLOCK);
        let (mut lows, mut highs) = (Vec::with_capacity(blocks), Vec::with_capacity(blocks));
        for (low, high) in self.low.chunks(BLOCK).zip(self.high.chunks(BLOCK)) {
            lows.push(lowest(low));
            highs.push(highest(high));
        }
        (lows, highs)
    }
}

#[inline(always)]
fn lowest(values: &[f64]) -> f64 {
    fold(values, f64::INFINITY, lower)
}

#[inline(always)]
fn highest(values: &[f64]) -> f64 {
    fold(values, 0.0, higher)
}

/// The lower of two prices: one instruction, where `f64::min` heeds NaN.
#[inline(always)]
pub(crate) fn lower(a: f64, b: f64) -> f64 {
    if b < a { b } else { a }
}

#[inline(always)]
pub(crate) fn higher(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_the_rows_of_any_slice_and_bound_their_prices() {
        let high: Vec<f64> = (0..300_u32)
            .map(|row| f64::from(row * 37 % 101) + 2.0)
            .collect();
        let low: Vec<f64> = high.iter().map(|high| high - 1.5).collect();
        let columns = BlockColumns::of(&low, &high, &vec![1.0; 300]);
        for (start, stop) in [
            (0, 300),
            (1, 299),
            (63, 65),
            (64, 128),
            (70, 71),
            (100, 300),
        ] {
            let blocks = columns.view().from(start);
            let mut row = 0;
            while row < stop - start {
                let piece = blocks.piece(row, stop - start);
                assert_eq!(piece.rows.start, row);
                assert!(piece.rows.end > row);
                let rows = start + piece.rows.start..start + piece.rows.end;
                let (low, high) = (lowest(&low[rows.clone()]), highest(&high[rows.clone()]));
                assert!(piece.low <= low && piece.high >= high);
                if piece.is_whole {
                    assert_eq!((rows.start % BLOCK, piece.low, piece.high), (0, low, high));
                }
                row = piece.rows.end;
            }
        }
    }

    #[test]
    fn a_bar_without_volume_is_remembered_for_every_slice() {
        let mut volume = vec![1.0; 200];
        volume[150] = 0.0;
        let columns = BlockColumns::of(&[1.0; 200], &[2.0; 200], &volume);
        assert!(!columns.view().all_trade_from(150));
        assert!(columns.view().all_trade_from(151));
        assert!(columns.view().from(100).all_trade_from(51));
        assert!(!columns.view().from(100).all_trade_from(50));
    }
}
