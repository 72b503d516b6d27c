//! Weighted moving average: weights 1 for the oldest of *n* values to *n* for the newest.

use super::moments::Trend;
use super::rule::{Rule, batch, checked_period, defined, step};
use super::window::Window;
use crate::error::Result;

/// Linearly weighted mean of the last `period` values; NaN before there are so many.
///
/// # Errors
/// A period of 0; a NaN after the first number, or an infinity, in `values`.
///
/// ```
/// use spark_stacker_core::indicators::wma;
/// let average = wma(&[1.0, 4.0, 7.0], 2)?;
/// assert!(average[0].is_nan());
/// assert_eq!(average[1..], [3.0, 6.0]);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn wma(values: &[f64], period: usize) -> Result<Vec<f64>> {
    let [average] = batch(Wma::new(period)?, [values])?;
    Ok(average)
}

/// [`wma`], a value at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Wma {
    window: Window<Trend, 2>,
    period: usize,
    moments: Vec<f64>,
}

impl Wma {
    /// An empty window.
    ///
    /// # Errors
    /// A period of 0.
    pub fn new(period: usize) -> Result<Self> {
        let period = checked_period("period", period, 1)?;
        Ok(Self {
            window: Window::new(period, Trend::new(period)),
            period,
            moments: Vec::new(),
        })
    }

    /// Takes the next value, which must be finite.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        let [average] = step(self, [value]);
        defined(average)
    }
}

impl Rule<1, 1> for Wma {
    const COLUMNS: [&'static str; 1] = ["values"];

    fn warm_up(&self) -> usize {
        self.window.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, [values]: [&[f64]; 1], [average]: [&mut [f64]; 1]) {
        self.moments.resize(values.len(), 0.0);
        let n = self.period as f64;
        // The weight of a value is (n + 1)/2 and its position from the middle; all of them add up to n·(n + 1)/2.
        let (per_sum, per_moment) = (1.0 / n, 2.0 / (n * (n + 1.0)));
        let lines = [average, &mut self.moments];
        self.window.run(values, lines, |stretch, [sums, moments]| {
            for (sum, moment) in sums.iter_mut().zip(moments) {
                let mean = sum.mul_add(per_sum, stretch.centre);
                *sum = moment.mul_add(per_moment, mean);
            }
        });
    }
}
