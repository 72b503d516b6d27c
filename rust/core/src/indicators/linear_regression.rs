//! Least squares over the last *n* values: the line's value at the newest, its slope and its intercept.

use super::moments::Trend;
use super::rule::{Rule, batch, checked_period, step};
use super::window::Window;
use crate::error::Result;

/// The least-squares line over a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegressionPoint {
    /// Value of the line at the newest row.
    pub value: f64,
    /// Change of the line in one row.
    pub slope: f64,
    /// Value of the line at the oldest row of the window.
    pub intercept: f64,
}

/// One of the numbers of a [`RegressionPoint`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegressionPart {
    /// Value of the line at the newest row.
    Value,
    /// Change of the line in one row.
    Slope,
    /// Value of the line at the oldest row of the window.
    Intercept,
}

/// At each row, one part of the least-squares line over the last `period` values.
///
/// # Errors
/// A period below 2; a NaN after the first number, or an infinity, in `values`.
///
/// ```
/// use spark_stacker_core::indicators::{RegressionPart, linear_regression};
/// let line = linear_regression(&[1.0, 2.0, 6.0], 3, RegressionPart::Value)?;
/// assert!(line[1].is_nan());
/// assert!((line[2] - 5.5).abs() < 1e-12);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn linear_regression(values: &[f64], period: usize, part: RegressionPart) -> Result<Vec<f64>> {
    let rule = RegressionLine::new(period, part)?;
    let [line] = batch(rule, [values])?;
    Ok(line)
}

/// The line of [`linear_regression`] in all its parts, a value at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearRegression {
    window: Window<Trend, 2>,
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
            window: Window::new(period, Trend::new(period)),
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

    #[inline(always)]
    fn run_points(&mut self, values: &[f64], mut emit: impl FnMut(usize, RegressionPoint)) {
        let n = self.period as f64;
        let half = (n - 1.0) / 2.0;
        // The squared positions from the middle of the window add up to n·(n² − 1)/12.
        let per_moment = 12.0 / (n * (n * n - 1.0));
        let [mean, moment] = self.window.run(values);
        let warm_up = values.len() - mean.len();
        for (i, (mean, moment)) in mean.iter().zip(moment).enumerate() {
            let slope = per_moment * moment;
            let point = RegressionPoint {
                value: slope.mul_add(half, *mean),
                slope,
                intercept: slope.mul_add(-half, *mean),
            };
            emit(warm_up + i, point);
        }
    }
}

impl Rule<1, 3> for LinearRegression {
    const COLUMNS: [&'static str; 1] = ["values"];

    fn warm_up(&self) -> usize {
        self.window.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, [values]: [&[f64]; 1], [value, slope, intercept]: [&mut [f64]; 3]) {
        self.run_points(values, |i, point| {
            (value[i], slope[i], intercept[i]) = (point.value, point.slope, point.intercept);
        });
    }
}

/// The rule of one part of the line.
#[derive(Debug, Clone, PartialEq)]
pub struct RegressionLine {
    regression: LinearRegression,
    part: RegressionPart,
}

impl RegressionLine {
    /// An empty window.
    ///
    /// # Errors
    /// A period below 2.
    pub fn new(period: usize, part: RegressionPart) -> Result<Self> {
        let regression = LinearRegression::new(period)?;
        Ok(Self { regression, part })
    }
}

impl Rule<1, 1> for RegressionLine {
    const COLUMNS: [&'static str; 1] = ["values"];

    fn warm_up(&self) -> usize {
        self.regression.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, [values]: [&[f64]; 1], [line]: [&mut [f64]; 1]) {
        let regression = &mut self.regression;
        match self.part {
            RegressionPart::Value => {
                regression.run_points(values, |i, point| line[i] = point.value);
            }
            RegressionPart::Slope => {
                regression.run_points(values, |i, point| line[i] = point.slope);
            }
            RegressionPart::Intercept => {
                regression.run_points(values, |i, point| line[i] = point.intercept);
            }
        }
    }
}
