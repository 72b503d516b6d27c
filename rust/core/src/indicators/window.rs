//! Sums over the last *n* values that slide with them and do not drift.
//!
//! Each value is counted from a centre, a price of the window, and every few windows the centre is moved to the newest
//! price and the sums are made afresh. So rounding is that of price changes, not of prices, and none of it stays.
//! As in `decay`, sums within a block of four do not wait for the block before.

use super::history::History;

const BLOCK: usize = 4;

/// What is summed over a window, in `K` sums.
pub(super) trait Sums<const K: usize>: Copy {
    /// What a value adds, `position` rows after the oldest of the window.
    fn term(&self, position: f64, value: f64) -> [f64; K];

    /// The change of the sums since the block began, after one more value came in and the oldest left.
    fn slide(&self, change: [f64; K], moved: Moved) -> [f64; K];

    /// The sums: those `rows` before, and their change since.
    fn add(&self, before: [f64; K], rows: f64, change: [f64; K]) -> [f64; K];

    /// What is known of the window, by its sums.
    fn statistics(&self, centre: f64, sums: [f64; K]) -> [f64; K];
}

/// The value that came into the window, the one that left it, and what both count from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moved {
    pub(super) newest: f64,
    pub(super) oldest: f64,
    pub(super) centre: f64,
}

/// Statistics of a sliding window.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window<S, const K: usize> {
    sums: S,
    period: usize,
    values: History,
    centre: f64,
    /// Sums at the start of the open block, their change since, and the rows in it.
    anchor: [f64; K],
    change: [f64; K],
    place: usize,
    /// Rows until the sums are made afresh.
    fresh_for: usize,
    /// The statistics of the rows last taken.
    lines: [Vec<f64>; K],
}

impl<S: Sums<K>, const K: usize> Window<S, K> {
    /// A window over `period` values, at least 1.
    pub(super) fn new(period: usize, sums: S) -> Self {
        Self {
            sums,
            period,
            values: History::new(period),
            centre: 0.0,
            anchor: [0.0; K],
            change: [0.0; K],
            place: 0,
            fresh_for: 0,
            lines: [const { Vec::new() }; K],
        }
    }

    /// Values still to come before the window is full.
    pub(super) fn warm_up(&self) -> usize {
        (self.period - 1).saturating_sub(self.values.len())
    }

    /// Takes values; gives the statistics for the newest of them, those that end a full window.
    #[inline(always)]
    pub(super) fn run(&mut self, values: &[f64]) -> [&[f64]; K] {
        let warm_up = self.warm_up().min(values.len());
        self.values.extend(values);
        let rows = values.len() - warm_up;
        for line in &mut self.lines {
            line.resize(rows, 0.0);
        }
        let mut row = 0;
        while row < rows {
            if self.fresh_for == 0 {
                self.make_afresh(row, rows);
                row += 1;
            } else {
                let end = rows.min(row + self.fresh_for);
                self.slide(row, end, rows);
                row = end;
            }
        }
        self.lines.each_ref().map(Vec::as_slice)
    }

    /// Sums the window that ends with `row` of `rows`, about its newest value.
    #[inline(always)]
    fn make_afresh(&mut self, row: usize, rows: usize) {
        let window = self.values.back(rows - 1 - row, self.period);
        self.centre = window[self.period - 1];
        let (blocks, rest) = window.as_chunks::<BLOCK>();
        let mut lanes = [[0.0; K]; BLOCK];
        let mut position = 0.0;
        for block in blocks {
            for (lane, value) in lanes.iter_mut().zip(block) {
                *lane = total(*lane, self.sums.term(position, value - self.centre));
                position += 1.0;
            }
        }
        for value in rest {
            lanes[0] = total(lanes[0], self.sums.term(position, value - self.centre));
            position += 1.0;
        }
        self.anchor = total(total(lanes[0], lanes[1]), total(lanes[2], lanes[3]));
        self.change = [0.0; K];
        self.place = 0;
        self.fresh_for = BLOCK * self.period.max(64);
        let statistics = self.sums.statistics(self.centre, self.anchor);
        for (line, value) in self.lines.iter_mut().zip(statistics) {
            line[row] = value;
        }
    }

