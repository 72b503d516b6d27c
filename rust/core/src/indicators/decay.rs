//! The recursion behind every exponential average, `y = b·y + g`, at a fraction of its latency.
//!
//! Written as it stands each value waits for the one before. Within a block, counted from the first value,
//! `y[t+j] = b^j·y[t] + p[j]` with `p[j] = b·p[j−1] + g[j]`: the `p` do not wait for the block before, and only one
//! multiplication per block is left on the chain from value to value.

use std::ops::Range;

const BLOCK: usize = 4;

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

    /// Writes `output(row, y)` for every row, where `input(row)` is the `g` of the row.
    #[inline(always)]
    pub(super) fn run<const I: usize>(
        &mut self,
        columns: [&[f64]; I],
        line: &mut [f64],
        mut input: impl FnMut([f64; I]) -> f64,
        output: impl Fn([f64; I], f64) -> f64,
    ) {
        let rows = line.len();
        let head = ((BLOCK - self.place) % BLOCK).min(rows);
        let tail = rows - (rows - head) % BLOCK;
        self.run_open_block(columns, line, 0..head, &mut input, &output);
        let inputs = columns.map(|column| column[head..tail].as_chunks::<BLOCK>().0);
        let [b, ..] = self.powers;
        let mut anchor = self.anchor;
        for (k, outputs) in line[head..tail]
            .as_chunks_mut::<BLOCK>()
            .0
            .iter_mut()
            .enumerate()
        {
            let block = inputs.map(|column| column[k]);
            let mut partials = [0.0; BLOCK];
            let mut partial = 0.0;
            for j in 0..BLOCK {
                partial = b.mul_add(partial, input(block.map(|column| column[j])));
                partials[j] = partial;
            }
            for j in 0..BLOCK {
                let value = self.powers[j].mul_add(anchor, partials[j]);
                outputs[j] = output(block.map(|column| column[j]), value);
            }
            anchor = self.powers[BLOCK - 1].mul_add(anchor, partial);
        }
        self.anchor = anchor;
        self.run_open_block(columns, line, tail..rows, &mut input, &output);
    }

    #[inline(always)]
    fn run_open_block<const I: usize>(
        &mut self,
        columns: [&[f64]; I],
        line: &mut [f64],
        rows: Range<usize>,
        input: &mut impl FnMut([f64; I]) -> f64,
        output: &impl Fn([f64; I], f64) -> f64,
    ) {
        for i in rows {
            let row = columns.map(|column| column[i]);
            self.partial = self.powers[0].mul_add(self.partial, input(row));
            let value = self.powers[self.place].mul_add(self.anchor, self.partial);
            line[i] = output(row, value);
            self.place += 1;
            if self.place == BLOCK {
                (self.anchor, self.partial, self.place) = (value, 0.0, 0);
            }
        }
    }
}
