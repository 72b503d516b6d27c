//! Wilder's smoothing of what is never negative: gains, losses, true ranges. The result is never negative either.

use super::blocks::{Blocks, Kernel};
use super::decay::{Decay, Lanes, columns, lanes, row};

/// What is smoothed, and what is made of it.
pub(super) trait Smoothed<const I: usize, const N: usize>: Copy {
    /// The inputs of a row, by it and the row before.
    fn inputs(row: [f64; I], before: [f64; I]) -> [f64; N];

    /// What to write, by the averages times the period.
    fn output(&self, sums: [f64; N]) -> f64;
}

/// Of each of `N` inputs the mean of the first `period`, then `(previous·(period − 1) + input) / period`; the first row
/// has no row before, so it has no inputs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wilder<S, const I: usize, const N: usize> {
    period: usize,
    smoothing: Smoothing<S, N>,
    /// The newest row, and how many inputs were seen, until blocks begin.
    before: Option<[f64; I]>,
    seen: usize,
    blocks: Option<Blocks<Smoothing<S, N>, I>>,
}

impl<S: Smoothed<I, N>, const I: usize, const N: usize> Wilder<S, I, N> {
    pub(super) fn new(period: usize, smoothed: S) -> Self {
        let n = period as f64;
        Self {
            period,
            smoothing: Smoothing {
                smoothed,
                sums: [Decay::new((n - 1.0) / n, 0.0); N],
            },
            before: None,
            seen: 0,
            blocks: None,
        }
    }

    /// Rows still to come before the first average.
    pub(super) fn warm_up(&self) -> usize {
        usize::from(self.before.is_none()) + (self.period - 1).saturating_sub(self.seen)
    }

    /// Takes the next rows and writes the outputs, where there are averages.
    #[inline(always)]
    pub(super) fn run(&mut self, columns: [&[f64]; I], line: &mut [f64]) {
        let mut next = 0;
        while self.blocks.is_none() && next < line.len() {
            let row = columns.map(|column| column[next]);
            if let Some(before) = self.before.replace(row) {
                let Smoothing { smoothed, sums, .. } = &mut self.smoothing;
                for (sum, input) in sums.iter_mut().zip(S::inputs(row, before)) {
                    sum.add(input);
                }
                self.seen += 1;
                if self.seen == self.period {
                    line[next] = smoothed.output(sums.each_ref().map(Decay::value));
                    self.blocks = Some(Blocks::new(self.smoothing, row));
                }
            }
            next += 1;
        }
        if let Some(blocks) = &mut self.blocks {
            let columns = columns.map(|column| &column[next..]);
            blocks.run(columns, [&mut line[next..]]);
        }
    }
}

/// The averages, times the period.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Smoothing<S, const N: usize> {
    smoothed: S,
    sums: [Decay; N],
}

impl<S: Smoothed<I, N>, const I: usize, const N: usize> Kernel<I, 1> for Smoothing<S, N> {
    #[inline(always)]
    fn block(&mut self, rows: [Lanes; I], before: [Lanes; I]) -> [Lanes; 1] {
        let mut sums = columns!(|j| S::inputs(row(&rows, j), row(&before, j)); N);
        for (lanes, sum) in sums.iter_mut().zip(&mut self.sums) {
            *lanes = sum.run(*lanes);
        }
        [lanes!(|j| self.smoothed.output(row(&sums, j)))]
    }
}
