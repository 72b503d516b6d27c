//! Average true range, smoothed as Wilder does.

use super::rule::{Rule, batch, checked_period, defined, step};
use super::simd::Vector;
use super::wilder::{Smoothed, Wilder};
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
    average: Wilder<TrueRange, 3, 1>,
}

impl Atr {
    /// A range that has seen nothing.
    ///
    /// # Errors
    /// A period of 0.
    pub fn new(period: usize) -> Result<Self> {
        let period = checked_period("period", period, 1)?;
        Ok(Self {
            average: Wilder::new(
                period,
                TrueRange {
                    weight: 1.0 / period as f64,
                },
            ),
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
        self.average.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, bars: [&[f64]; 3], [range]: [&mut [f64]; 1]) {
        self.average.run(bars, range);
    }

    fn agrees(&self, other: &Self) -> bool {
        self.average.agrees(&other.average)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct TrueRange {
    /// 1 over the period.
    weight: f64,
}

impl Smoothed<3, 1> for TrueRange {
    #[inline(always)]
    fn inputs<V: Vector>([high, low, _]: [V; 3], [_, _, close]: [V; 3]) -> [V; 1] {
        // The bar's range, with the gap from the close before.
        [close.larger(high) - close.smaller(low)]
    }

    #[inline(always)]
    fn output<V: Vector>(&self, [sum]: [V; 1]) -> V {
        sum.all(self.weight) * sum
    }
}
