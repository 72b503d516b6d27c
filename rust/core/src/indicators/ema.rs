//! Exponential moving average, seeded by the mean of the first *n* values.

use super::decay::Decay;
use super::rule::{Rule, batch, checked_period, defined, step};
use crate::error::Result;

/// Exponential moving average with the weight `2 / (period + 1)`; the first value is the mean of the first `period`.
///
/// # Errors
/// A period of 0; a NaN after the first number, or an infinity, in `values`.
///
/// ```
/// use spark_stacker_core::indicators::ema;
/// let average = ema(&[1.0, 2.0, 3.0, 8.0], 3)?;
/// assert!(average[1].is_nan());
/// assert_eq!(average[2..], [2.0, 5.0]);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn ema(values: &[f64], period: usize) -> Result<Vec<f64>> {
    let [average] = batch(Ema::new(period)?, [values])?;
    Ok(average)
}

/// [`ema`], a value at a time.
///
/// What it keeps is the average's distance from the newest value. That distance is zero in a market that stands
/// still, so there the average equals the price to the last bit, and two averages never cross by rounding.
#[derive(Debug, Clone, PartialEq)]
pub struct Ema {
    period: usize,
    /// Weight of the average before.
    retained: f64,
    /// Values seen while seeding, and their sum counted from the first.
    seen: usize,
    first: f64,
    sum: f64,
    newest: f64,
    /// Average minus newest value, over `retained`, once seeded.
    distance: Option<Decay>,
}

impl Ema {
    /// An average that has seen nothing.
    ///
    /// # Errors
    /// A period of 0.
    pub fn new(period: usize) -> Result<Self> {
        let period = checked_period("period", period, 1)?;
        Ok(Self::with_weight(period, 2.0 / (period as f64 + 1.0)))
    }

    /// An average seeded by the mean of `period` values, the newest weighing `weight` from then on.
    pub(super) fn with_weight(period: usize, weight: f64) -> Self {
        Self {
            period,
            retained: 1.0 - weight,
            seen: 0,
            first: 0.0,
            sum: 0.0,
            newest: 0.0,
            distance: None,
        }
    }

    /// Takes the next value, which must be finite.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        let [average] = step(self, [value]);
        defined(average)
    }

    /// Writes `output(value, distance)` where there is an average, `distance` being that of the average from the value.
    #[inline(always)]
    pub(super) fn run_distances(
        &mut self,
        values: &[f64],
        line: &mut [f64],
        output: impl Fn(f64, f64) -> f64,
    ) {
        let seeding = (self.period - self.seen).min(values.len());
        for (line, &value) in line.iter_mut().zip(&values[..seeding]) {
            if let Some(distance) = self.seed(value) {
                *line = output(value, distance);
            }
        }
        let (values, line) = (&values[seeding..], &mut line[seeding..]);
        if let (Some(decay), Some((&newest, before))) = (&mut self.distance, values.split_last()) {
            let retained = self.retained;
            // d' = b·(d + x − x'), so what decays is d / b.
            let moved_back = |[before, value]: [f64; 2]| before - value;
            let output = |[_, value]: [f64; 2], decayed| output(value, retained * decayed);
            let (first, rest) = line.split_at_mut(1);
            decay.run([&[self.newest], &values[..1]], first, moved_back, output);
            decay.run([before, &values[1..]], rest, moved_back, output);
            self.newest = newest;
        }
    }

    /// Takes a value of the seed; the last one gives the first distance.
    #[inline(always)]
    fn seed(&mut self, value: f64) -> Option<f64> {
        if self.seen == 0 {
            self.first = value;
        }
        self.seen += 1;
        self.sum += value - self.first;
        if self.seen < self.period {
            return None;
        }
        let distance = self.sum / self.period as f64 + (self.first - value);
        self.newest = value;
        // A period of 1 retains nothing, and the distance is 0.
        let start = if self.retained > 0.0 {
            distance / self.retained
        } else {
            0.0
        };
        self.distance = Some(Decay::new(self.retained, start));
        Some(distance)
    }
}

impl Rule<1, 1> for Ema {
    const COLUMNS: [&'static str; 1] = ["values"];

    fn warm_up(&self) -> usize {
        (self.period - 1).saturating_sub(self.seen)
    }

    #[inline(always)]
    fn run(&mut self, [values]: [&[f64]; 1], [average]: [&mut [f64]; 1]) {
        self.run_distances(values, average, |value, distance| value + distance);
    }
}
