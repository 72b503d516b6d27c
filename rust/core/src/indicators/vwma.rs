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
    /// Bars of the open block, how many there are, and their sums.
    block: Vec<Traded>,
    place: usize,
    head: Traded,
    /// Sums over the full block from each bar on, and 0 behind the last; NaN until there is a full block.
    tails: Vec<Traded>,
    warm: bool,
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
            place: 0,
            head: Traded::default(),
            tails: Vec::new(),
            warm: false,
            centre: 0.0,
        })
    }

    /// Takes the next bar's close and volume, which must be finite.
    pub fn update(&mut self, close: f64, volume: f64) -> Option<f64> {
        let [average] = step(self, [close, volume]);
        defined(average)
    }

    /// Takes bars that do not go beyond the open block.
    #[inline(always)]
    fn run_within_block(&mut self, [close, volume]: [&[f64]; 2], average: &mut [f64]) {
        let (place, centre) = (self.place, self.centre);
        self.place += close.len();
        let mut head = self.head;
        let block = self.block[place..].iter_mut().zip(&self.tails[place + 1..]);
        let bars = close.iter().zip(volume).zip(average);
        for (((close, &volume), average), (bar, tail)) in bars.zip(block) {
            let value = (close - centre) * volume;
            *bar = Traded { volume, value };
            head.volume += volume;
            head.value += value;
            let window = tail.volume + head.volume;
            let mean = centre + (tail.value + head.value) / window;
            *average = if window == 0.0 { f64::NAN } else { mean };
        }
        self.head = head;
    }

    /// Sums the tails of the block that is now full, about its last close, and opens the next.
    #[inline(always)]
    fn close_block(&mut self, centre: f64) {
        let moved = self.centre - centre;
        let mut sums = Traded::default();
        for (tail, bar) in self.tails[..self.period].iter_mut().zip(&self.block).rev() {
            sums.volume += bar.volume;
            sums.value += moved.mul_add(bar.volume, bar.value);
            *tail = sums;
        }
        (self.centre, self.place, self.warm) = (centre, 0, true);
        self.head = Traded::default();
    }
}

impl Rule<2, 1> for Vwma {
    const COLUMNS: [&'static str; 2] = ["close", "volume"];

    fn warm_up(&self) -> usize {
        if self.warm {
            0
        } else {
            self.period - 1 - self.place
        }
    }

    #[inline(always)]
    fn run(&mut self, [close, volume]: [&[f64]; 2], [average]: [&mut [f64]; 1]) {
        if self.block.is_empty() {
            let (volume, value) = (f64::NAN, f64::NAN);
            self.block.resize(self.period, Traded::default());
            self.tails.resize(self.period, Traded { volume, value });
            self.tails.push(Traded::default());
        }
        let rows = close.len();
        let mut row = 0;
        while row < rows {
            let end = rows.min(row + self.period - self.place);
            let bars = [&close[row..end], &volume[row..end]];
            self.run_within_block(bars, &mut average[row..end]);
            if self.place == self.period {
                self.close_block(close[end - 1]);
            }
            row = end;
        }
    }

    fn stride(&self) -> usize {
        self.period
    }

    fn agrees(&self, other: &Self) -> bool {
        self == other
    }
}
