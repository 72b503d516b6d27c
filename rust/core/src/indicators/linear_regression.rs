//! Least squares over the last *n* values: the line's value at the newest, its slope and its intercept.

use super::moments::Weighted;
use super::rule::{Rule, batch, checked_period, step};
use super::simd::Vector;
use super::window::{Finish, Window};
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
    window: Window<Weighted, Trend, 2, 2>,
}

impl LinearRegression {
    /// An empty window.
    ///
    /// # Errors
    /// A period below 2.
    pub fn new(period: usize) -> Result<Self> {
        let period = checked_period("period", period, 2)?;
        Ok(Self {
            window: Window::new(period, Weighted { period }, Trend::new(period)),
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
    const COLUMNS: [&'static str; 1] = ["values"];

    fn warm_up(&self) -> usize {
        self.window.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, [values]: [&[f64]; 1], lines: [&mut [f64]; 3]) {
        self.window.run(values, lines);
    }

    fn stride(&self) -> usize {
        self.window.stride()
    }

    fn agrees(&self, other: &Self) -> bool {
        self.window.agrees(&other.window)
    }
}

/// The rule of one part of the line.
#[derive(Debug, Clone, PartialEq)]
pub struct RegressionLine {
    window: Window<Weighted, TrendPart, 2, 2>,
}

impl RegressionLine {
    /// An empty window.
    ///
    /// # Errors
    /// A period below 2.
    pub fn new(period: usize, part: RegressionPart) -> Result<Self> {
        let period = checked_period("period", period, 2)?;
        let trend = Trend::new(period);
        let (of_mean, of_slope) = match part {
            RegressionPart::Value => (1.0, trend.half),
            RegressionPart::Slope => (0.0, 1.0),
            RegressionPart::Intercept => (1.0, -trend.half),
        };
        let part = TrendPart {
            trend,
            of_mean,
            of_slope,
        };
        Ok(Self {
            window: Window::new(period, Weighted { period }, part),
        })
    }
}

impl Rule<1, 1> for RegressionLine {
    const COLUMNS: [&'static str; 1] = ["values"];

    fn warm_up(&self) -> usize {
        self.window.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, [values]: [&[f64]; 1], line: [&mut [f64]; 1]) {
        self.window.run(values, line);
    }

    fn stride(&self) -> usize {
        self.window.stride()
    }

    fn agrees(&self, other: &Self) -> bool {
        self.window.agrees(&other.window)
    }
}

/// The line by the sums of a window, with weights counted from the middle, where their squares add up to
/// `n·(n² − 1) / 12`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Trend {
    per_sum: f64,
    per_moment: f64,
    /// Weight of the middle.
    middle: f64,
    /// Rows from the middle of the window, where the line has the value of the mean, to the newest.
    half: f64,
}

impl Trend {
    fn new(period: usize) -> Self {
        let n = period as f64;
        Self {
            per_sum: 1.0 / n,
            per_moment: 12.0 / (n * (n * n - 1.0)),
            middle: 0.5 * (n + 1.0),
            half: 0.5 * (n - 1.0),
        }
    }

    /// The mean and the slope.
    #[inline(always)]
    fn mean_and_slope<V: Vector>(&self, [sum, weighted]: [V; 2], centre: f64) -> [V; 2] {
        let moment = sum.all(-self.middle).mul_add(sum, weighted);
        [
            sum.mul_add(sum.all(self.per_sum), sum.all(centre)),
            sum.all(self.per_moment) * moment,
        ]
    }
}

impl Finish<2, 3> for Trend {
    #[inline(always)]
    fn finish<V: Vector>(&self, sums: [V; 2], centre: f64) -> [V; 3] {
        let [mean, slope] = self.mean_and_slope(sums, centre);
        let end = slope.mul_add(slope.all(self.half), mean);
        [end, slope, slope.mul_add(slope.all(-self.half), mean)]
    }
}

/// So much of the mean and so much of the slope.
#[derive(Debug, Clone, Copy, PartialEq)]
struct TrendPart {
    trend: Trend,
    of_mean: f64,
    of_slope: f64,
}

impl Finish<2, 1> for TrendPart {
    #[inline(always)]
    fn finish<V: Vector>(&self, sums: [V; 2], centre: f64) -> [V; 1] {
        let [mean, slope] = self.trend.mean_and_slope(sums, centre);
        let (of_mean, of_slope) = (mean.all(self.of_mean), mean.all(self.of_slope));
        [slope.mul_add(of_slope, of_mean * mean)]
    }
}
