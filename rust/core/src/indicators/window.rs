//! What is known of the last *n* rows, computed afresh for every window at the cost of log *n* steps.
//!
//! A summary of *2m* rows joins two summaries of *m* rows that lie side by side, and those are there already: one was
//! made for this row, the other for the row *m* before. So *n* is reached by doubling, with one more row where *n* is
//! odd on the way. Nothing is ever taken away again, so nothing drifts, and rounding stays that of a pairwise sum.

use super::history::History;

/// A summary of neighbouring rows in `K` numbers, one line each; made from rows of `I` columns.
pub(super) trait Summary<const I: usize, const K: usize> {
    /// Of single rows.
    fn of_rows(columns: [&[f64]; I], lines: [&mut [f64]; K]);

    /// Of neighbouring runs of `size` rows each.
    fn join(newer: [&[f64]; K], older: [&[f64]; K], size: f64, lines: [&mut [f64]; K]);

    /// Takes into summaries of `size` rows the one row before them.
    fn append(oldest: [&[f64]; K], size: f64, lines: [&mut [f64]; K]);
}

/// Summaries over a sliding window.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window<S, const I: usize, const K: usize> {
    /// From single rows to the whole window; each level joins two runs of the level before, and a row if it is odd.
    levels: Vec<Level<K>>,
    summary: std::marker::PhantomData<S>,
}

#[derive(Debug, Clone, PartialEq)]
struct Level<const K: usize> {
    size: usize,
    lines: [History; K],
    /// Rows of the newest piece that have a summary of this size.
    defined: usize,
}

impl<S: Summary<I, K>, const I: usize, const K: usize> Window<S, I, K> {
    /// A window over `period` rows, at least 1.
    pub(super) fn new(period: usize) -> Self {
        let doublings = period.ilog2();
        let levels = (0..=doublings).map(|level| {
            let size = period >> (doublings - level);
            let kept = if level == 0 { period } else { size };
            Level {
                size,
                lines: std::array::from_fn(|_| History::new(kept)),
                defined: 0,
            }
        });
        Self {
            levels: levels.collect(),
            summary: std::marker::PhantomData,
        }
    }

    /// Rows still to come before the window is full.
    pub(super) fn warm_up(&self) -> usize {
        let rows = self.levels[0].lines[0].len();
        (self.period() - 1).saturating_sub(rows)
    }

    /// Rows in the window.
    pub(super) fn period(&self) -> usize {
        self.levels[self.levels.len() - 1].size
    }

    /// Summaries of the window for the newest of the rows last taken; rows before them have none.
    #[inline(always)]
    pub(super) fn full(&self) -> [&[f64]; K] {
        self.newest(self.levels.len() - 1)
    }

    /// The same of half the window, rounded down.
    #[inline(always)]
    pub(super) fn half(&self) -> [&[f64]; K] {
        self.newest(self.levels.len() - 2)
    }

    #[inline(always)]
    fn newest(&self, level: usize) -> [&[f64]; K] {
        let level = &self.levels[level];
        level
            .lines
            .each_ref()
            .map(|line| line.back(0, level.defined))
    }

    /// Takes rows.
    #[inline(always)]
    pub(super) fn run(&mut self, columns: [&[f64]; I]) {
        let rows = columns[0].len();
        let [single, levels @ ..] = self.levels.as_mut_slice() else {
            return;
        };
        S::of_rows(columns, single.extend(rows));
        single.defined = rows;
        let mut before = &*single;
        for level in levels {
            level.join::<S, I>(rows, before, single);
            before = level;
        }
    }
}

impl<const K: usize> Level<K> {
    #[inline(always)]
    fn join<S: Summary<I, K>, const I: usize>(
        &mut self,
        rows: usize,
        before: &Self,
        single: &Self,
    ) {
        let both = 2 * before.size;
        let odd = self.size > both;
        self.defined = if odd {
            rows.min(single.lines[0].len().saturating_sub(both))
        } else {
            rows.min(before.lines[0].len().saturating_sub(before.size))
        };
        let count = self.defined;
        let newer = before.rows_back(0, count);
        let older = before.rows_back(before.size, count);
        let mut lines = self.extend(count);
        let written = lines.each_mut().map(|line| &mut **line);
        S::join(newer, older, before.size as f64, written);
        if odd {
            S::append(single.rows_back(both, count), both as f64, lines);
        }
    }

    /// Room for the next `count` summaries.
    #[inline(always)]
    fn extend(&mut self, count: usize) -> [&mut [f64]; K] {
        self.lines.each_mut().map(|line| line.extend(count))
    }

    /// `count` summaries, the last of them `back` rows before the newest.
    #[inline(always)]
    fn rows_back(&self, back: usize, count: usize) -> [&[f64]; K] {
        self.lines.each_ref().map(|line| line.back(back, count))
    }
}
