//! Relative strength index: the share of gains in all movement, both smoothed as Wilder does.

use super::rule::{Rule, batch, checked_period, defined, step};
use super::simd::Vector;
use super::wilder::{Smoothed, Wilder};
use crate::error::Result;

/// Wilder's relative strength index, 0 to 100; 50 where nothing has moved. The first value is at row `period`.
///
/// # Errors
/// A period below 2; a NaN after the first number, or an infinity, in `close`.
///
/// ```
/// use spark_stacker_core::indicators::rsi;
/// let strength = rsi(&[1.0, 2.0, 1.0, 4.0], 2)?;
/// assert!(strength[1].is_nan());
/// assert!((strength[2] - 50.0).abs() < 1e-12);
/// assert!((strength[3] - 87.5).abs() < 1e-12);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn rsi(close: &[f64], period: usize) -> Result<Vec<f64>> {
    let [strength] = batch(Rsi::new(period)?, [close])?;
    Ok(strength)
}

/// [`rsi`], a bar at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Rsi {
    averages: Wilder<Gains, 1, 2>,
}

impl Rsi {
    /// An index that has seen nothing.
    ///
    /// # Errors
    /// A period below 2.
    pub fn new(period: usize) -> Result<Self> {
        let period = checked_period("period", period, 2)?;
        Ok(Self {
            averages: Wilder::new(period, Gains),
        })
    }

    /// Takes the next close, which must be finite.
    pub fn update(&mut self, close: f64) -> Option<f64> {
        let [strength] = step(self, [close]);
        defined(strength)
    }
}

impl Rule<1, 1> for Rsi {
    const COLUMNS: [&'static str; 1] = ["close"];

    fn warm_up(&self) -> usize {
        self.averages.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, close: [&[f64]; 1], [strength]: [&mut [f64]; 1]) {
        self.averages.run(close, strength);
    }

    fn agrees(&self, other: &Self) -> bool {
        self.averages.agrees(&other.averages)
    }
}

/// Gains, twice each, and movement.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Gains;

impl Smoothed<1, 2> for Gains {
    #[inline(always)]
    fn inputs<V: Vector>([close]: [V; 1], [before]: [V; 1]) -> [V; 2] {
        // Twice the gain: halves and doubles are exact, and it takes no comparison.
        let change = close - before;
        [change + change.abs(), change.abs()]
    }

    #[inline(always)]
    fn output<V: Vector>(&self, [gains, movement]: [V; 2]) -> V {
        // Rounding keeps order and a gain is at most its movement, so the quotient stays within 0 and 2.
        let half = movement.all(50.0);
        movement.where_zero(half, half * gains.over(movement))
    }
}
