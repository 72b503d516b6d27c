//! The recursion behind every exponential average, `y = b·y + g`, at a fraction of its latency.
//!
//! Written as it stands each value waits for the one before. Within a block, counted from the first value,
//! `y[t+j] = b^j·y[t] + p[j]` with `p[j] = b·p[j−1] + g[j]`: the `p` do not wait for the block before, and only one
//! multiplication per block is left on the chain from value to value.

const BLOCK: usize = 4;

/// A geometrically decaying sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Decay {
    /// `b, b², …`
    powers: [f64; BLOCK],
    /// The last of them once more: were it the same number, the compiler would take the chain through the lanes.
    block_power: f64,
    /// Value before the open block.
    anchor: f64,
    /// `p` of the newest input of the open block.
    partial: f64,
    /// Inputs taken in the open block.
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
            powers,
            block_power: powers[BLOCK - 1],
            anchor: value,
            partial: 0.0,
            place: 0,
        }
    }

    /// Writes `output(value, y)` for every value, where `input(value)` is its `g`.
    #[inline(always)]
    pub(super) fn run(
        &mut self,
        values: &[f64],
        line: &mut [f64],
        mut input: impl FnMut(f64) -> f64,
        output: impl Fn(f64, f64) -> f64,
    ) {
        let rows = line.len();
        let values = &values[..rows];
        let head = ((BLOCK - self.place) % BLOCK).min(rows);
        let tail = rows - (rows - head) % BLOCK;
        for i in 0..head {
            line[i] = output(values[i], self.next(input(values[i])));
        }
        let blocks = values[head..tail].as_chunks::<BLOCK>().0;
        let written = line[head..tail].as_chunks_mut::<BLOCK>().0;
        let powers = self.powers;
        let mut anchor = self.anchor;
        for (block, written) in blocks.iter().zip(written) {
            let mut partials = [0.0; BLOCK];
            let mut partial = 0.0;
            for j in 0..BLOCK {
                partial = powers[0].mul_add(partial, input(block[j]));
                partials[j] = partial;
            }
            for j in 0..BLOCK {
                written[j] = output(block[j], powers[j].mul_add(anchor, partials[j]));
            }
            anchor = self.block_power.mul_add(anchor, partial);
        }
        self.anchor = anchor;
        for i in tail..rows {
            line[i] = output(values[i], self.next(input(values[i])));
        }
    }

    /// The value after one input.
    #[inline(always)]
    fn next(&mut self, input: f64) -> f64 {
        self.partial = self.powers[0].mul_add(self.partial, input);
        let value = self.powers[self.place].mul_add(self.anchor, self.partial);
        self.place += 1;
        if self.place == BLOCK {
            (self.anchor, self.partial, self.place) = (value, 0.0, 0);
        }
        value
    }
}
