//! Moving average convergence/divergence: the distance of two exponential averages, and its own average.

use super::ema::Ema;
use super::rule::{Rule, batch, checked_period, defined, step};
use crate::error::{Error, Result};

/// The three periods of [`macd`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MacdPeriods {
    /// Period of the quick average, 12 in the original.
    pub fast: usize,
    /// Period of the slow average, 26 in the original.
    pub slow: usize,
    /// Period of the signal line, 9 in the original.
    pub signal: usize,
}

/// The columns of [`macd`].
#[derive(Debug, Clone, PartialEq)]
pub struct MacdLines {
    /// Fast average minus slow average, from row `slow − 1` on.
    pub macd: Vec<f64>,
    /// Exponential average of `macd`, from row `slow + signal − 2` on.
    pub signal: Vec<f64>,
    /// `macd − signal`.
    pub histogram: Vec<f64>,
}

/// One row of [`macd`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MacdPoint {
    /// Fast average minus slow average.
    pub macd: f64,
    /// Exponential average of `macd`.
    pub signal: Option<f64>,
    /// `macd − signal`.
    pub histogram: Option<f64>,
}

/// Both averages are seeded to start at row `slow − 1`, as in TA-Lib; the signal is seeded by its mean.
///
/// # Errors
/// A period of 0; a fast period that is not below the slow one; a NaN after the first number, or an infinity, in `close`.
///
/// ```
/// use spark_stacker_core::indicators::{MacdPeriods, macd};
/// let periods = MacdPeriods { fast: 1, slow: 2, signal: 2 };
/// let lines = macd(&[1.0, 3.0, 3.0], periods)?;
/// assert!(lines.macd[0].is_nan() && lines.signal[1].is_nan());
/// assert_eq!(lines.macd[1], 1.0);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn macd(close: &[f64], periods: MacdPeriods) -> Result<MacdLines> {
    let [macd, signal, histogram] = batch(Macd::new(periods)?, [close])?;
    Ok(MacdLines {
        macd,
        signal,
        histogram,
    })
}

/// [`macd`], a bar at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Macd {
    fast: Ema,
    slow: Ema,
    signal: Ema,
    /// Bars that the fast average still has to leave out.
    fast_delay: usize,
    slow_distances: Vec<f64>,
}

impl Macd {
    /// Averages that have seen nothing.
    ///
    /// # Errors
    /// A period of 0; a fast period that is not below the slow one.
    pub fn new(periods: MacdPeriods) -> Result<Self> {
        let MacdPeriods { fast, slow, signal } = periods;
        checked_period("fast_period", fast, 1)?;
        checked_period("slow_period", slow, 1)?;
        checked_period("signal_period", signal, 1)?;
        if fast >= slow {
            return Err(Error::parameter(
                "fast_period",
                fast,
                format!("less than slow_period, {slow}"),
            ));
        }
        Ok(Self {
            fast: Ema::new(fast)?,
            slow: Ema::new(slow)?,
            signal: Ema::new(signal)?,
            fast_delay: slow - fast,
            slow_distances: Vec::new(),
        })
    }

    /// Takes the next close, which must be finite.
    pub fn update(&mut self, close: f64) -> Option<MacdPoint> {
        let [macd, signal, histogram] = step(self, [close]);
        defined(macd).map(|macd| MacdPoint {
            macd,
            signal: defined(signal),
            histogram: defined(histogram),
        })
    }
}

impl Rule<1, 3> for Macd {
    const COLUMNS: [&'static str; 1] = ["close"];

    fn warm_up(&self) -> usize {
        self.slow.warm_up() + self.signal.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, [close]: [&[f64]; 1], [macd, signal, histogram]: [&mut [f64]; 3]) {
        let rows = close.len();
        let delay = self.fast_delay.min(rows);
        self.fast_delay -= delay;
        let first = self.slow.warm_up().min(rows);
        // Both averages are known by their distance from the close, so their difference is that of the distances.
        self.slow_distances.resize(rows, 0.0);
        self.slow
            .run_distances(close, &mut self.slow_distances, |_, distance| distance);
        self.fast
            .run_distances(&close[delay..], &mut macd[delay..], |_, distance| distance);
        macd[delay..first].fill(f64::NAN);
        for (macd, slow) in macd[first..].iter_mut().zip(&self.slow_distances[first..]) {
            *macd -= slow;
        }
        let (macd, signal) = (&macd[first..], &mut signal[first..]);
        let unsignalled = self.signal.warm_up().min(macd.len());
        self.signal.run([macd], [signal]);
        let lines = macd.iter().zip(&*signal);
        for (histogram, (macd, signal)) in
            histogram[first..].iter_mut().zip(lines).skip(unsignalled)
        {
            *histogram = macd - signal;
        }
    }
}
