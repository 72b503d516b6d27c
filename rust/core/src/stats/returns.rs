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

impl<'a> Path<'a> {
    /// The changes of the rows from `row` on, as many as `room` holds, which takes what stands before them where that is no column.
    #[inline(always)]
    fn changes<'b>(&self, row: usize, hurdle: f64, room: &'b mut [f64]) -> Changes<'b>
    where
        'a: 'b,
    {
        let now = &self.values[row..row + room.len()];
        let before: &[f64] = if row > 0 {
            &self.values[row - 1..row - 1 + now.len()]
        } else {
            room[0] = self.start;
            room[1..].copy_from_slice(&now[..now.len() - 1]);
            room
        };
        Changes {
            now,
            before,
            hurdle,
        }
    }
}

/// Values of some rows beside those one row before.
#[derive(Debug, Clone, Copy)]
struct Changes<'a> {
    now: &'a [f64],
    before: &'a [f64],
    hurdle: f64,
}

impl<'a> Changes<'a> {
    /// The rows in chunks, and those left over.
    #[inline(always)]
    fn chunks(&self) -> (impl Iterator<Item = (&'a Lanes, &'a Lanes)>, Self) {
        let (now, now_rest) = self.now.as_chunks::<LANES>();
        let (before, before_rest) = self.before.as_chunks::<LANES>();
        let rest = Self {
            now: now_rest,
            before: before_rest,
            hurdle: self.hurdle,
        };
        (now.iter().zip(before), rest)
    }

    #[inline(always)]
    fn returns(&self, (now, before): (&Lanes, &Lanes)) -> Lanes {
        each(|lane| now[lane] / before[lane] - 1.0 - self.hurdle)
    }

    /// The returns of fewer rows than there are lanes; no return in the others.
    #[inline(always)]
    fn last_returns(&self) -> Lanes {
        let mut returns = [0.0; LANES];
        for (change, (now, before)) in returns.iter_mut().zip(self.now.iter().zip(self.before)) {
            *change = now / before - 1.0 - self.hurdle;
        }
        returns
    }
}

#[inline(always)]
fn each(value: impl Fn(usize) -> f64) -> Lanes {
    std::array::from_fn(value)
}

/// `sum + x·y`, rounded twice.
#[inline(always)]
fn plus_product(sum: Lanes, x: Lanes, y: Lanes) -> Lanes {
    each(|lane| sum[lane] + x[lane] * y[lane])
}

/// Sums over the rows of a block, each in one register: all lanes take a step together.
#[derive(Default)]
struct BlockSums {
    own: Lanes,
    own_squares: Lanes,
    downside: Lanes,
    other: Lanes,
    other_squares: Lanes,
    product: Lanes,
}

impl BlockSums {
    /// Sums the returns of a path, and of its benchmark where there is one: one loop, for they hide behind its divisions.
    #[inline(always)]
    fn of(own: Changes<'_>, other: Option<Changes<'_>>) -> Self {
        let mut sums = Self::default();
        let (own_chunks, own_rest) = own.chunks();
        if let Some(other) = other {
            let (other_chunks, other_rest) = other.chunks();
            for (own_chunk, other_chunk) in own_chunks.zip(other_chunks) {
                let x = own.returns(own_chunk);
                sums.take(x);
                sums.take_beside(x, other.returns(other_chunk));
            }
            let x = own_rest.last_returns();
            sums.take(x);
            sums.take_beside(x, other_rest.last_returns());
        } else {
            for chunk in own_chunks {
                sums.take(own.returns(chunk));
            }
            sums.take(own_rest.last_returns());
        }
        sums
    }

    #[inline(always)]
    fn take(&mut self, x: Lanes) {
        let fall = each(|lane| if x[lane] < 0.0 { x[lane] } else { 0.0 });
        self.own = each(|lane| self.own[lane] + x[lane]);
        self.own_squares = plus_product(self.own_squares, x, x);
        self.downside = plus_product(self.downside, fall, fall);
    }

    #[inline(always)]
    fn take_beside(&mut self, x: Lanes, y: Lanes) {
        self.other = each(|lane| self.other[lane] + y[lane]);
        self.other_squares = plus_product(self.other_squares, y, y);
        self.product = plus_product(self.product, x, y);
    }
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
    fn add(&mut self, block: &BlockSums) {
        self.own.add_lanes(&block.own);
        self.own_squares.add_lanes(&block.own_squares);
        self.downside.add_lanes(&block.downside);
        self.other.add_lanes(&block.other);
        self.other_squares.add_lanes(&block.other_squares);
        self.product.add_lanes(&block.product);
    }

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
        let (mut room, mut other_room) = ([0.0; BLOCK], [0.0; BLOCK]);
        for (index, values) in self.path.values.chunks(BLOCK).enumerate() {
            let row = index * BLOCK;
            (self.visit)(row, values, Range::of(values));
            let own = self
                .path
                .changes(row, self.hurdles[0], &mut room[..values.len()]);
            let other = self.benchmark.as_ref().map(|benchmark| {
                benchmark.changes(row, self.hurdles[1], &mut other_room[..values.len()])
            });
            sums.add(&BlockSums::of(own, other));
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
