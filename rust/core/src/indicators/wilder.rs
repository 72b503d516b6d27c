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

    /// Replaces every input by the average after it; inputs before the first average become NaN.
    #[inline(always)]
    pub(super) fn run(&mut self, inputs: &mut [f64]) {
        let lacking = (self.period - self.seen).min(inputs.len());
        let (seeding, rest) = inputs.split_at_mut(lacking);
        let n = self.period as f64;
        for input in seeding {
            self.sum += *input;
            self.seen += 1;
            *input = f64::NAN;
            if self.seen == self.period {
                *input = self.sum / n;
                self.average = Some(Decay::new((n - 1.0) / n, *input));
            }
        }
        if let Some(average) = &mut self.average {
            let weight = 1.0 / n;
            for input in &mut *rest {
                *input *= weight;
            }
            average.run(rest);
        }
    }
}
