//! The recursion behind every average, `y = b·y + g`, at a fraction of its latency; with `b = 1` it is a running sum.
//!
//! Written as it stands each value waits for the one before. Within a block of eight, `y[t+j] = b^(j+1)·y[t] + p[j]`:
//! the `p` do not wait for the block before, and only one multiplication a block is left on the chain from value to
//! value. The `p` come in three steps, each of which joins pairs of groups twice as long by adding the last of the
//! left group to all of the right (Sklansky, "Conditional-sum addition logic", 1960).

/// Lanes of one vector.
const LANES: usize = 4;

/// Two vectors: half the steps of the chain, for one more multiplication.
pub(super) const BLOCK: usize = 2 * LANES;

/// A number for each row of a block.
pub(super) type Lanes = [f64; BLOCK];

/// An array by what each place holds, `array!(|j| f64; N)`. A macro, because a closure that is not inlined would be
/// compiled for the narrow processor.
macro_rules! array {
    (|$j:ident| $value:expr; $length:expr) => {{
        let mut values = [0.0; $length];
        for ($j, value) in values.iter_mut().enumerate() {
            *value = $value;
        }
        values
    }};
}

/// Lanes by what each holds.
macro_rules! lanes {
    (|$j:ident| $value:expr) => {
        $crate::indicators::decay::array!(|$j| $value; $crate::indicators::decay::BLOCK)
    };
}

/// The columns of a block by its rows.
macro_rules! columns {
    (|$j:ident| $row:expr; $count:expr) => {{
        let mut columns = [[0.0; $crate::indicators::decay::BLOCK]; $count];
        for $j in 0..$crate::indicators::decay::BLOCK {
            for (column, value) in columns.iter_mut().zip($row) {
                column[$j] = value;
            }
        }
        columns
    }};
}

pub(super) use {array, columns, lanes};

/// The lanes, by way of memory. Of two sums of which one is made of the other's input the compiler would pair lanes of the
/// one with lanes of the other, and their chains would be one; what has been stored it leaves as it is.
#[inline(always)]
pub(super) fn apart(lanes: Lanes) -> Lanes {
    std::hint::black_box(lanes)
}

/// Row `j` of a block.
#[inline(always)]
pub(super) fn row<const I: usize>(columns: &[Lanes; I], j: usize) -> [f64; I] {
    array!(|i| columns[i][j]; I)
}

/// A sum whose terms decay by `b` a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Decay {
    /// What the left group's last decays by on its way to each lane of a vector; 0 in the left group itself.
    to_pairs: [f64; LANES],
    to_fours: [f64; LANES],
    /// `b, b², …`
    powers: Lanes,
    /// The last of them, and the newest value, once a lane: so the chain from block to block crosses no lanes.
    block_power: [f64; LANES],
    anchor: [f64; LANES],
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
            block_power: [powers[BLOCK - 1]; LANES],
            anchor: [value; LANES],
        }
    }

    /// The newest value.
    pub(super) fn value(&self) -> f64 {
        self.anchor[0]
    }

    /// Adds to it.
    pub(super) fn add(&mut self, input: f64) {
        self.anchor = self.anchor.map(|value| value + input);
    }

    /// Takes a block of inputs and gives the values after each. No lane takes more than 0 times one after it, so the last
    /// lanes of an open block change nothing before them.
    #[inline(always)]
    pub(super) fn run(&mut self, inputs: Lanes) -> Lanes {
        let vectors = inputs.as_chunks::<LANES>().0;
        let left = self.lane_partials(vectors[0]);
        let right = self.lane_partials(vectors[1]);
        let mut partials = inputs;
        let mut values = inputs;
        for j in 0..LANES {
            partials[j] = left[j];
            partials[LANES + j] = self.powers[j].mul_add(left[LANES - 1], right[j]);
        }
        for j in 0..LANES {
            values[j] = self.powers[j].mul_add(self.anchor[j], partials[j]);
            values[LANES + j] = self.powers[LANES + j].mul_add(self.anchor[j], partials[LANES + j]);
        }
        for j in 0..LANES {
            self.anchor[j] = self.block_power[j].mul_add(self.anchor[j], partials[BLOCK - 1]);
        }
        values
    }

    /// The `p` of a vector.
    #[inline(always)]
    fn lane_partials(&self, inputs: [f64; LANES]) -> [f64; LANES] {
        let [a, _, c, _] = inputs;
        let lefts = [a, a, c, c];
        let pairs = array!(|j| self.to_pairs[j].mul_add(lefts[j], inputs[j]); LANES);
        array!(|j| self.to_fours[j].mul_add(pairs[1], pairs[j]); LANES)
    }
}
