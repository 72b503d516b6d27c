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
        let halves = Sizes {
            newer: before.size as f64,
            older: before.size as f64,
        };
        let both = 2 * before.size;
        let odd = self.size > both;
        let oldest = if odd { both } else { before.size };
        let reach = if odd { single } else { before };
        self.defined = rows.min(reach.lines[0].len().saturating_sub(oldest));
        let newer = before.rows_back(0, self.defined);
        let older = before.rows_back(before.size, self.defined);
        let lines = self.lines.each_mut().map(|line| line.extend(self.defined));
        if odd {
            let with_row = Sizes {
                newer: both as f64,
                older: 1.0,
            };
            let rows = single.rows_back(both, self.defined);
            map(lines, [newer, older, rows], |[newer, older, row]| {
                S::join(S::join(newer, older, halves), row, with_row)
            });
        } else {
            map(lines, [newer, older], |[newer, older]| {
                S::join(newer, older, halves)
            });
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

/// Writes `function` of the summaries, four rows at a time so that they take all lanes.
#[inline(always)]
fn map<const K: usize, const N: usize>(
    mut lines: [&mut [f64]; K],
    inputs: [[&[f64]; K]; N],
    function: impl Fn([[f64; K]; N]) -> [f64; K],
) {
    const LANES: usize = 4;
    let rows = lines[0].len();
    let whole = rows - rows % LANES;
    for start in (0..whole).step_by(LANES) {
        let block =
            inputs.map(|lines| lines.map(|line| line.as_chunks::<LANES>().0[start / LANES]));
        let mut results = [[0.0; LANES]; K];
        for lane in 0..LANES {
            let summary = function(block.map(|lines| lines.map(|line| line[lane])));
            for (result, value) in results.iter_mut().zip(summary) {
                result[lane] = value;
            }
        }
        for (line, result) in lines.iter_mut().zip(results) {
            line[start..start + LANES].copy_from_slice(&result);
        }
    }
    for i in whole..rows {
        let summary = function(inputs.map(|lines| lines.map(|line| line[i])));
        for (line, value) in lines.iter_mut().zip(summary) {
            line[i] = value;
        }
    }
}
