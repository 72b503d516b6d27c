//! Simple moving average: the mean of the last *n* values.

use super::moments::Total;
use super::rule::{Rule, batch, checked_period, defined, step};
use super::simd::Vector;
use super::window::{Finish, Window};
use crate::error::Result;

/// Mean of the last `period` values; NaN before there are so many.
///
/// # Errors
/// A period of 0; a NaN after the first number, or an infinity, in `values`.
///
/// ```
/// use spark_stacker_core::indicators::sma;
/// let average = sma(&[1.0, 2.0, 3.0, 6.0], 2)?;
/// assert!(average[0].is_nan());
/// assert_eq!(average[1..], [1.5, 2.5, 4.5]);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn sma(values: &[f64], period: usize) -> Result<Vec<f64>> {
    let [average] = batch(Sma::new(period)?, [values])?;
    Ok(average)
}

/// [`sma`], a value at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Sma {
    window: Window<Total, Mean, 2, 1>,
}

impl Sma {
    /// An empty window.
    ///
    /// # Errors
    /// A period of 0.
    pub fn new(period: usize) -> Result<Self> {
        let period = checked_period("period", period, 1)?;
        Ok(Self {
            window: Window::new(
                period,
                Total { period },
                Mean {
                    reciprocal: 1.0 / period as f64,
                },
            ),
        })
    }

    /// Takes the next value, which must be finite.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        let [average] = step(self, [value]);
        defined(average)
    }
}

impl Rule<1, 1> for Sma {
    const COLUMNS: [&'static str; 1] = ["values"];

    fn warm_up(&self) -> usize {
        self.window.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, [values]: [&[f64]; 1], average: [&mut [f64]; 1]) {
        self.window.run(values, average);
    }

    fn stride(&self) -> usize {
        self.window.stride()
    }

    fn agrees(&self, other: &Self) -> bool {
        self.window.agrees(&other.window)
    }
}

/// A sum times 1 over what its weights add up to.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Mean {
    reciprocal: f64,
}

impl Finish<1, 1> for Mean {
    #[inline(always)]
    fn finish<V: Vector>(&self, [sum]: [V; 1], centre: f64) -> [V; 1] {
        [sum.mul_add(sum.all(self.reciprocal), sum.all(centre))]
    }
}
