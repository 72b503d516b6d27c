//! The recursion behind every exponential average, `y = b·y + g`, at a fraction of its latency.
//!
//! Written as it stands each value waits for the one before. Within a block, counted from the first value,
//! `y[t+j] = b^j·y[t] + p[j]` with `p[j] = b·p[j−1] + g[j]`: the `p` do not wait for the block before, and only one
//! multiplication per block is left on the chain from value to value.

const BLOCK: usize = 8;

/// A geometrically decaying sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Decay {
    /// `b, b², …`
    powers: [f64; BLOCK],
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
        for blocks in blocks.chunks_mut(BLOCKS) {
            self.run_blocks(blocks);
        }
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

    /// The chain first, by itself; then every value from its block's anchor, all lanes at once.
    #[inline(always)]
    fn run_blocks(&mut self, blocks: &mut [[f64; BLOCK]]) {
        let powers = self.powers;
        let mut anchors = [0.0; BLOCKS];
        let mut anchor = self.anchor;
        for (block, kept) in blocks.iter_mut().zip(&mut anchors) {
            let mut partial = 0.0;
            for value in &mut *block {
                partial = powers[0].mul_add(partial, *value);
                *value = partial;
            }
            *kept = anchor;
            anchor = powers[BLOCK - 1].mul_add(anchor, partial);
        }
        self.anchor = anchor;
        for (block, anchor) in blocks.iter_mut().zip(anchors) {
            for (value, power) in block.iter_mut().zip(powers) {
                *value = power.mul_add(anchor, *value);
            }
        }
    }
}

/// Blocks whose anchors are kept at a time.
const BLOCKS: usize = 32;
