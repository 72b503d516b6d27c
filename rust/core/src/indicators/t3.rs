//! Tillson's T3: six exponential averages in a row, weighted so that the lag of the later ones is taken back.

use super::cascade::Cascade;
use super::rule::{Rule, batch, checked_factor, checked_period, defined, step};
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
    factor: f64,
}

impl T3 {
    /// An average that has seen nothing.
    ///
    /// # Errors
    /// A period of 0; a factor that is negative or not finite.
    pub fn new(period: usize, factor: f64) -> Result<Self> {
        let period = checked_period("period", period, 1)?;
        Ok(Self {
            averages: Cascade::new(period)?,
            factor: checked_factor("factor", factor)?,
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
        // Tillson's weights of e6, e5 and e4; that of e3 is what they lack to 1, so it is taken as the base.
        let v = self.factor;
        let of_sixth = -v * v * v;
        let of_fifth = 3.0 * v * v * (1.0 + v);
        let of_fourth = -3.0 * v * (1.0 + v) * (1.0 + v);
        let ([_, _, third, fourth, fifth, sixth], first) = self.averages.run(values);
        for i in first..values.len() {
            let base = third[i];
            let from_fourth = of_fourth.mul_add(fourth[i] - base, base);
            let from_fifth = of_fifth.mul_add(fifth[i] - base, from_fourth);
            average[i] = of_sixth.mul_add(sixth[i] - base, from_fifth);
        }
    }
}