    /// Slides over the rows `row` to `end` of `rows`.
    #[inline(always)]
    fn slide(&mut self, row: usize, end: usize, rows: usize) {
        let count = end - row;
        self.fresh_for -= count;
        let newest = self.values.back(rows - end, count);
        let oldest = self.values.back(rows - end + self.period, count);
        let mut lines = self.lines.each_mut().map(|line| &mut line[row..end]);
        let mut slide = Slide {
            sums: self.sums,
            centre: self.centre,
            anchor: self.anchor,
            change: self.change,
            place: self.place,
        };
        let head = ((BLOCK - self.place) % BLOCK).min(count);
        let tail = count - (count - head) % BLOCK;
        for i in 0..head {
            slide.one(i, newest, oldest, &mut lines);
        }
        let (new, old) = (
            newest[head..tail].as_chunks().0,
            oldest[head..tail].as_chunks().0,
        );
        let mut blocks = lines
            .each_mut()
            .map(|line| line[head..tail].as_chunks_mut().0.iter_mut());
        for (new, old) in new.iter().zip(old) {
            let written = slide.block(*new, *old);
            for (blocks, values) in blocks.iter_mut().zip(written) {
                if let Some(block) = blocks.next() {
                    *block = values;
                }
            }
        }
        for i in tail..count {
            slide.one(i, newest, oldest, &mut lines);
        }
        (self.anchor, self.change, self.place) = (slide.anchor, slide.change, slide.place);
    }
}

/// The moving part of a window, held in registers while it slides.
struct Slide<S, const K: usize> {
    sums: S,
    centre: f64,
    anchor: [f64; K],
    change: [f64; K],
    place: usize,
}

impl<S: Sums<K>, const K: usize> Slide<S, K> {
    /// Slides by one row within the open block.
    #[inline(always)]
    fn one(&mut self, i: usize, newest: &[f64], oldest: &[f64], lines: &mut [&mut [f64]; K]) {
        let moved = Moved {
            newest: newest[i],
            oldest: oldest[i],
            centre: self.centre,
        };
        self.change = self.sums.slide(self.change, moved);
        self.place += 1;
        let now = self.sums.add(self.anchor, self.place as f64, self.change);
        let statistics = self.sums.statistics(self.centre, now);
        for (line, value) in lines.iter_mut().zip(statistics) {
            line[i] = value;
        }
        if self.place == BLOCK {
            (self.anchor, self.change, self.place) = (now, [0.0; K], 0);
        }
    }

    /// Slides over a whole block.
    #[inline(always)]
    fn block(&mut self, newest: [f64; BLOCK], oldest: [f64; BLOCK]) -> [[f64; BLOCK]; K] {
        let mut change = [0.0; K];
        let mut changes = [[0.0; K]; BLOCK];
        for j in 0..BLOCK {
            let moved = Moved {
                newest: newest[j],
                oldest: oldest[j],
                centre: self.centre,
            };
            change = self.sums.slide(change, moved);
            changes[j] = change;
        }
        let mut written = [[0.0; BLOCK]; K];
        for j in 0..BLOCK {
            let now = self.sums.add(self.anchor, (j + 1) as f64, changes[j]);
            let statistics = self.sums.statistics(self.centre, now);
            for k in 0..K {
                written[k][j] = statistics[k];
            }
        }
        self.anchor = self.sums.add(self.anchor, BLOCK as f64, change);
        written
    }
}

#[inline(always)]
fn total<const K: usize>(mut a: [f64; K], b: [f64; K]) -> [f64; K] {
    for k in 0..K {
        a[k] += b[k];
    }
    a
}
