//! Wilder's smoothing of what is never negative: gains, losses, true ranges. The result is never negative either.

use super::blocks::{Blocks, Kernel, both};
use super::decay::{Decay, all_agree, all_turned, columns, row, rows};
use super::simd::{Rows, Vector};

/// What is smoothed, and what is made of it.
pub(super) trait Smoothed<const I: usize, const N: usize>: Copy {
    /// The inputs of a row, by it and the row before.
    fn inputs<V: Vector>(row: [V; I], before: [V; I]) -> [V; N];

    /// What to write, by the averages times the period.
    fn output<V: Vector>(&self, sums: [V; N]) -> V;
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

    /// Whether it goes on as another that has seen the same rows last.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        both(self.blocks.as_ref(), other.blocks.as_ref(), Blocks::agrees)
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
    const STAGGERED: bool = false;
    type Begun<V: Vector> = [Rows<V>; N];
    type Summed<V: Vector> = [Rows<V>; N];

    #[inline(always)]
    fn begin<V: Vector>(&self, rows: [Rows<V>; I], before: [Rows<V>; I]) -> [Rows<V>; N] {
        let mut inputs = all_turned(columns!(|j| S::inputs(row(&rows, j), row(&before, j))));
        for (rows, sum) in inputs.iter_mut().zip(&self.sums) {
            *rows = sum.partials(*rows);
        }
        inputs
    }

    #[inline(always)]
    fn sum<V: Vector>(&mut self, mut partials: [Rows<V>; N]) -> [Rows<V>; N] {
        for (rows, sum) in partials.iter_mut().zip(&mut self.sums) {
            *rows = sum.follow(*rows);
        }
        partials
    }

    #[inline(always)]
    fn end<V: Vector>(&mut self, _: [Rows<V>; I], sums: [Rows<V>; N]) -> [Rows<V>; 1] {
        let output = rows!(|j| self.smoothed.output(row(&sums, j)));
        [V::turned(output)]
    }

    fn agrees(&self, other: &Self) -> bool {
        all_agree(&self.sums, &other.sums)
    }
}
