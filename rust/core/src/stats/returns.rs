//! Moments of returns, alone and against a benchmark: one pass in blocks that stay in the first-level cache.
//!
//! Sums run in lanes of fixed number and are compensated from block to block, so that they are the same bits on every machine and
//! as exact as a pairwise sum.

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

use crate::indicators::simd::{Work, dispatch};

/// Points handled at once.
pub(super) const BLOCK: usize = 128;
const LANES: usize = 4;
type Lanes = [f64; LANES];

/// Standard deviations below this are rounding: a return is a quotient near one less one, good to about 2e-16.
const NO_VARIANCE: f64 = 1e-15;

/// Values of which each return is taken against the one before; `start` stands before the first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path<'a> {
    pub start: f64,
    pub values: &'a [f64],
}

impl Path<'_> {
    /// Writes the returns of the rows from `row` on, above a hurdle.
    #[inline(always)]
    fn returns(&self, row: usize, hurdle: f64, returns: &mut [f64]) {
        let now = &self.values[row..row + returns.len()];
        if row > 0 {
            let before = &self.values[row - 1..row - 1 + now.len()];
            changes(now, before, hurdle, returns);
        } else {
            returns[0] = now[0] / self.start - 1.0 - hurdle;
            changes(&now[1..], &now[..now.len() - 1], hurdle, &mut returns[1..]);
        }
    }
}

#[inline(always)]
fn changes(now: &[f64], before: &[f64], hurdle: f64, returns: &mut [f64]) {
    for ((change, now), before) in returns.iter_mut().zip(now).zip(before) {
        *change = now / before - 1.0 - hurdle;
    }
}

/// Sums of three `terms` of each pair of values, in lanes.
#[inline(always)]
fn fold(x: &[f64], y: &[f64], terms: impl Fn(f64, f64) -> [f64; 3]) -> [Lanes; 3] {
    let (mut first, mut second, mut third) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
    let (x_chunks, x_rest) = x.as_chunks::<LANES>();
    let (y_chunks, y_rest) = y.as_chunks::<LANES>();
    let mut take = |lane: usize, x: f64, y: f64| {
        let terms = terms(x, y);
        first[lane] += terms[0];
        second[lane] += terms[1];
        third[lane] += terms[2];
    };
    for (x, y) in x_chunks.iter().zip(y_chunks) {
        for lane in 0..LANES {
            take(lane, x[lane], y[lane]);
        }
    }
    for (lane, (x, y)) in x_rest.iter().zip(y_rest).enumerate() {
        take(lane, *x, *y);
    }
    [first, second, third]
}

/// Moments of one path's returns above a hurdle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moments {
    /// Number of returns.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation (n − 1); `None` below two returns or when it is no more than rounding.
    pub deviation: Option<f64>,
    /// √(Σ min(r, 0)² / n); `None` without a negative return.
    pub downside: Option<f64>,
}

/// Moments of two paths' returns together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Joint {
    /// Mean return of the benchmark.
    pub mean: f64,
    /// Covariance over the benchmark's variance; `None` when that is no more than rounding.
    pub beta: Option<f64>,
}

/// Moments of `path`'s returns above `hurdle`, and with them those against `benchmark`; `visit` sees each block's first row, values and range.
pub(super) fn measure(
    path: Path<'_>,
    hurdle: f64,
    benchmark: Option<Path<'_>>,
    visit: impl FnMut(usize, &[f64], Range),
) -> (Moments, Option<Joint>) {
    let count = path.values.len();
    let raw = dispatch(Pass {
        path,
        benchmark,
        hurdles: [hurdle, 0.0],
        visit,
    });
    let n = count as f64;
    let means = [raw.own.value() / n, raw.other.value() / n];
    // One pass subtracts n·mean² from Σr²; where that would cost digits, a second pass takes the deviations themselves.
    let cancels = |squares: f64, mean: f64| squares - n * mean * mean < squares / 16.0;
    let (own, other, product) = if cancels(raw.own_squares.value(), means[0])
        || cancels(raw.other_squares.value(), means[1])
    {
        let centred = dispatch(Pass {
            path,
            benchmark,
            hurdles: [hurdle + means[0], means[1]],
            visit: |_: usize, _: &[f64], _: Range| (),
        });
        centred.central_squares(n)
    } else {
        raw.central_squares(n)
    };
    let moments = Moments {
        count,
        mean: means[0],
        deviation: deviation(own, count),
        downside: Some((raw.downside.value() / n).sqrt()).filter(|value| *value > 0.0),
    };
    let joint = benchmark.map(|_| Joint {
        mean: means[1],
        beta: deviation(other, count).map(|_| product / other),
    });
    (moments, joint)
}

