//! Triple exponential moving average: `3·e1 − 3·e2 + e3`, each the EMA of the one before.

use super::cascade::Cascade;
use super::rule::{Rule, batch, defined, step};
use crate::error::Result;

/// Triple exponential moving average; the first value is at row `3·(period − 1)`.
///
/// # Errors
/// A period of 0; a NaN after the first number, or an infinity, in `values`.
///
/// ```
/// use spark_stacker_core::indicators::tema;
/// let average = tema(&[2.0, 2.0, 2.0, 2.0, 2.0], 2)?;
/// assert!(average[2].is_nan());
/// assert_eq!(average[3..], [2.0, 2.0]);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn tema(values: &[f64], period: usize) -> Result<Vec<f64>> {
    let [average] = batch(Tema::new(period)?, [values])?;
    Ok(average)
}

/// [`tema`], a value at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Tema {
    averages: Cascade<3>,
}

impl Tema {
    /// An average that has seen nothing.
    ///
    /// # Errors
    /// A period of 0.
    pub fn new(period: usize) -> Result<Self> {
        Ok(Self {
            averages: Cascade::new(period, [3.0, -3.0, 1.0])?,
        })
    }

    /// Takes the next value, which must be finite.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        let [average] = step(self, [value]);
        defined(average)
    }
}

impl Rule<1, 1> for Tema {
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
