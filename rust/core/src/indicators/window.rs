//! What is known of the last *n* rows, computed afresh for every window at the cost of log *n* steps.
//!
//! A summary of *2m* rows joins two summaries of *m* rows that lie side by side, and those are there already: one was
//! made for this row, the other for the row *m* before. So *n* is reached by doubling, with one more row where *n* is
//! odd on the way. Nothing is ever taken away again, so nothing drifts, and rounding stays that of a pairwise sum.

use super::history::History;

/// A summary of neighbouring rows in `K` numbers, made from rows of `I` columns.
pub(super) trait Summary<const I: usize, const K: usize> {
    /// Of one row.
    fn of_row(row: [f64; I]) -> [f64; K];

    /// Of two neighbouring runs of rows.
    fn join(newer: [f64; K], older: [f64; K], sizes: Sizes) -> [f64; K];
}

/// Rows in two runs that are joined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sizes {
    pub(super) newer: f64,
    pub(super) older: f64,
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
            .map(|line| line.newest(level.defined))
    }

    /// Takes rows.
    #[inline(always)]
    pub(super) fn run(&mut self, columns: [&[f64]; I]) {
        let rows = columns[0].len();
        let [single, levels @ ..] = self.levels.as_mut_slice() else {
            return;
        };
        let mut lines = single.lines.each_mut().map(|line| line.extend(rows));
        for i in 0..rows {
            let summary = S::of_row(std::array::from_fn(|c| columns[c][i]));
            for (line, value) in lines.iter_mut().zip(summary) {
                line[i] = value;
            }
        }
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
        let join = Join {
            newer: before.rows_back(0, self.defined),
            older: before.rows_back(before.size, self.defined),
            oldest: odd.then(|| single.rows_back(both, self.defined)),
            size: before.size as f64,
        };
        let mut lines = self.lines.each_mut().map(|line| line.extend(self.defined));
        let whole = self.defined - self.defined % LANES;
        for start in (0..whole).step_by(LANES) {
            join.write::<S, I, LANES>(&mut lines, start);
        }
        for i in whole..self.defined {
            join.write::<S, I, 1>(&mut lines, i);
        }
    }

    /// `count` summaries, the last of them `back` rows before the newest.
    #[inline(always)]
    fn rows_back(&self, back: usize, count: usize) -> [&[f64]; K] {
        self.lines
            .each_ref()
            .map(|line| &line.newest(back + count)[..count])
    }
}

/// Rows worked on together.
const LANES: usize = 4;

/// Two runs of `size` rows each, and the row before them where the joined size is odd.
struct Join<'a, const K: usize> {
    newer: [&'a [f64]; K],
    older: [&'a [f64]; K],
    oldest: Option<[&'a [f64]; K]>,
    size: f64,
}

impl<const K: usize> Join<'_, K> {
    /// Writes `N` summaries from row `start` on.
    #[inline(always)]
    fn write<S: Summary<I, K>, const I: usize, const N: usize>(
        &self,
        lines: &mut [&mut [f64]; K],
        start: usize,
    ) {
        let halves = Sizes {
            newer: self.size,
            older: self.size,
        };
        let mut joined = rows_at::<K, N>(&self.newer, start);
        let older = rows_at::<K, N>(&self.older, start);
        for i in 0..N {
            joined[i] = S::join(joined[i], older[i], halves);
        }
        if let Some(oldest) = &self.oldest {
            let with_row = Sizes {
                newer: 2.0 * self.size,
                older: 1.0,
            };
            let oldest = rows_at::<K, N>(oldest, start);
            for i in 0..N {
                joined[i] = S::join(joined[i], oldest[i], with_row);
            }
        }
        for k in 0..K {
            let line = &mut lines[k][start..start + N];
            for i in 0..N {
                line[i] = joined[i][k];
            }
        }
    }
}

/// `N` summaries from row `start` on.
#[inline(always)]
fn rows_at<const K: usize, const N: usize>(lines: &[&[f64]; K], start: usize) -> [[f64; K]; N] {
    let mut rows = [[0.0; K]; N];
    for k in 0..K {
        let line = &lines[k][start..start + N];
        for i in 0..N {
            rows[i][k] = line[i];
        }
    }
    rows
}
