//! Average true range, smoothed as Wilder does.

use super::rule::{Rule, batch, checked_period, defined, step};
use super::wilder::Wilder;
use crate::error::Result;

/// Average true range; the first value, at row `period`, is the mean of the true ranges of rows 1 to `period`.
///
/// Row 0 has no close before it and is left out, as TA-Lib does.
///
/// # Errors
/// A period of 0; columns of different length; a NaN after the first number, or an infinity, in a column.
///
/// ```
/// use spark_stacker_core::indicators::atr;
/// let range = atr(&[2.0, 5.0, 4.0], &[1.0, 3.0, 3.0], &[2.0, 4.0, 3.0], 2)?;
/// assert!(range[1].is_nan());
/// assert_eq!(range[2], 2.0);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn atr(high: &[f64], low: &[f64], close: &[f64], period: usize) -> Result<Vec<f64>> {
    let [range] = batch(Atr::new(period)?, [high, low, close])?;
    Ok(range)
}

/// [`atr`], a bar at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Atr {
    previous_close: Option<f64>,
    average: Wilder,
}

impl Atr {
    /// A range that has seen nothing.
    ///
    /// # Errors
    /// A period of 0.
    pub fn new(period: usize) -> Result<Self> {
        let period = checked_period("period", period, 1)?;
        Ok(Self {
            previous_close: None,
            average: Wilder::new(period),
        })
    }

    /// Takes the next bar, which must be finite.
    pub fn update(&mut self, high: f64, low: f64, close: f64) -> Option<f64> {
        let [range] = step(self, [high, low, close]);
        defined(range)
    }
}

impl Rule<3, 1> for Atr {
    const COLUMNS: [&'static str; 3] = ["high", "low", "close"];

    fn warm_up(&self) -> usize {
        usize::from(self.previous_close.is_none()) + self.average.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, [high, low, close]: [&[f64]; 3], [range]: [&mut [f64]; 1]) {
        let Some((&newest, before)) = close.split_last() else {
            return;
        };
        let (first, rest) = range.split_at_mut(1);
        if let Some(previous) = self.previous_close.replace(newest) {
            let row = [&high[..1], &low[..1], &[previous]];
            self.average
                .run(row, first, true_range, |_, average| average);
        }
        let rows = [&high[1..], &low[1..], before];
        self.average
            .run(rows, rest, true_range, |_, average| average);
    }
}

/// The bar's range, with the gap from the close before.
#[inline(always)]
fn true_range([high, low, previous_close]: [f64; 3]) -> f64 {
    let top = if previous_close > high {
        previous_close
    } else {
        high
    };
    let bottom = if previous_close < low {
        previous_close
    } else {
        low
    };
    top - bottom
}
