//! Volume-weighted moving average: the price of the last *n* bars, each weighted by its volume.

use super::rule::{Rule, batch, checked_period, defined, step};
use super::window::{Summary, Window};
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
    window: Window<Traded, 2, 3>,
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
        self.window.run(bars);
        let [newest, volume, distance] = self.window.full();
        let warm_up = average.len() - newest.len();
        let sums = volume.iter().zip(distance);
        for ((average, newest), (volume, distance)) in
            average[warm_up..].iter_mut().zip(newest).zip(sums)
        {
            *average = if *volume == 0.0 {
                f64::NAN
            } else {
                newest + distance / volume
            };
        }
    }
}

/// The newest price, the volume, and the volume times its distance from the newest price.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Traded;

impl Summary<2, 3> for Traded {
    #[inline(always)]
    fn of_rows(bars: [&[f64]; 2], [newest, volume, distance]: [&mut [f64]; 3]) {
        newest.copy_from_slice(bars[0]);
        volume.copy_from_slice(bars[1]);
        distance.fill(0.0);
    }

    #[inline(always)]
    fn join(newer: [&[f64]; 3], older: [&[f64]; 3], _: f64, lines: [&mut [f64]; 3]) {
        let [newest, volume, distance] = lines;
        newest.copy_from_slice(newer[0]);
        let moved = older[0].iter().zip(newer[0]).zip(older[1]);
        let sums = newer[2].iter().zip(older[2]);
        for (distance, (moved, sums)) in distance.iter_mut().zip(moved.zip(sums)) {
            let ((older, newer), volume) = moved;
            *distance = (older - newer).mul_add(*volume, sums.0 + sums.1);
        }
        for (volume, (newer, older)) in volume.iter_mut().zip(newer[1].iter().zip(older[1])) {
            *volume = newer + older;
        }
    }

    #[inline(always)]
    fn append(oldest: [&[f64]; 3], _: f64, [newest, volume, distance]: [&mut [f64]; 3]) {
        let moved = oldest[0].iter().zip(&*newest).zip(oldest[1]);
        for (distance, ((oldest, newest), volume)) in distance.iter_mut().zip(moved) {
            *distance = (oldest - newest).mul_add(*volume, *distance);
        }
        for (volume, oldest) in volume.iter_mut().zip(oldest[1]) {
            *volume += oldest;
        }
    }
}
