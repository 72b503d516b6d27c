//! Moving average convergence/divergence: the distance of two exponential averages, and its own average.

use super::blocks::{Blocks, Kernel, both};
use super::decay::{Decay, all_agree, all_turned, rows};
use super::ema::{Opening, ema_weight, moved_back};
use super::rule::{Rule, batch, checked_period, defined, step};
use super::simd::{Rows, Vector};
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
    opening: [Opening; 3],
    /// Bars that the fast average still has to leave out.
    fast_delay: usize,
    blocks: Option<Blocks<Converging, 1>>,
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
            opening: [fast, slow, signal].map(|n| Opening::new(n, ema_weight(n))),
            fast_delay: slow - fast,
            blocks: None,
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

    /// Takes a close while an average is being seeded; the lines that have values.
    fn open(&mut self, close: f64) -> Option<(f64, Option<f64>)> {
        let [fast, slow, signal] = &mut self.opening;
        let slow = slow.take(close);
        let fast = if self.fast_delay > 0 {
            self.fast_delay -= 1;
            None
        } else {
            fast.take(close)
        };
        // Both averages are known by their distance from the close, so their difference is that of the distances.
        let macd = fast? - slow?;
        let signal = signal.take(macd).map(|distance| macd + distance);
        if signal.is_some() {
            let kernel = Converging::new(&self.opening);
            self.blocks = Some(Blocks::new(kernel, [close]));
        }
        Some((macd, signal))
    }
}

impl Rule<1, 3> for Macd {
    const COLUMNS: [&'static str; 1] = ["close"];

    fn warm_up(&self) -> usize {
        let [_, slow, signal] = &self.opening;
        slow.warm_up() + signal.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, [close]: [&[f64]; 1], lines: [&mut [f64]; 3]) {
        let mut row = 0;
        while self.blocks.is_none() && row < close.len() {
            if let Some((macd, signal)) = self.open(close[row]) {
                lines[0][row] = macd;
                if let Some(signal) = signal {
                    lines[1][row] = signal;
                    lines[2][row] = macd - signal;
                }
            }
            row += 1;
        }
        if let Some(blocks) = &mut self.blocks {
            blocks.run([&close[row..]], lines.map(|line| &mut line[row..]));
        }
    }

    fn agrees(&self, other: &Self) -> bool {
        both(self.blocks.as_ref(), other.blocks.as_ref(), Blocks::agrees)
    }
}

/// The fast average, the slow one and the signal once all three are seeded.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Converging {
    retained: [f64; 3],
    /// Weights of the newest close in the fast average and the slow one.
    weights: [f64; 2],
    decays: [Decay; 3],
}

impl Converging {
    fn new(opening: &[Opening; 3]) -> Self {
        let retained = opening.each_ref().map(|average| average.retained);
        let [fast, slow, _] = retained;
        Self {
            retained,
            weights: [1.0 - fast, 1.0 - slow],
            decays: opening.each_ref().map(|average| average.decay(1.0)),
        }
    }
}

impl Kernel<1, 3> for Converging {
    const STAGGERED: bool = true;
    type Begun<V: Vector> = [Rows<V>; 2];
    type Summed<V: Vector> = [Rows<V>; 2];

    #[inline(always)]
    fn begin<V: Vector>(&self, [close]: [Rows<V>; 1], [before]: [Rows<V>; 1]) -> [Rows<V>; 2] {
        let moved = V::turned(moved_back(close, before));
        [
            self.decays[0].partials(moved),
            self.decays[1].partials(moved),
        ]
    }

    #[inline(always)]
    fn sum<V: Vector>(&mut self, [fast, slow]: [Rows<V>; 2]) -> [Rows<V>; 2] {
        let fast = self.decays[0].follow(fast);
        let slow = self.decays[1].follow(slow);
        let [b_fast, b_slow, _] = self.retained;
        let (b_fast, minus_b_slow) = (fast[0].all(b_fast), fast[0].all(-b_slow));
        let macd = rows!(|j| b_fast.mul_add(fast[j], minus_b_slow * slow[j]));
        // An average moves by its weight times the value's distance from it before, which is what has decayed: so the
        // signal needs no line shifted by a row.
        let [w_fast, w_slow] = self.weights;
        let (w_fast, minus_w_slow) = (fast[0].all(w_fast), fast[0].all(-w_slow));
        let moved = rows!(|j| w_fast.mul_add(fast[j], minus_w_slow * slow[j]));
        [macd, self.decays[2].partials(moved)]
    }

    #[inline(always)]
    fn end<V: Vector>(&mut self, _: [Rows<V>; 1], [macd, partials]: [Rows<V>; 2]) -> [Rows<V>; 3] {
        let distance = self.decays[2].follow(partials);
        let b_signal = macd[0].all(self.retained[2]);
        let signal = rows!(|j| b_signal.mul_add(distance[j], macd[j]));
        all_turned([macd, signal, rows!(|j| macd[j] - signal[j])])
    }

    fn agrees(&self, other: &Self) -> bool {
        all_agree(&self.decays, &other.decays)
    }
}
