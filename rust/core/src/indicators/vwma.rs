//! Volume-weighted moving average: the price of the last *n* bars, each weighted by its volume.

use super::rule::{Rule, batch, checked_period, defined, step};
use super::window::Window;
use crate::error::Result;

/// Volume-weighted mean of the last `period` prices; NaN before there are so many and where no volume was traded.
///
/// # Errors
/// A period of 0; columns of different length; a NaN after the first number, or an infinity, in a column.
///
/// ```
/// use spark_stacker_core::indicators::vwma;
/// let average = vwma(&[1.0, 2.0, 4.0], &[1.0, 3.0, 1.0], 2)?;
/// assert!(average[0].is_nan());
/// assert_eq!(average[1..], [1.75, 2.5]);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn vwma(close: &[f64], volume: &[f64], period: usize) -> Result<Vec<f64>> {
    let rule = Vwma::new(period)?;
    let [average] = batch(rule, [close, volume])?;
    Ok(average)
}

/// [`vwma`], a bar at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Vwma {
    /// Sums of price times volume and of volume.
    window: Window<2, 2>,
}

impl Vwma {
    /// An empty window.
    ///
    /// # Errors
    /// A period of 0.
    pub fn new(period: usize) -> Result<Self> {
        let period = checked_period("period", period, 1)?;
        Ok(Self {
            window: Window::new(period),
        })
    }

    /// Takes the next bar's close and volume, which must be finite.
    pub fn update(&mut self, close: f64, volume: f64) -> Option<f64> {
        let [average] = step(self, [close, volume]);
        defined(average)
    }
}

impl Rule<2, 1> for Vwma {
    const COLUMNS: [&'static str; 2] = ["close", "volume"];

    fn warm_up(&self) -> usize {
        self.window.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, bars: [&[f64]; 2], [average]: [&mut [f64]; 1]) {
        self.window.run(
            bars,
            |_, [price, volume]| [price * volume, volume],
            |i, window| {
                let [traded, volume] = window.totals;
                average[i] = if volume == 0.0 {
                    f64::NAN
                } else {
                    window.centre + traded / volume
                };
            },
        );
    }
}
