//! Least squares over the last *n* values: the line's value at the newest, its slope and its intercept.

use super::rule::{Rule, batch, checked_period, step};
use super::window::Window;
use crate::error::Result;

/// The columns of [`linear_regression`].
#[derive(Debug, Clone, PartialEq)]
pub struct RegressionLines {
    /// Value of the line at the newest row.
    pub value: Vec<f64>,
    /// Change of the line in one row.
    pub slope: Vec<f64>,
    /// Value of the line at the oldest row of the window.
    pub intercept: Vec<f64>,
}

/// One row of [`linear_regression`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegressionPoint {
    /// Value of the line at the newest row.
    pub value: f64,
    /// Change of the line in one row.
    pub slope: f64,
    /// Value of the line at the oldest row of the window.
    pub intercept: f64,
}

/// Least-squares line over the last `period` values, at each row.
///
/// # Errors
/// A period below 2; a NaN after the first number, or an infinity, in `values`.
///
/// ```
/// use spark_stacker_core::indicators::linear_regression;
/// let lines = linear_regression(&[1.0, 2.0, 6.0], 3)?;
/// assert!(lines.value[1].is_nan());
/// assert!((lines.slope[2] - 2.5).abs() < 1e-12);
/// assert!((lines.intercept[2] - 0.5).abs() < 1e-12);
/// assert!((lines.value[2] - 5.5).abs() < 1e-12);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn linear_regression(values: &[f64], period: usize) -> Result<RegressionLines> {
    let rule = LinearRegression::new(period)?;
    let [value, slope, intercept] = batch(rule, ["values"], [values])?;
    Ok(RegressionLines {
        value,
        slope,
        intercept,
    })
}

/// [`linear_regression`], a value at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearRegression {
    /// Sums of the value and of position times value.
    window: Window<1, 2>,
    period: usize,
}

impl LinearRegression {
    /// An empty window.
    ///
    /// # Errors
    /// A period below 2.
    pub fn new(period: usize) -> Result<Self> {
        let period = checked_period("period", period, 2)?;
        Ok(Self {
            window: Window::new(period),
            period,
        })
    }

    /// Takes the next value, which must be finite.
    pub fn update(&mut self, value: f64) -> Option<RegressionPoint> {
        let [value, slope, intercept] = step(self, [value]);
        (!value.is_nan()).then_some(RegressionPoint {
            value,
            slope,
            intercept,
        })
    }
}

impl Rule<1, 3> for LinearRegression {
    #[inline(always)]
    fn run(&mut self, values: [&[f64]; 1], [value, slope, intercept]: [&mut [f64]; 3]) {
        let n = self.period as f64;
        let half = (n - 1.0) / 2.0;
        let reciprocal = 1.0 / n;
        let reciprocal_spread = 12.0 / (n * (n * n - 1.0));
        self.window.run(
            values,
            |position, [price]| [price, position * price],
            |i, window| {
                // Counted from the middle of the window, positions sum to zero and their squares to 1/reciprocal_spread.
                let [sum, by_position] = window.sums;
                let moment = (half - window.position).mul_add(sum, by_position);
                let rise = moment * reciprocal_spread;
                let mean = sum * reciprocal;
                slope[i] = rise;
                value[i] = window.centre + rise.mul_add(half, mean);
                intercept[i] = window.centre + rise.mul_add(-half, mean);
            },
        );
    }
}
