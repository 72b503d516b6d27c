//! Exponential moving average, seeded by the mean of the first *n* values.

use super::blocks::{Blocks, Kernel, both};
use super::decay::{Decay, rows};
use super::rule::{Rule, batch, checked_period, defined, step};
use super::simd::{Rows, Vector};
use crate::error::Result;

/// Exponential moving average with the weight `2 / (period + 1)`; the first value is the mean of the first `period`.
///
/// # Errors
/// A period of 0; a NaN after the first number, or an infinity, in `values`.
///
/// ```
/// use spark_stacker_core::indicators::ema;
/// let average = ema(&[1.0, 2.0, 3.0, 8.0], 3)?;
/// assert!(average[1].is_nan());
/// assert_eq!(average[2..], [2.0, 5.0]);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn ema(values: &[f64], period: usize) -> Result<Vec<f64>> {
    let [average] = batch(Ema::new(period)?, [values])?;
    Ok(average)
}

/// [`ema`], a value at a time.
///
/// What it keeps is the average's distance from the newest value. That distance is zero in a market that stands
/// still, so there the average equals the price to the last bit, and two averages never cross by rounding.
#[derive(Debug, Clone, PartialEq)]
pub struct Ema {
    opening: Opening,
    blocks: Option<Blocks<Averaging, 1>>,
}

impl Ema {
    /// An average that has seen nothing.
    ///
    /// # Errors
    /// A period of 0.
    pub fn new(period: usize) -> Result<Self> {
        let period = checked_period("period", period, 1)?;
        Ok(Self::with_weight(period, ema_weight(period)))
    }

    /// An average seeded by the mean of `period` values, the newest weighing `weight` from then on.
    pub(super) fn with_weight(period: usize, weight: f64) -> Self {
        Self {
            opening: Opening::new(period, weight),
            blocks: None,
        }
    }

    /// Takes the next value, which must be finite.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        let [average] = step(self, [value]);
        defined(average)
    }
}

impl Rule<1, 1> for Ema {
    const COLUMNS: [&'static str; 1] = ["values"];

    fn warm_up(&self) -> usize {
        self.opening.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, [values]: [&[f64]; 1], [average]: [&mut [f64]; 1]) {
        let mut row = 0;
        while self.blocks.is_none() && row < values.len() {
            if let Some(distance) = self.opening.take(values[row]) {
                average[row] = values[row] + distance;
                let averaging = Averaging {
                    retained: self.opening.retained,
                    decay: self.opening.decay(1.0),
                };
                self.blocks = Some(Blocks::new(averaging, [values[row]]));
            }
            row += 1;
        }
        if let Some(blocks) = &mut self.blocks {
            blocks.run([&values[row..]], [&mut average[row..]]);
        }
    }

    fn agrees(&self, other: &Self) -> bool {
        both(self.blocks.as_ref(), other.blocks.as_ref(), Blocks::agrees)
    }
}

/// The average once it is seeded.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Averaging {
    retained: f64,
    decay: Decay,
}

impl Kernel<1, 1> for Averaging {
    const STAGGERED: bool = false;
    type Begun<V: Vector> = Rows<V>;
    type Summed<V: Vector> = Rows<V>;

    #[inline(always)]
    fn begin<V: Vector>(&self, [values]: [Rows<V>; 1], [before]: [Rows<V>; 1]) -> Rows<V> {
        let moved_back = V::turned(moved_back(values, before));
        self.decay.partials(moved_back)
    }

    #[inline(always)]
    fn sum<V: Vector>(&mut self, partials: Rows<V>) -> Rows<V> {
        self.decay.follow(partials)
    }

    #[inline(always)]
    fn end<V: Vector>(&mut self, [values]: [Rows<V>; 1], decayed: Rows<V>) -> [Rows<V>; 1] {
        let decayed = V::turned(decayed);
        let retained = values[0].all(self.retained);
        [rows!(|j| retained.mul_add(decayed[j], values[j]))]
    }

    fn agrees(&self, other: &Self) -> bool {
        self.decay.agrees(&other.decay)
    }
}

/// The weight of the newest value in an average over `period`.
pub(super) fn ema_weight(period: usize) -> f64 {
    2.0 / (period as f64 + 1.0)
}

/// How far each value is below the one before it.
#[inline(always)]
pub(super) fn moved_back<V: Vector>(values: Rows<V>, before: Rows<V>) -> Rows<V> {
    rows!(|j| before[j] - values[j])
}

/// The first values of an exponential average: the mean that seeds it, and from there on a value at a time.
///
/// The distance `d` of an average that retains `b` of itself, `d' = b·(d + x − x')`, is `b` times a sum that decays.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Opening {
    period: usize,
    /// Weight of the average before.
    pub(super) retained: f64,
    /// Values seen while seeding, and their sum counted from the first.
    seen: usize,
    first: f64,
    sum: f64,
    newest: f64,
    /// Average minus newest value, over `retained`, once seeded.
    decayed: f64,
}

impl Opening {
    pub(super) fn new(period: usize, weight: f64) -> Self {
        Self {
            period,
            retained: 1.0 - weight,
            seen: 0,
            first: 0.0,
            sum: 0.0,
            newest: 0.0,
            decayed: 0.0,
        }
    }

    /// Values still to come before the first average.
    pub(super) fn warm_up(&self) -> usize {
        (self.period - 1).saturating_sub(self.seen)
    }

    /// What decays, the distance over the share that is retained, times `scale`.
    pub(super) fn decay(&self, scale: f64) -> Decay {
        Decay::new(self.retained, scale * self.decayed)
    }

    /// Takes the next value; the distance of the average from it, once there is one.
    pub(super) fn take(&mut self, value: f64) -> Option<f64> {
        if self.seen >= self.period {
            let moved_back = self.newest - value;
            self.newest = value;
            self.decayed = self.retained.mul_add(self.decayed, moved_back);
            return Some(self.retained * self.decayed);
        }
        if self.seen == 0 {
            self.first = value;
        }
        self.seen += 1;
        self.sum += value - self.first;
        if self.seen < self.period {
            return None;
        }
        let distance = self.sum / self.period as f64 + (self.first - value);
        self.newest = value;
        // A period of 1 retains nothing, and the distance is 0.
        if self.retained > 0.0 {
            self.decayed = distance / self.retained;
        }
        Some(distance)
    }
}
