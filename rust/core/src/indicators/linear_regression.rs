//! Least squares over the last *n* values: the line's value at the newest, its slope and its intercept.

use std::ops::Range;

use super::moments::Trend;
use super::rule::{Rule, batch, checked_period, step};
use super::window::{Stretch, Window};
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

    /// Writes the sum and the moment of every full window, and has `finish` make of its mean and slope what is asked for.
    #[inline(always)]
    fn run_trend(
        &mut self,
        values: &[f64],
        lines: [&mut [f64]; 2],
        mut finish: impl FnMut(Range<usize>, [&mut [f64]; 2]),
    ) {
        let n = self.period as f64;
        // The squared positions from the middle of the window add up to n·(n² − 1)/12.
        let (per_sum, per_moment) = (1.0 / n, 12.0 / (n * (n * n - 1.0)));
        self.window.run(
            values,
            lines,
            |Stretch { rows, centre }, [sums, moments]| {
                for (sum, moment) in sums.iter_mut().zip(&mut *moments) {
                    *sum = sum.mul_add(per_sum, centre);
                    *moment *= per_moment;
                }
                finish(rows, [sums, moments]);
            },
        );
    }

    /// Rows from the middle of the window, where the line has the value of the mean, to the newest.
    fn half(&self) -> f64 {
        (self.period as f64 - 1.0) / 2.0
    }
}

impl Rule<1, 3> for LinearRegression {
    const COLUMNS: [&'static str; 1] = ["values"];

    fn warm_up(&self) -> usize {
        self.window.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, [values]: [&[f64]; 1], [value, slope, intercept]: [&mut [f64]; 3]) {
        let half = self.half();
        self.run_trend(values, [value, slope], |rows, [means, slopes]| {
            let ends = means.iter_mut().zip(&mut intercept[rows]);
            for ((mean, intercept), slope) in ends.zip(slopes) {
                *intercept = slope.mul_add(-half, *mean);
                *mean = slope.mul_add(half, *mean);
            }
        });
    }
}

/// The rule of one part of the line.
#[derive(Debug, Clone, PartialEq)]
pub struct RegressionLine {
    regression: LinearRegression,
    part: RegressionPart,
    /// The number of the line, mean or slope, that is not the one asked for.
    other: Vec<f64>,
}

impl RegressionLine {
    /// An empty window.
    ///
    /// # Errors
    /// A period below 2.
    pub fn new(period: usize, part: RegressionPart) -> Result<Self> {
        let regression = LinearRegression::new(period)?;
        Ok(Self {
            regression,
            part,
            other: Vec::new(),
        })
    }
}

impl Rule<1, 1> for RegressionLine {
    const COLUMNS: [&'static str; 1] = ["values"];

    fn warm_up(&self) -> usize {
        self.regression.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, [values]: [&[f64]; 1], [line]: [&mut [f64]; 1]) {
        let half = self.regression.half();
        self.other.resize(values.len(), 0.0);
        let other = self.other.as_mut_slice();
        let to_end = match self.part {
            RegressionPart::Slope => {
                self.regression.run_trend(values, [other, line], |_, _| ());
                return;
            }
            RegressionPart::Value => half,
            RegressionPart::Intercept => -half,
        };
        let lines = [line, other];
        self.regression
            .run_trend(values, lines, |_, [means, slopes]| {
                for (mean, slope) in means.iter_mut().zip(slopes) {
                    *mean = slope.mul_add(to_end, *mean);
                }
            });
    }
}
