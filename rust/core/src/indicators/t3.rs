//! Tillson's T3: six exponential averages in a row, weighted so that the lag of the later ones is taken back.

use super::cascade::Cascade;
use super::rule::{Rule, batch, checked_factor, defined, step};
use crate::error::Result;

/// Tillson's T3 with the volume factor `factor` (0.7 in the original); the first value is at row `6·(period − 1)`.
///
/// # Errors
/// A period of 0; a factor that is negative or not finite; a NaN after the first number, or an infinity, in `values`.
///
/// ```
/// use spark_stacker_core::indicators::t3;
/// let average = t3(&[2.0; 8], 2, 0.7)?;
/// assert!(average[5].is_nan());
/// assert_eq!(average[6..], [2.0, 2.0]);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn t3(values: &[f64], period: usize, factor: f64) -> Result<Vec<f64>> {
    let [average] = batch(T3::new(period, factor)?, [values])?;
    Ok(average)
}

/// [`t3`], a value at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct T3 {
    averages: Cascade<6>,
}

impl T3 {
    /// An average that has seen nothing.
    ///
    /// # Errors
    /// A period of 0; a factor that is negative or not finite.
    pub fn new(period: usize, factor: f64) -> Result<Self> {
        let v = checked_factor("factor", factor)?;
        let of_sixth = -v * v * v;
        let of_fifth = 3.0 * v * v * (1.0 + v);
        let of_fourth = -3.0 * v * (1.0 + v) * (1.0 + v);
        // Tillson's weight of e3 is what the others lack to 1.
        let of_third = 1.0 - (of_fourth + of_fifth + of_sixth);
        let weights = [0.0, 0.0, of_third, of_fourth, of_fifth, of_sixth];
        Ok(Self {
            averages: Cascade::new(period, weights)?,
        })
    }

    /// Takes the next value, which must be finite.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        let [average] = step(self, [value]);
        defined(average)
    }
}

impl Rule<1, 1> for T3 {
    const COLUMNS: [&'static str; 1] = ["values"];

    fn warm_up(&self) -> usize {
        self.averages.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, [values]: [&[f64]; 1], [average]: [&mut [f64]; 1]) {
        self.averages.run(values, average);
    }

    fn agrees(&self, other: &Self) -> bool {
        self.averages.agrees(&other.averages)
    }
}
