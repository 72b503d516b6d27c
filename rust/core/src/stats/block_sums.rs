//! Sums over the returns of a block of rows, in lanes that step together.

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

const LANES: usize = 4;
type Lanes = [f64; LANES];

/// Values of some rows beside those one row before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Changes<'a> {
    pub now: &'a [f64],
    pub before: &'a [f64],
    pub hurdle: f64,
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

/// Sums and extremes over the rows of a block, each in one register: all lanes take a step together.
pub(super) struct BlockSums {
    low: Lanes,
    high: Lanes,
    values: Lanes,
    pub own: Lanes,
    pub own_squares: Lanes,
    pub downside: Lanes,
    pub other: Lanes,
    pub other_squares: Lanes,
    pub product: Lanes,
}

impl Default for BlockSums {
    #[inline(always)]
    fn default() -> Self {
        Self {
            low: [f64::INFINITY; LANES],
            high: [f64::NEG_INFINITY; LANES],
            values: [0.0; LANES],
            own: [0.0; LANES],
            own_squares: [0.0; LANES],
            downside: [0.0; LANES],
            other: [0.0; LANES],
            other_squares: [0.0; LANES],
            product: [0.0; LANES],
        }
    }
}

impl BlockSums {
    /// Sums values and returns of a path in one loop, for all sums hide behind its divisions.
    #[inline(always)]
    pub fn of(own: Changes<'_>) -> Self {
        let mut sums = Self::default();
        let (chunks, rest) = own.chunks();
        for chunk in chunks {
            sums.see(chunk.0);
            sums.take(own.returns(chunk));
        }
        sums.see_last(rest.now);
        sums.take(rest.last_returns());
        sums
    }

    /// The same with the returns of a benchmark.
    #[inline(always)]
    pub fn against(own: Changes<'_>, other: Changes<'_>) -> Self {
        let mut sums = Self::default();
        let (chunks, rest) = own.chunks();
        let (other_chunks, other_rest) = other.chunks();
        for (chunk, other_chunk) in chunks.zip(other_chunks) {
            sums.see(chunk.0);
            let x = own.returns(chunk);
            sums.take(x);
            sums.take_beside(x, other.returns(other_chunk));
        }
        sums.see_last(rest.now);
        let x = rest.last_returns();
        sums.take(x);
        sums.take_beside(x, other_rest.last_returns());
        sums
    }

    /// The same with returns that are known.
    #[inline(always)]
    pub fn against_known(own: Changes<'_>, other: &[f64]) -> Self {
        let mut sums = Self::default();
        let (chunks, rest) = own.chunks();
        let (other_chunks, other_rest) = other.as_chunks::<LANES>();
        for (chunk, y) in chunks.zip(other_chunks) {
            sums.see(chunk.0);
            let x = own.returns(chunk);
            sums.take(x);
            sums.product = plus_product(sums.product, x, *y);
        }
        sums.see_last(rest.now);
        let x = rest.last_returns();
        sums.take(x);
        let mut y = [0.0; LANES];
        y[..other_rest.len()].copy_from_slice(other_rest);
        sums.product = plus_product(sums.product, x, y);
        sums
    }

    #[inline(always)]
    fn see(&mut self, values: &Lanes) {
        for (lane, value) in values.iter().enumerate() {
            self.see_one(lane, *value);
        }
    }

    #[inline(always)]
    fn see_last(&mut self, values: &[f64]) {
        for (lane, value) in values.iter().enumerate() {
            self.see_one(lane, *value);
        }
    }

    #[inline(always)]
    fn see_one(&mut self, lane: usize, value: f64) {
        let (low, high) = (self.low[lane], self.high[lane]);
        self.low[lane] = if value < low { value } else { low };
        self.high[lane] = if value > high { value } else { high };
        self.values[lane] += value;
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
    pub fn add_lanes(&mut self, lanes: &Lanes) {
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
    #[inline(never)]
    pub fn across(block: &BlockSums) -> Self {
        Self {
            low: block.low.iter().copied().fold(f64::INFINITY, f64::min),
            high: block.high.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            sum: block.values.iter().sum(),
        }
    }
}
