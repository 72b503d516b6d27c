//! Weighted moving average: weights 1 for the oldest of *n* values to *n* for the newest.

use super::moments::Weighted;
use super::rule::{Rule, batch, checked_period, defined, step};
use super::simd::Vector;
use super::window::{Finish, Window};
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
    window: Window<Weighted, WeightedMean, 2, 2>,
}

impl Wma {
    /// An empty window.
    ///
    /// # Errors
    /// A period of 0.
    pub fn new(period: usize) -> Result<Self> {
        let period = checked_period("period", period, 1)?;
        Ok(Self {
            window: Window::new(
                period,
                Weighted { period },
                WeightedMean {
                    reciprocal: 1.0 / all_weights(period),
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

impl Rule<1, 1> for Wma {
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

#[derive(Debug, Clone, Copy, PartialEq)]
struct WeightedMean {
    /// 1 over all weights.
    reciprocal: f64,
}

impl Finish<2, 1> for WeightedMean {
    #[inline(always)]
    fn finish<V: Vector>(&self, [_, weighted]: [V; 2], centre: f64) -> [V; 1] {
        [weighted.mul_add(weighted.all(self.reciprocal), weighted.all(centre))]
    }
}

/// The weights 1 to `period`, added up.
pub(super) fn all_weights(period: usize) -> f64 {
    let n = period as f64;
    0.5 * n * (n + 1.0)
}
