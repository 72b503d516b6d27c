//! Wilder's smoothing of what is never negative: gains, losses, true ranges. The result is never negative either.

use super::decay::Decay;

/// Mean of the first `period` inputs, then `(previous·(period − 1) + input) / period`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wilder {
    period: usize,
    seen: usize,
    sum: f64,
    average: Option<Decay>,
}

impl Wilder {
    pub(super) fn new(period: usize) -> Self {
        Self {
            period,
            seen: 0,
            sum: 0.0,
            average: None,
        }
    }

    /// Inputs still to come before the first average.
    pub(super) fn warm_up(&self) -> usize {
        (self.period - 1).saturating_sub(self.seen)
    }

    /// Writes the average of the `input` of every row where there is one.
    #[inline(always)]
    pub(super) fn run<const I: usize>(
        &mut self,
        columns: [&[f64]; I],
        line: &mut [f64],
        mut input: impl FnMut([f64; I]) -> f64,
    ) {
        let n = self.period as f64;
        let seeding = (self.period - self.seen).min(line.len());
        for i in 0..seeding {
            self.sum += input(columns.map(|column| column[i]));
            self.seen += 1;
            if self.seen == self.period {
                line[i] = self.sum / n;
                self.average = Some(Decay::new((n - 1.0) / n, line[i]));
            }
        }
        if let Some(average) = &mut self.average {
            let columns = columns.map(|column| &column[seeding..]);
            let weight = 1.0 / n;
            let weighted = |row: [f64; I]| weight * input(row);
            average.run(columns, &mut line[seeding..], weighted, |_, y| y);
        }
    }
}
