//! The `SuperTrend` line: so many average true ranges from the middle of the bar, trailing, turning when the close crosses it.

use super::atr::Atr;
use super::rule::{Rule, batch, checked_factor, checked_period, step};
use crate::error::Result;

/// The columns of [`supertrend`].
#[derive(Debug, Clone, PartialEq)]
pub struct SupertrendLines {
    /// The trailing line: below the market in an up-trend, above it in a down-trend.
    pub line: Vec<f64>,
    /// 1 in an up-trend, −1 in a down-trend.
    pub direction: Vec<f64>,
}

/// One row of [`supertrend`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SupertrendPoint {
    /// The trailing line.
    pub line: f64,
    /// 1 in an up-trend, −1 in a down-trend.
    pub direction: f64,
}

/// Trailing line of `multiplier` average true ranges over `period` bars; the first value is at row `period`.
///
/// # Errors
/// A period of 0; a multiplier that is negative or not finite; columns of different length; a NaN after the first
/// number, or an infinity, in a column.
///
/// ```
/// use spark_stacker_core::indicators::supertrend;
/// let (high, low) = ([2.0, 3.0, 4.0, 9.0], [1.0, 2.0, 3.0, 8.0]);
/// let lines = supertrend(&high, &low, &[1.5, 2.5, 3.5, 8.5], 2, 1.0)?;
/// assert!(lines.line[1].is_nan());
/// assert_eq!(lines.direction[3], 1.0);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn supertrend(
    high: &[f64],
    low: &[f64],
    close: &[f64],
    period: usize,
    multiplier: f64,
) -> Result<SupertrendLines> {
    let rule = Supertrend::new(period, multiplier)?;
    let [line, direction] = batch(rule, [high, low, close])?;
    Ok(SupertrendLines { line, direction })
}

/// [`supertrend`], a bar at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Supertrend {
    range: Atr,
    multiplier: f64,
    ratchet: Ratchet,
}

impl Supertrend {
    /// A line that has seen nothing.
    ///
    /// # Errors
    /// A period of 0; a multiplier that is negative or not finite.
    pub fn new(period: usize, multiplier: f64) -> Result<Self> {
        checked_period("period", period, 1)?;
        Ok(Self {
            range: Atr::new(period)?,
            multiplier: checked_factor("multiplier", multiplier)?,
            ratchet: Ratchet::default(),
        })
    }

    /// Takes the next bar, which must be finite.
    pub fn update(&mut self, high: f64, low: f64, close: f64) -> Option<SupertrendPoint> {
        let [line, direction] = step(self, [high, low, close]);
        (!line.is_nan()).then_some(SupertrendPoint { line, direction })
    }
}

impl Rule<3, 2> for Supertrend {
    const COLUMNS: [&'static str; 3] = ["high", "low", "close"];

    fn warm_up(&self) -> usize {
        self.range.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, bars: [&[f64]; 3], [line, direction]: [&mut [f64]; 2]) {
        let [high, low, close] = bars;
        let first = close.len().min(self.range.warm_up());
        self.range.run(bars, [line]);
        let mut ratchet = self.ratchet;
        let bars = high[first..].iter().zip(&low[first..]).zip(&close[first..]);
        let lines = line[first..].iter_mut().zip(&mut direction[first..]);
        for ((line, direction), ((high, low), close)) in lines.zip(bars) {
            let point = ratchet.update(0.5 * (high + low), self.multiplier * *line, *close);
            (*line, *direction) = (point.line, point.direction);
        }
        self.ratchet = ratchet;
    }

    fn agrees(&self, other: &Self) -> bool {
        self.range.agrees(&other.range) && self.ratchet == other.ratchet
    }
}

/// The usual ratchet: while the trend lasts, the lower band only rises and the upper band only falls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratchet {
    upper: f64,
    lower: f64,
    close: f64,
    up: bool,
}

impl Default for Ratchet {
    /// A ratchet that has seen nothing; the trend is taken to be up, as TA-Lib takes it.
    fn default() -> Self {
        Self {
            upper: f64::INFINITY,
            lower: f64::NEG_INFINITY,
            close: f64::NAN,
            up: true,
        }
    }
}

impl Ratchet {
    /// Takes the next bar: its middle, the bands' distance from it, and its close.
    #[inline(always)]
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "without branches: no predictor knows the trend"
    )]
    pub fn update(&mut self, middle: f64, distance: f64, close: f64) -> SupertrendPoint {
        let (upper, lower) = (middle + distance, middle - distance);
        // A band starts anew once the close before has left it behind.
        let anew = (upper < self.upper) | (self.close > self.upper);
        self.upper = if anew { upper } else { self.upper };
        let anew = (lower > self.lower) | (self.close < self.lower);
        self.lower = if anew { lower } else { self.lower };
        self.close = close;
        self.up = (self.up & (close >= self.lower)) | (!self.up & (close > self.upper));
        if self.up {
            SupertrendPoint {
                line: self.lower,
                direction: 1.0,
            }
        } else {
            SupertrendPoint {
                line: self.upper,
                direction: -1.0,
            }
        }
    }
}
