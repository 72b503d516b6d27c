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

/// Standard deviations below this are rounding: a return is a quotient near one less one, good to about 2e-16.
const NO_VARIANCE: f64 = 1e-15;

/// Values of which each return is taken against the one before; `start` stands before the first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path<'a> {
    pub start: f64,
    pub values: &'a [f64],
}

impl Path<'_> {
    /// Sums of three `terms` of each return of the rows from `row` on, with the value that stands `beside` it.
    #[inline(always)]
    fn fold(
        &self,
        row: usize,
        beside: &mut [f64],
        terms: impl Fn(f64, &mut f64) -> [f64; 3],
    ) -> [f64; 3] {
        let now = &self.values[row..row + beside.len()];
        if row > 0 {
            let before = &self.values[row - 1..row - 1 + beside.len()];
            return fold(now, before, beside, terms);
        }
        let mut before = [self.start; BLOCK];
        before[1..now.len()].copy_from_slice(&now[..now.len() - 1]);
        fold(now, &before[..now.len()], beside, terms)
    }
}

/// Sums of the `terms` of each return and the value beside it, in lanes.
#[inline(always)]
fn fold(
    now: &[f64],
    before: &[f64],
    beside: &mut [f64],
    terms: impl Fn(f64, &mut f64) -> [f64; 3],
) -> [f64; 3] {
    let mut sums = [[0.0; LANES]; 3];
    let mut take = |lane: usize, now: f64, before: f64, beside: &mut f64| {
        for (sum, term) in sums.iter_mut().zip(terms(now / before - 1.0, beside)) {
            sum[lane] += term;
        }
    };
    let (now_chunks, now_rest) = now.as_chunks::<LANES>();
    let (before_chunks, before_rest) = before.as_chunks::<LANES>();
    let (beside_chunks, beside_rest) = beside.as_chunks_mut::<LANES>();
    for ((now, before), beside) in now_chunks.iter().zip(before_chunks).zip(beside_chunks) {
        for lane in 0..LANES {
            take(lane, now[lane], before[lane], &mut beside[lane]);
        }
    }
    for (lane, ((now, before), beside)) in now_rest
        .iter()
        .zip(before_rest)
        .zip(beside_rest)
        .enumerate()
    {
        take(lane, *now, *before, beside);
    }
    sums.map(|lane| (lane[0] + lane[2]) + (lane[1] + lane[3]))
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

/// Moments of `path`'s returns above `hurdle`, and with them those against `benchmark`; `visit` sees each block's first row and values.
pub(super) fn measure(
    path: Path<'_>,
    hurdle: f64,
    benchmark: Option<Path<'_>>,
    visit: impl FnMut(usize, &[f64]),
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
            visit: |_: usize, _: &[f64]| (),
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

impl<V: FnMut(usize, &[f64])> Work for Pass<'_, V> {
    type Output = Sums;

    #[inline(always)]
    fn run(mut self) -> Sums {
        let mut sums = Sums::default();
        let mut returns = [0.0; BLOCK];
        for (index, values) in self.path.values.chunks(BLOCK).enumerate() {
            let row = index * BLOCK;
            (self.visit)(row, values);
            let returns = &mut returns[..values.len()];
            let [sum, squares, downside] = self.path.fold(row, returns, |change, kept| {
                let x = change - self.hurdles[0];
                let fall = if x < 0.0 { x } else { 0.0 };
                *kept = x;
                [x, x * x, fall * fall]
            });
            sums.own.add(sum);
            sums.own_squares.add(squares);
            sums.downside.add(downside);
            if let Some(benchmark) = self.benchmark {
                let [sum, squares, product] = benchmark.fold(row, returns, |change, x| {
                    let y = change - self.hurdles[1];
                    [y, y * y, *x * y]
                });
                sums.other.add(sum);
                sums.other_squares.add(squares);
                sums.product.add(product);
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

    pub fn value(&self) -> f64 {
        self.total + self.lost
    }
}

/// Lowest, highest and summed value of a block.
#[inline(always)]
pub(super) fn range(values: &[f64]) -> [f64; 3] {
    let mut low = [f64::INFINITY; LANES];
    let mut high = [f64::NEG_INFINITY; LANES];
    let mut sum = [0.0; LANES];
    let mut take = |lane: usize, value: f64| {
        low[lane] = if value < low[lane] { value } else { low[lane] };
        high[lane] = if value > high[lane] {
            value
        } else {
            high[lane]
        };
        sum[lane] += value;
    };
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, value) in chunk.iter().enumerate() {
            take(lane, *value);
        }
    }
    for (lane, value) in rest.iter().enumerate() {
        take(lane, *value);
    }
    [
        low.into_iter().fold(f64::INFINITY, f64::min),
        high.into_iter().fold(f64::NEG_INFINITY, f64::max),
        sum.into_iter().sum(),
    ]
}
