//! The recursion behind every average, `y = b·y + g`, at a fraction of its latency; with `b = 1` it is a running sum.
//!
//! Written as it stands each value waits for the one before. Within a block of eight, `y[t+j] = b^(j+1)·y[t] + p[j]`:
//! the `p` do not wait for the block before, and only one multiplication a block is left on the chain from value to
//! value. The `p` come in three steps, each of which joins pairs of groups twice as long by adding the last of the
//! left group to all of the right (Sklansky, "Conditional-sum addition logic", 1960).
//!
//! Four blocks are worked out abreast, the same row of each in one vector: no step moves a number from lane to lane.

use super::simd::{BLOCK, Rows, Vector};

/// Rows by what each holds. A macro, because a closure that is not inlined would be compiled for the narrow processor.
macro_rules! rows {
    (|$j:ident| $value:expr) => {{
        let $j = 0;
        let mut rows = [$value; $crate::indicators::simd::BLOCK];
        for $j in 1..$crate::indicators::simd::BLOCK {
            rows[$j] = $value;
        }
        rows
    }};
}

/// The columns of a block by its rows.
macro_rules! columns {
    (|$j:ident| $row:expr) => {{
        let $j = 0;
        let first = $row;
        let mut columns = $crate::indicators::decay::repeated(first);
        for $j in 1..$crate::indicators::simd::BLOCK {
            for (column, value) in columns.iter_mut().zip($row) {
                column[$j] = value;
            }
        }
        columns
    }};
}

pub(super) use {columns, rows};

/// A block whose rows are all the same.
#[inline(always)]
pub(super) fn repeated<V: Vector, const I: usize>(row: [V; I]) -> [Rows<V>; I] {
    let mut columns = [[row[0]; BLOCK]; I];
    for i in 1..I {
        columns[i] = [row[i]; BLOCK];
    }
    columns
}

/// Row `j` of a block.
#[inline(always)]
pub(super) fn row<V: Vector, const I: usize>(columns: &[Rows<V>; I], j: usize) -> [V; I] {
    let mut row = [columns[0][j]; I];
    for i in 1..I {
        row[i] = columns[i][j];
    }
    row
}

/// Each column turned.
#[inline(always)]
pub(super) fn all_turned<V: Vector, const I: usize>(columns: [Rows<V>; I]) -> [Rows<V>; I] {
    let mut turned = columns;
    for column in &mut turned {
        *column = V::turned(*column);
    }
    turned
}

/// A sum whose terms decay by `b` a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Decay {
    /// `b, b², …`
    powers: [f64; BLOCK],
    /// The newest value.
    anchor: f64,
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
        }
    }

    /// The newest value.
    pub(super) fn value(&self) -> f64 {
        self.anchor
    }

    /// Whether it has the same newest value to the last bit as another with the same factor.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        self.anchor.to_bits() == other.anchor.to_bits()
    }

    /// Adds to it.
    pub(super) fn add(&mut self, input: f64) {
        self.anchor += input;
    }

    /// Takes the inputs of blocks, turned, and gives the values after each. No row depends on one after it, so the last rows of an open
    /// block change nothing before them.
    #[inline(always)]
    pub(super) fn run<V: Vector>(&mut self, inputs: Rows<V>) -> Rows<V> {
        self.follow(self.partials(inputs))
    }

    /// The `p`: what is known of the values before those of the block before are.
    #[inline(always)]
    pub(super) fn partials<V: Vector>(&self, inputs: Rows<V>) -> Rows<V> {
        let powers = rows!(|j| inputs[0].all(self.powers[j]));
        let pairs = joined::<V, 1>(inputs, &powers);
        let fours = joined::<V, 2>(pairs, &powers);
        joined::<V, 4>(fours, &powers)
    }

    /// The values of the blocks that follow, by their `p`.
    #[inline(always)]
    pub(super) fn follow<V: Vector>(&mut self, partials: Rows<V>) -> Rows<V> {
        let powers = rows!(|j| partials[0].all(self.powers[j]));
        let last = partials[BLOCK - 1];
        let anchors = last.chained(self.powers[BLOCK - 1], &mut self.anchor);
        rows!(|j| powers[j].mul_add(anchors, partials[j]))
    }
}

/// Whether each agrees with its like.
pub(super) fn all_agree(these: &[Decay], those: &[Decay]) -> bool {
    let mut pairs = these.iter().zip(those);
    pairs.all(|(one, other)| one.agrees(other))
}

/// Groups of `SIZE` rows, joined two and two.
#[inline(always)]
fn joined<V: Vector, const SIZE: usize>(mut rows: Rows<V>, powers: &Rows<V>) -> Rows<V> {
    for row in SIZE..BLOCK {
        let place = row % (2 * SIZE);
        if place >= SIZE {
            let last_left = rows[row - place + SIZE - 1];
            rows[row] = powers[place - SIZE].mul_add(last_left, rows[row]);
        }
    }
    rows
}
