//! The recursion behind every average, `y = b·y + g`, at a fraction of its latency; with `b = 1` it is a running sum.
//!
//! Written as it stands each value waits for the one before. Within a block of eight, counted from the first value,
//! `y[t+j] = b^(j+1)·y[t] + p[j]`: the `p` do not wait for the block before, and only one multiplication a block is
//! left on the chain from value to value. The `p` come in three steps, each of which joins pairs of groups twice as
//! long by adding the last of the left group to all of the right (Sklansky, "Conditional-sum addition logic", 1960).

/// Lanes of one vector.
const LANES: usize = 4;

/// Two vectors: half the steps of the chain, for one more multiplication.
const BLOCK: usize = 2 * LANES;

/// A geometrically decaying sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Decay {
    /// What the left group's last decays by on its way to each lane of a vector; 0 in the left group itself.
    to_pairs: [f64; LANES],
    to_fours: [f64; LANES],
    /// `b, b², …`
    powers: [f64; BLOCK],
    /// The last of them once more: were it the same number, the compiler would take the chain through the lanes.
    block_power: f64,
    /// Value before the open block.
    anchor: f64,
    /// Newest value.
    value: f64,
    /// Inputs of the open block, and how many there are; what follows them has no say.
    open: [f64; BLOCK],
    place: usize,
}

impl Decay {
    /// Starts at `value` with the factor `b`.
    pub(super) fn new(b: f64, value: f64) -> Self {
        let mut powers = [b; BLOCK];
        for j in 1..BLOCK {
            powers[j] = b * powers[j - 1];
        }
        Self {
            to_pairs: [0.0, b, 0.0, b],
            to_fours: [0.0, 0.0, b, powers[1]],
            powers,
            block_power: powers[BLOCK - 1],
            anchor: value,
            value,
            open: [0.0; BLOCK],
            place: 0,
        }
    }

    /// The newest value.
    pub(super) fn value(&self) -> f64 {
        self.value
    }

    /// Takes `input(row)` of every row of the columns, which are as long as `line`, and writes `output(row, value)`.
    #[inline(always)]
    pub(super) fn run<const I: usize>(
        &mut self,
        columns: [&[f64]; I],
        line: &mut [f64],
        input: impl Fn([f64; I]) -> f64,
        output: impl Fn([f64; I], f64) -> f64,
    ) {
        let rows = line.len();
        let head = ((BLOCK - self.place) % BLOCK).min(rows);
        let tail = rows - (rows - head) % BLOCK;
        self.run_within_block(columns, 0, &mut line[..head], &input, &output);

        let columns_of_blocks = columns.map(|column| column[head..tail].as_chunks::<BLOCK>().0);
        let blocks = line[head..tail].as_chunks_mut::<BLOCK>().0;
        let decay = *self;
        let mut anchor = self.anchor;
        for (k, block) in blocks.iter_mut().enumerate() {
            let columns = columns_of_blocks.map(|blocks| blocks[k]);
            let row = |j: usize| columns.map(|column| column[j]);
            let partials = decay.partials(std::array::from_fn(|j| input(row(j))));
            let values = decay.values(anchor, partials);
            *block = std::array::from_fn(|j| output(row(j), values[j]));
            anchor = decay.block_power.mul_add(anchor, partials[BLOCK - 1]);
        }
        if tail > head {
            (self.anchor, self.value) = (anchor, anchor);
        }
        self.run_within_block(columns, tail, &mut line[tail..], &input, &output);
    }

    /// The same for the rows from `first` on that do not go beyond the open block.
    #[inline(always)]
    fn run_within_block<const I: usize>(
        &mut self,
        columns: [&[f64]; I],
        first: usize,
        line: &mut [f64],
        input: &impl Fn([f64; I]) -> f64,
        output: &impl Fn([f64; I], f64) -> f64,
    ) {
        if line.is_empty() {
            return;
        }
        let row = |j: usize| columns.map(|column| column[first + j]);
        let end = self.place + line.len();
        for (j, open) in self.open[self.place..end].iter_mut().enumerate() {
            *open = input(row(j));
        }
        let values = self.values(self.anchor, self.partials(self.open));
        let values = &values[self.place..end];
        for (j, (line, value)) in line.iter_mut().zip(values).enumerate() {
            *line = output(row(j), *value);
            self.value = *value;
        }
        self.place = end;
        if end == BLOCK {
            (self.anchor, self.place) = (self.value, 0);
        }
    }

    /// The `p` of a block.
    #[inline(always)]
    fn partials(&self, inputs: [f64; BLOCK]) -> [f64; BLOCK] {
        let [a, b, c, d, e, f, g, h] = inputs;
        let [a, b, c, d] = self.lane_partials([a, b, c, d]);
        let right = self.lane_partials([e, f, g, h]);
        let [w, x, y, z, ..] = self.powers;
        let [e, f, g, h] = multiply_add([w, x, y, z], [d; LANES], right);
        [a, b, c, d, e, f, g, h]
    }

    /// The `p` of a vector. No lane takes more than 0 times one after it, so those still open change nothing.
    #[inline(always)]
    fn lane_partials(&self, inputs: [f64; LANES]) -> [f64; LANES] {
        let [a, _, c, _] = inputs;
        let pairs = multiply_add(self.to_pairs, [a, a, c, c], inputs);
        multiply_add(self.to_fours, [pairs[1]; LANES], pairs)
    }

    /// The values of a block.
    #[inline(always)]
    fn values(&self, anchor: f64, partials: [f64; BLOCK]) -> [f64; BLOCK] {
        multiply_add(self.powers, [anchor; BLOCK], partials)
    }
}

#[inline(always)]
fn multiply_add<const N: usize>(a: [f64; N], b: [f64; N], c: [f64; N]) -> [f64; N] {
    std::array::from_fn(|j| a[j].mul_add(b[j], c[j]))
}
