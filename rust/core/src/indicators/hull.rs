//! Hull moving average: `WMA(2·WMA(n/2) − WMA(n), √n)`, both roots and halves rounded down.

use super::moments::Trend;
use super::rule::{Rule, batch, checked_period, defined, step};
use super::window::Window;
use super::wma::{Wma, write_weighted};
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
    /// Half of this window is the half that the formula asks for.
    window: Window<Trend, 1, 2>,
    smoothing: Wma,
    half: Vec<f64>,
    whole: Vec<f64>,
}

impl Hull {
    /// An empty window.
    ///
    /// # Errors
    /// A period below 2.
    pub fn new(period: usize) -> Result<Self> {
        let period = checked_period("period", period, 2)?;
        Ok(Self {
            window: Window::new(period),
            smoothing: Wma::new(period.isqrt())?,
            half: Vec::new(),
            whole: Vec::new(),
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
        self.window.warm_up() + self.smoothing.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, [values]: [&[f64]; 1], [average]: [&mut [f64]; 1]) {
        let rows = values.len();
        self.window.run([values]);
        self.half.resize(rows, f64::NAN);
        self.whole.resize(rows, f64::NAN);
        let period = self.window.period();
        write_weighted(period / 2, self.window.half(), &mut self.half);
        write_weighted(period, self.window.full(), &mut self.whole);
        for (whole, half) in self.whole.iter_mut().zip(&self.half) {
            *whole = 2.0 * half - *whole;
        }
        let first = rows - self.window.full()[0].len();
        let doubled = &self.whole[first..];
        self.smoothing.run([doubled], [&mut average[first..]]);
    }
}
