//! Volume-weighted moving average: the price of the last *n* bars, each weighted by its volume.

use super::rule::{Rule, batch, checked_period, defined, step};
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
///
/// The bars are cut into blocks of `period`; a window is the tail of one block and the head of the next, both summed
/// afresh. Nothing is ever subtracted, so a window without volume has a volume of exactly zero. Prices count from the
/// last price of the full block.
#[derive(Debug, Clone, PartialEq)]
pub struct Vwma {
    period: usize,
    /// Bars of the open block, and their sums.
    block: Vec<Traded>,
    head: Traded,
    /// Sums over the full block from each bar on; empty until there is one.
    tails: Vec<Traded>,
    centre: f64,
}

/// Volume, and volume times price.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Traded {
    volume: f64,
    value: f64,
}

impl Vwma {
    /// An empty window.
    ///
    /// # Errors
    /// A period of 0.
    pub fn new(period: usize) -> Result<Self> {
        Ok(Self {
            period: checked_period("period", period, 1)?,
            block: Vec::new(),
            head: Traded::default(),
            tails: Vec::new(),
            centre: 0.0,
        })
    }

    /// Takes the next bar's close and volume, which must be finite.
    pub fn update(&mut self, close: f64, volume: f64) -> Option<f64> {
        let [average] = step(self, [close, volume]);
        defined(average)
    }

    /// Sums the tails of the block that is now full, and opens the next.
    #[inline(always)]
    fn close_block(&mut self, centre: f64) -> Traded {
        let moved = self.centre - centre;
        let mut sums = Traded::default();
        self.tails.resize(self.period, sums);
        for (tail, bar) in self.tails.iter_mut().zip(&self.block).rev() {
            sums.volume += bar.volume;
            sums.value += moved.mul_add(bar.volume, bar.value);
            *tail = sums;
        }
        self.centre = centre;
        self.block.clear();
        self.head = Traded::default();
        sums
    }
}

impl Rule<2, 1> for Vwma {
    const COLUMNS: [&'static str; 2] = ["close", "volume"];

    fn warm_up(&self) -> usize {
        if self.tails.is_empty() {
            self.period - 1 - self.block.len()
        } else {
            0
        }
    }

    #[inline(always)]
    fn run(&mut self, [close, volume]: [&[f64]; 2], [average]: [&mut [f64]; 1]) {
        for ((average, &close), &volume) in average.iter_mut().zip(close).zip(volume) {
            let value = (close - self.centre) * volume;
            self.block.push(Traded { volume, value });
            self.head.volume += volume;
            self.head.value += value;
            let window = if self.block.len() == self.period {
                self.close_block(close)
            } else if let Some(tail) = self.tails.get(self.block.len()) {
                Traded {
                    volume: tail.volume + self.head.volume,
                    value: tail.value + self.head.value,
                }
            } else {
                continue;
            };
            *average = if window.volume == 0.0 {
                f64::NAN
            } else {
                self.centre + window.value / window.volume
            };
        }
    }
}
