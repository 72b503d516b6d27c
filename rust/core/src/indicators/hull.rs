//! Hull moving average: `WMA(2·WMA(n/2) − WMA(n), √n)`, both roots and halves rounded down.

use super::decay::{Decay, rows};
use super::rule::{Rule, batch, checked_period, defined, step};
use super::simd::{Rows, Vector};
use super::window::{Finish, Sums, Window};
use super::wma::{Wma, all_weights};
use crate::error::Result;

/// Hull moving average; the first value is at row `period + ⌊√period⌋ − 2`.
///
/// # Errors
/// A period below 2; a NaN after the first number, or an infinity, in `values`.
///
/// ```
/// use spark_stacker_core::indicators::hull;
/// let average = hull(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 4)?;
/// assert!(average[3].is_nan());
/// assert!((average[4] - 5.0).abs() < 1e-12);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn hull(values: &[f64], period: usize) -> Result<Vec<f64>> {
    let [average] = batch(Hull::new(period)?, [values])?;
    Ok(average)
}

/// [`hull`], a value at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Hull {
    doubled: Window<Doubled, FromCentre, 3, 2>,
    smoothing: Wma,
    /// The doubled averages of the rows at hand.
    line: Vec<f64>,
}

impl Hull {
    /// An empty window.
    ///
    /// # Errors
    /// A period below 2.
    pub fn new(period: usize) -> Result<Self> {
        let period = checked_period("period", period, 2)?;
        Ok(Self {
            doubled: Window::new(period, Doubled::new(period), FromCentre),
            smoothing: Wma::new(period.isqrt())?,
            line: Vec::new(),
        })
    }

    /// Takes the next value, which must be finite.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        let [average] = step(self, [value]);
        defined(average)
    }
}

impl Rule<1, 1> for Hull {
    const COLUMNS: [&'static str; 1] = ["values"];

    fn warm_up(&self) -> usize {
        self.doubled.warm_up() + self.smoothing.warm_up()
    }

    #[inline(always)]
    fn run(&mut self, [values]: [&[f64]; 1], [average]: [&mut [f64]; 1]) {
        let rows = values.len();
        let first = rows.min(self.doubled.warm_up());
        self.line.resize(rows, f64::NAN);
        self.doubled.run(values, [&mut self.line]);
        self.smoothing
            .run([&self.line[first..]], [&mut average[first..]]);
    }

    fn stride(&self) -> usize {
        let (doubled, smoothing) = (self.doubled.stride(), self.smoothing.stride());
        // Equal for short periods. Where one is no multiple of the other, only their product serves both, and halves do not pay.
        if doubled.is_multiple_of(smoothing) {
            doubled
        } else {
            doubled.saturating_mul(smoothing)
        }
    }

    fn agrees(&self, other: &Self) -> bool {
        self.doubled.agrees(&other.doubled) && self.smoothing.agrees(&other.smoothing)
    }
}

/// `2·WMA(n/2) − WMA(n)` as one weighted sum, whose weights rise by one step over the older half of the window and by
/// another over the newer; and the sum of the values by the steps, which is what it loses when every value grows older.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Doubled {
    whole: usize,
    half: usize,
    /// What a row of the half and of the whole average adds to a weight.
    half_step: f64,
    whole_step: f64,
    /// Weight of the newest value.
    of_newest: f64,
}

impl Doubled {
    fn new(period: usize) -> Self {
        let half = period / 2;
        let half_step = 2.0 / all_weights(half);
        let whole_step = 1.0 / all_weights(period);
        Self {
            whole: period,
            half,
            half_step,
            whole_step,
            of_newest: half_step * half as f64 - whole_step * period as f64,
        }
    }
}

impl Sums<3, 2> for Doubled {
    fn places(&self) -> [usize; 3] {
        [0, self.half, self.whole]
    }

    #[inline(always)]
    fn term(&self, position: f64, value: f64) -> [f64; 2] {
        let older = (self.whole - self.half) as f64;
        let whole = [self.whole_step, self.whole_step * (position + 1.0)];
        let half = if position < older {
            [0.0; 2]
        } else {
            [self.half_step, self.half_step * (position + 1.0 - older)]
        };
        [value * (half[0] - whole[0]), value * (half[1] - whole[1])]
    }

    const STAGGERED: bool = true;
    /// The changes, the newest values counted from the centre, and what is known of the sum by the steps.
    type Begun<V: Vector> = [Rows<V>; 3];

    #[inline(always)]
    fn begin<V: Vector>(
        &self,
        [newest, middle, oldest]: [Rows<V>; 3],
        centre: f64,
        [sum, _]: &[Decay; 2],
    ) -> [Rows<V>; 3] {
        let like = newest[0];
        let (half_step, minus_whole_step) = (like.all(self.half_step), like.all(-self.whole_step));
        let changes = V::turned(rows!(|j| {
            let of_whole = minus_whole_step * (newest[j] - oldest[j]);
            half_step.mul_add(newest[j] - middle[j], of_whole)
        }));
        let centre = like.all(centre);
        let newest = V::turned(rows!(|j| newest[j] - centre));
        [changes, newest, sum.partials(changes)]
    }

    #[inline(always)]
    fn sum<V: Vector>(
        &self,
        [changes, newest, partials]: [Rows<V>; 3],
        [sum, doubled]: &mut [Decay; 2],
    ) -> [Rows<V>; 2] {
        let steps = sum.follow(partials);
        let of_newest = newest[0].all(self.of_newest);
        let changes = rows!(|j| of_newest.mul_add(newest[j], changes[j] - steps[j]));
        [steps, doubled.partials(changes)]
    }

    #[inline(always)]
    fn end<V: Vector>(
        &self,
        [steps, partials]: [Rows<V>; 2],
        [_, doubled]: &mut [Decay; 2],
    ) -> [Rows<V>; 2] {
        [steps, doubled.follow(partials)]
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct FromCentre;

impl Finish<2, 1> for FromCentre {
    #[inline(always)]
    fn finish<V: Vector>(&self, [_, doubled]: [V; 2], centre: f64) -> [V; 1] {
        [doubled.all(centre) + doubled]
    }
}
