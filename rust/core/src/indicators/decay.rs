//! The recursion behind every exponential average, `y = b·y + g`, at a quarter of its latency.
//!
//! Written as it stands each value waits for the one before. Within a block of four, counted from the first value,
//! `y[t+j] = b^j·y[t] + p[j]` with `p[j] = b·p[j−1] + g[j]`: the `p` of a block do not wait for the block before.

const BLOCK: usize = 4;

/// A geometrically decaying sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Decay {
    /// `b, b², b³, b⁴`.
    powers: [f64; BLOCK],
    /// Value before the open block.
    anchor: f64,
    /// `p` of the last input of the open block.
    partial: f64,
    /// Inputs taken in the open block.
    place: usize,
}

impl Decay {
    /// Starts at `value` with the factor `b`.
    pub(super) fn new(b: f64, value: f64) -> Self {
        Self {
            powers: [b, b * b, b * b * b, (b * b) * (b * b)],
            anchor: value,
            partial: 0.0,
            place: 0,
        }
    }

    /// Replaces every input by the value after it.
    #[inline(always)]
    pub(super) fn run(&mut self, inputs: &mut [f64]) {
        let to_block_start = (BLOCK - self.place) % BLOCK;
        let (head, rest) = inputs.split_at_mut(to_block_start.min(inputs.len()));
        let (blocks, tail) = rest.as_chunks_mut::<BLOCK>();
        self.run_open_block(head);
        let [b, ..] = self.powers;
        let mut anchor = self.anchor;
        for block in blocks {
            let mut partial = 0.0;
            for (value, power) in block.iter_mut().zip(self.powers) {
                partial = b.mul_add(partial, *value);
                *value = power.mul_add(anchor, partial);
            }
            anchor = block[BLOCK - 1];
        }
        self.anchor = anchor;
        self.run_open_block(tail);
    }

    #[inline(always)]
    fn run_open_block(&mut self, inputs: &mut [f64]) {
        for value in inputs {
            self.partial = self.powers[0].mul_add(self.partial, *value);
            *value = self.powers[self.place].mul_add(self.anchor, self.partial);
            self.place += 1;
            if self.place == BLOCK {
                (self.anchor, self.partial, self.place) = (*value, 0.0, 0);
            }
        }
    }
}
