//! Hull moving average: `WMA(2·WMA(n/2) − WMA(n), √n)`, both roots and halves rounded down.

use super::rule::{Rule, batch, checked_period, defined, step};
use super::wma::Wma;
use crate::error::Result;

/// Hull moving average; the first value is at row `period + ⌊√period⌋ − 2`.
///
/// # Errors
/// A period below 2; a NaN after the first number, or an infinity, in `values`.
///
/// ```
/// use spark_stacker_core::indicators::hull;
/// let average = hull(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 4)?;
/// assert!(average[3].is_nan());
/// assert!((average[4] - 5.0).abs() < 1e-12);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn hull(values: &[f64], period: usize) -> Result<Vec<f64>> {
    let [average] = batch(Hull::new(period)?, [values])?;
    Ok(average)
}

/// [`hull`], a value at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Hull {
    half: Wma,
    whole: Wma,
    smoothing: Wma,
    halves: Vec<f64>,
    doubled: Vec<f64>,
}

impl Hull {
    /// An empty window.
    ///
    /// # Errors
    /// A period below 2.
    pub fn new(period: usize) -> Result<Self> {
        let period = checked_period("period", period, 2)?;
        Ok(Self {
            half: Wma::new(period / 2)?,
            whole: Wma::new(period)?,
            smoothing: Wma::new(period.isqrt())?,
            halves: Vec::new(),
            doubled: Vec::new(),
        })
    }

    /// Takes the next value, which must be finite.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        let [average] = step(self, [value]);
        defined(average)
    }
}

impl Rule<1, 1> for Hull {
    const COLUMNS: [&'static str; 1] = ["values"];

    fn warm_up(&self) -> usize {
        self.whole.warm_up() + self.smoothing.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, [values]: [&[f64]; 1], [average]: [&mut [f64]; 1]) {
        let rows = values.len();
        let first = rows.min(self.whole.warm_up());
        self.halves.resize(rows, f64::NAN);
        self.doubled.resize(rows, f64::NAN);
        self.half.run([values], [&mut self.halves]);
        self.whole.run([values], [&mut self.doubled]);
        let doubled = &mut self.doubled[first..];
        for (doubled, half) in doubled.iter_mut().zip(&self.halves[first..]) {
            *doubled = 2.0 * half - *doubled;
        }
        self.smoothing.run([doubled], [&mut average[first..]]);
    }
}
