//! Moments of returns, alone and against a benchmark: one pass in blocks that stay in the first-level cache.
//!
//! Sums run in lanes of fixed number and are compensated from block to block, so that they are the same bits on every machine and
//! as exact as a pairwise sum.

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

use super::block_sums::{BlockSums, Changes, Range, Sum};
use crate::indicators::simd::{Work, dispatch, fetch_page_ahead};

/// Points handled at once.
pub(super) const BLOCK: usize = 128;

/// Standard deviations below this are rounding: a return is a quotient near one less one, good to about 2e-16.
const NO_VARIANCE: f64 = 1e-15;

/// Values of which each return is taken against the one before; `start` stands before the first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path<'a> {
    pub start: f64,
    pub values: &'a [f64],
}

impl<'a> Path<'a> {
    /// Begins with its first value, of which there must be one.
    pub const fn from_first(values: &'a [f64]) -> Self {
        Self {
            start: values[0],
            values,
        }
    }

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

/// What returns are measured against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Benchmark<'a> {
    pub path: Path<'a>,
    /// Its returns, where they have been taken before.
    pub known: Option<&'a Returns>,
}

/// The returns of a path, taken once for many that are measured against it.
#[derive(Debug, Clone)]
pub(super) struct Returns {
    rows: Vec<f64>,
    sum: Sum,
    squares: Sum,
}

impl Returns {
    pub fn of(path: Path<'_>) -> Self {
        let mut rows = Vec::with_capacity(path.values.len());
        let mut before = path.start;
        for value in path.values {
            rows.push(value / before - 1.0);
            before = *value;
        }
        let sums = dispatch(Pass {
            path,
            beside: Beside::Nothing,
            hurdles: [0.0, 0.0],
            visit: |_: usize, _: &[f64], _: Range| (),
        });
        Self {
            rows,
            sum: sums.own,
            squares: sums.own_squares,
        }
    }
}

/// What a pass reads beside a path.
#[derive(Debug, Clone, Copy)]
enum Beside<'a> {
    Nothing,
    /// Returns are taken of it.
    Path(Path<'a>),
    /// They are read, and their own sums known.
    Returns(&'a [f64]),
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
    benchmark: Option<Benchmark<'_>>,
    visit: impl FnMut(usize, &[f64], Range),
) -> (Moments, Option<Joint>) {
    let count = path.values.len();
    let known = benchmark.and_then(|benchmark| benchmark.known);
    let walked = benchmark.map_or(Beside::Nothing, |benchmark| Beside::Path(benchmark.path));
    let mut raw = dispatch(Pass {
        path,
        beside: known.map_or(walked, |known| Beside::Returns(&known.rows)),
        hurdles: [hurdle, 0.0],
        visit,
    });
    if let Some(known) = known {
        (raw.other, raw.other_squares) = (known.sum, known.squares);
    }
    let n = count as f64;
    let means = [raw.own.value() / n, raw.other.value() / n];
    // One pass subtracts n·mean² from Σr²; where that would cost digits, a second pass takes the deviations themselves.
    let cancels = |squares: f64, mean: f64| squares - n * mean * mean < squares / 16.0;
    let (own, other, product) = if cancels(raw.own_squares.value(), means[0])
        || cancels(raw.other_squares.value(), means[1])
    {
        let centred = dispatch(Pass {
            path,
            beside: walked,
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
    beside: Beside<'a>,
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
            let own = self
                .path
                .changes(row, self.hurdles[0], &mut room[..values.len()]);
            let block = match &self.beside {
                Beside::Nothing => BlockSums::of(own),
                Beside::Path(other) => {
                    let room = &mut other_room[..values.len()];
                    BlockSums::against(own, other.changes(row, self.hurdles[1], room))
                }
                Beside::Returns(other) => {
                    fetch_page_ahead(other, row..row + BLOCK);
                    BlockSums::against_known(own, &other[row..row + values.len()])
                }
            };
            (self.visit)(row, values, Range::across(&block));
            sums.add(&block);
        }
        sums
    }
}
