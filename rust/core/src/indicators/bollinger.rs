//! Bollinger bands: the simple average and so many population deviations above and below.

use super::moments::Squares;
use super::rule::{Rule, batch, checked_factor, checked_period, step};
use super::simd::Vector;
use super::window::{Finish, Window};
use crate::error::Result;

/// The columns of [`bollinger`].
#[derive(Debug, Clone, PartialEq)]
pub struct BollingerBands {
    /// Middle plus `std_dev` deviations.
    pub upper: Vec<f64>,
    /// Simple average.
    pub middle: Vec<f64>,
    /// Middle minus `std_dev` deviations.
    pub lower: Vec<f64>,
}

/// One row of [`bollinger`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BollingerPoint {
    /// Middle plus `std_dev` deviations.
    pub upper: f64,
    /// Simple average.
    pub middle: f64,
    /// Middle minus `std_dev` deviations.
    pub lower: f64,
}

/// Bands of `std_dev` population deviations around the mean of the last `period` closes.
///
/// # Errors
/// A period below 2; a `std_dev` that is negative or not finite; a NaN after the first number, or an infinity, in `close`.
///
/// ```
/// use spark_stacker_core::indicators::bollinger;
/// let bands = bollinger(&[1.0, 3.0, 5.0], 2, 2.0)?;
/// assert!(bands.middle[0].is_nan());
/// assert_eq!(bands.middle[1..], [2.0, 4.0]);
/// assert_eq!(bands.upper[1..], [4.0, 6.0]);
/// assert_eq!(bands.lower[1..], [0.0, 2.0]);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn bollinger(close: &[f64], period: usize, std_dev: f64) -> Result<BollingerBands> {
    let rule = Bollinger::new(period, std_dev)?;
    let [upper, middle, lower] = batch(rule, [close])?;
    Ok(BollingerBands {
        upper,
        middle,
        lower,
    })
}

/// [`bollinger`], a bar at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Bollinger {
    window: Window<Squares, Bands, 2, 2>,
}

impl Bollinger {
    /// An empty window.
    ///
    /// # Errors
    /// A period below 2; a `std_dev` that is negative or not finite.
    pub fn new(period: usize, std_dev: f64) -> Result<Self> {
        let period = checked_period("period", period, 2)?;
        let bands = Bands {
            reciprocal: 1.0 / period as f64,
            std_dev: checked_factor("std_dev", std_dev)?,
        };
        Ok(Self {
            window: Window::new(period, Squares { period }, bands),
        })
    }

    /// Takes the next close, which must be finite.
    pub fn update(&mut self, close: f64) -> Option<BollingerPoint> {
        let [upper, middle, lower] = step(self, [close]);
        (!middle.is_nan()).then_some(BollingerPoint {
            upper,
            middle,
            lower,
        })
    }
}

impl Rule<1, 3> for Bollinger {
    const COLUMNS: [&'static str; 1] = ["close"];

    fn warm_up(&self) -> usize {
        self.window.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, [close]: [&[f64]; 1], lines: [&mut [f64]; 3]) {
        self.window.run(close, lines);
    }

    fn stride(&self) -> usize {
        self.window.stride()
    }

    fn agrees(&self, other: &Self) -> bool {
        self.window.agrees(&other.window)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Bands {
    /// 1 over the period.
    reciprocal: f64,
    std_dev: f64,
}

impl Finish<2, 3> for Bands {
    #[inline(always)]
    fn finish<V: Vector>(&self, [sum, squares]: [V; 2], centre: f64) -> [V; 3] {
        let from_centre = sum * sum.all(self.reciprocal);
        let square = from_centre * from_centre;
        let variance = squares.mul_add(sum.all(self.reciprocal), sum.all(0.0) - square);
        // Rounding may leave it just below zero.
        let width = sum.all(self.std_dev) * variance.larger(sum.all(0.0)).sqrt();
        let mean = sum.all(centre) + from_centre;
        [mean + width, mean, mean - width]
    }
}