fn deviation(central_squares: f64, count: usize) -> Option<f64> {
    if count < 2 {
        return None;
    }
    Some((central_squares / (count - 1) as f64).sqrt()).filter(|value| *value > NO_VARIANCE)
}

#[derive(Default)]
struct Sums {
    own: Sum,
    own_squares: Sum,
    downside: Sum,
    other: Sum,
    other_squares: Sum,
    product: Sum,
}

impl Sums {
    /// Σ(x − x̄)², Σ(y − ȳ)² and Σ(x − x̄)(y − ȳ).
    fn central_squares(&self, n: f64) -> (f64, f64, f64) {
        let (x, y) = (self.own.value(), self.other.value());
        (
            self.own_squares.value() - x * x / n,
            self.other_squares.value() - y * y / n,
            self.product.value() - x * y / n,
        )
    }
}

/// One pass over a path and its benchmark.
struct Pass<'a, V> {
    path: Path<'a>,
    benchmark: Option<Path<'a>>,
    hurdles: [f64; 2],
    visit: V,
}

impl<V: FnMut(usize, &[f64], Range)> Work for Pass<'_, V> {
    type Output = Sums;

    #[inline(always)]
    fn run(mut self) -> Sums {
        let mut sums = Sums::default();
        let mut own = [0.0; BLOCK];
        let mut other = [0.0; BLOCK];
        for (index, values) in self.path.values.chunks(BLOCK).enumerate() {
            let row = index * BLOCK;
            (self.visit)(row, values, Range::of(values));
            let own = &mut own[..values.len()];
            self.path.returns(row, self.hurdles[0], own);
            let [sum, squares, downside] = fold(own, own, |x, _| {
                let fall = if x < 0.0 { x } else { 0.0 };
                [x, x * x, fall * fall]
            });
            sums.own.add_lanes(&sum);
            sums.own_squares.add_lanes(&squares);
            sums.downside.add_lanes(&downside);
            if let Some(benchmark) = self.benchmark {
                let other = &mut other[..values.len()];
                benchmark.returns(row, self.hurdles[1], other);
                let [sum, squares, product] = fold(own, other, |x, y| [y, y * y, x * y]);
                sums.other.add_lanes(&sum);
                sums.other_squares.add_lanes(&squares);
                sums.product.add_lanes(&product);
            }
        }
        sums
    }
}

/// A compensated sum (Neumaier 1974).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    #[inline(always)]
    pub fn add(&mut self, term: f64) {
        let total = self.total + term;
        self.lost += if self.total.abs() >= term.abs() {
            (self.total - total) + term
        } else {
            (term - total) + self.total
        };
        self.total = total;
    }

    /// Adds a block. Lanes handed over in memory stay together in one register until then.
    #[inline(never)]
    fn add_lanes(&mut self, lanes: &Lanes) {
        self.add((lanes[0] + lanes[2]) + (lanes[1] + lanes[3]));
    }

    pub fn value(&self) -> f64 {
        self.total + self.lost
    }
}

/// Lowest, highest and summed value of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub low: f64,
    pub high: f64,
    pub sum: f64,
}

impl Range {
    #[inline(always)]
    fn of(values: &[f64]) -> Self {
        let mut low = [f64::INFINITY; LANES];
        let mut high = [f64::NEG_INFINITY; LANES];
        let mut sum = [0.0; LANES];
        let (chunks, rest) = values.as_chunks::<LANES>();
        let mut take = |lane: usize, value: f64| {
            low[lane] = if value < low[lane] { value } else { low[lane] };
            high[lane] = if value > high[lane] {
                value
            } else {
                high[lane]
            };
            sum[lane] += value;
        };
        for chunk in chunks {
            for (lane, value) in chunk.iter().enumerate() {
                take(lane, *value);
            }
        }
        for (lane, value) in rest.iter().enumerate() {
            take(lane, *value);
        }
        Self::across(&low, &high, &sum)
    }

    #[inline(never)]
    fn across(low: &Lanes, high: &Lanes, sum: &Lanes) -> Self {
        Self {
            low: low.iter().copied().fold(f64::INFINITY, f64::min),
            high: high.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            sum: sum.iter().sum(),
        }
    }
}
