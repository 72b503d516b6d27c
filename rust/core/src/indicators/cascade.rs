//! An exponential average of an exponential average, and so on: what TEMA and T3 are made of.

use super::ema::Ema;
use super::rule::Rule;
use crate::error::Result;

/// `N` exponential averages of one period, each of the one before.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cascade<const N: usize> {
    stages: [Ema; N],
    lines: [Vec<f64>; N],
}

impl<const N: usize> Cascade<N> {
    pub(super) fn new(period: usize) -> Result<Self> {
        let stage = Ema::new(period)?;
        Ok(Self {
            stages: std::array::from_fn(|_| stage.clone()),
            lines: [const { Vec::new() }; N],
        })
    }

    /// Rows still to come before the last average.
    pub(super) fn warm_up(&self) -> usize {
        self.stages.iter().map(Rule::warm_up).sum()
    }

    /// The averages of the next rows, and the first row that has them all.
    #[inline(always)]
    pub(super) fn run(&mut self, values: &[f64]) -> ([&[f64]; N], usize) {
        let rows = values.len();
        let mut first = 0;
        for n in 0..N {
            let (before, lines) = self.lines.split_at_mut(n);
            let input = before.last().map_or(values, |line| &line[..rows]);
            let line = &mut lines[0];
            if line.len() < rows {
                line.resize(rows, f64::NAN);
            }
            let start = first;
            first = rows.min(start + self.stages[n].warm_up());
            self.stages[n].run([&input[start..rows]], [&mut line[start..rows]]);
        }
        (self.lines.each_ref().map(|line| &line[..rows]), first)
    }
}
