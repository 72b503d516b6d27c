//! Wilder's moving average: an exponential average whose newest value weighs `1 / n`.

use super::ema::Ema;
use super::rule::{Rule, batch, checked_period, defined, step};
use crate::error::Result;

/// Wilder's average `(previous·(period − 1) + value) / period`; the first value is the mean of the first `period`.
///
/// # Errors
/// A period of 0; a NaN after the first number, or an infinity, in `values`.
///
/// ```
/// use spark_stacker_core::indicators::rma;
/// let average = rma(&[1.0, 3.0, 6.0], 2)?;
/// assert!(average[0].is_nan());
/// assert_eq!(average[1..], [2.0, 4.0]);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn rma(values: &[f64], period: usize) -> Result<Vec<f64>> {
    let [average] = batch(Rma::new(period)?, [values])?;
    Ok(average)
}

/// [`rma`], a value at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Rma {
    average: Ema,
}

impl Rma {
    /// An average that has seen nothing.
    ///
    /// # Errors
    /// A period of 0.
    pub fn new(period: usize) -> Result<Self> {
        let period = checked_period("period", period, 1)?;
        Ok(Self {
            average: Ema::with_weight(period, 1.0 / period as f64),
        })
    }

    /// Takes the next value, which must be finite.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        let [average] = step(self, [value]);
        defined(average)
    }
}

impl Rule<1, 1> for Rma {
    const COLUMNS: [&'static str; 1] = ["values"];

    fn warm_up(&self) -> usize {
        self.average.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, values: [&[f64]; 1], average: [&mut [f64]; 1]) {
        self.average.run(values, average);
    }

    fn agrees(&self, other: &Self) -> bool {
        self.average.agrees(&other.average)
    }
}
