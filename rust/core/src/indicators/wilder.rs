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

    /// Writes the average of `input(value)` for every value where there is one.
    #[inline(always)]
    pub(super) fn run(
        &mut self,
        values: &[f64],
        line: &mut [f64],
        mut input: impl FnMut(f64) -> f64,
    ) {
        let n = self.period as f64;
        let weight = 1.0 / n;
        let seeding = (self.period - self.seen).min(line.len());
        for (line, &value) in line.iter_mut().zip(&values[..seeding]) {
            self.sum += input(value);
            self.seen += 1;
            if self.seen == self.period {
                *line = weight * self.sum;
                self.smoothed = Some(Decay::new((n - 1.0) / n, self.sum));
            }
        }
        if let Some(mut sum) = self.smoothed {
            let average = |_, sum| weight * sum;
            sum.run(&values[seeding..], &mut line[seeding..], input, average);
            self.smoothed = Some(sum);
        }
    }
}
