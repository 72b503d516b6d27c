//! Wilder's smoothing of what is never negative: gains, losses, true ranges. The result is never negative either.

use super::decay::Decay;

/// Mean of the first `period` inputs, then `(previous·(period − 1) + input) / period`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wilder {
    period: usize,
    seen: usize,
    sum: f64,
    /// The average times `period`, once seeded.
    smoothed: Option<Decay>,
}

impl Wilder {
    pub(super) fn new(period: usize) -> Self {
        Self {
            period,
            seen: 0,
            sum: 0.0,
            smoothed: None,
        }
    }

    /// Inputs still to come before the first average.
    pub(super) fn warm_up(&self) -> usize {
        (self.period - 1).saturating_sub(self.seen)
    }

    /// Takes `input(row)` of every row of the columns; writes `output(row, average)` where there is an average.
    #[inline(always)]
    pub(super) fn run<const I: usize>(
        &mut self,
        columns: [&[f64]; I],
        line: &mut [f64],
        input: impl Fn([f64; I]) -> f64,
        output: impl Fn([f64; I], f64) -> f64,
    ) {
        let n = self.period as f64;
        let weight = 1.0 / n;
        let seeding = (self.period - self.seen).min(line.len());
        for (i, line) in line[..seeding].iter_mut().enumerate() {
            let row = columns.map(|column| column[i]);
            self.sum += input(row);
            self.seen += 1;
            if self.seen == self.period {
                *line = output(row, weight * self.sum);
                self.smoothed = Some(Decay::new((n - 1.0) / n, self.sum));
            }
        }
        if let Some(sum) = &mut self.smoothed {
            let columns = columns.map(|column| &column[seeding..]);
            let output = |row, sum| output(row, weight * sum);
            sum.run(columns, &mut line[seeding..], input, output);
        }
    }
}
