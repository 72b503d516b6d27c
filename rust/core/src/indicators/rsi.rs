//! Relative strength index: the share of gains in all movement, both smoothed as Wilder does.

use super::rule::{Rule, batch, checked_period, defined, step};
use super::wilder::Wilder;
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
    previous: Option<f64>,
    gain: Wilder,
    movement: Wilder,
    movements: Vec<f64>,
}

impl Rsi {
    /// An index that has seen nothing.
    ///
    /// # Errors
    /// A period below 2.
    pub fn new(period: usize) -> Result<Self> {
        let period = checked_period("period", period, 2)?;
        Ok(Self {
            previous: None,
            gain: Wilder::new(period),
            movement: Wilder::new(period),
            movements: Vec::new(),
        })
    }

    /// Takes the next close, which must be finite.
    pub fn update(&mut self, close: f64) -> Option<f64> {
        let [strength] = step(self, [close]);
        defined(strength)
    }
}

impl Rsi {
    /// Takes the closes before and the closes after some changes.
    #[inline(always)]
    fn run_changes(&mut self, [before, after]: [&[f64]; 2], strength: &mut [f64]) {
        self.movements.resize(strength.len(), 0.0);
        let movements = self.movements.as_mut_slice();
        let movement = |[before, after]: [f64; 2]| (after - before).abs();
        self.movement
            .run([before, after], movements, movement, |_, movement| movement);
        let gain = |[before, after, _]: [f64; 3]| {
            let change = after - before;
            if change > 0.0 { change } else { 0.0 }
        };
        // Rounding keeps order and a gain is at most its movement, so the quotient stays within 0 and 1.
        let share = |[.., movement]: [f64; 3], gain| {
            if movement == 0.0 {
                50.0
            } else {
                100.0 * (gain / movement)
            }
        };
        self.gain
            .run([before, after, movements], strength, gain, share);
    }
}

impl Rule<1, 1> for Rsi {
    const COLUMNS: [&'static str; 1] = ["close"];

    fn warm_up(&self) -> usize {
        usize::from(self.previous.is_none()) + self.gain.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, [close]: [&[f64]; 1], [strength]: [&mut [f64]; 1]) {
        let Some((&newest, before)) = close.split_last() else {
            return;
        };
        let (first, rest) = strength.split_at_mut(1);
        if let Some(previous) = self.previous.replace(newest) {
            self.run_changes([&[previous], &close[..1]], first);
        }
        self.run_changes([before, &close[1..]], rest);
    }
}
