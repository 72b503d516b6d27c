//! One number, or four side by side, with the same arithmetic: what is written over a [`Vector`] gives each lane the bits it gives one number.

use std::ops::{Add, Mul, Sub};

/// Rows of a block.
pub const BLOCK: usize = 8;

/// Numbers for the rows of one block, or of as many as a vector has lanes.
pub type Rows<V> = [V; BLOCK];

/// One number, or several side by side.
pub trait Vector: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// What shows that this processor has the instructions.
    type Proof: Copy;
    /// The rows of the blocks in memory.
    type Chunk;

    /// The rows in chunks, and no row that is left over.
    fn chunks(rows: &[f64]) -> &[Self::Chunk];

    /// The same to be written.
    fn chunks_mut(rows: &mut [f64]) -> &mut [Self::Chunk];

    /// Reads a chunk: each vector has rows that follow one another.
    fn load(proof: Self::Proof, chunk: &Self::Chunk) -> Rows<Self>;

    /// Writes what is ordered as [`Vector::load`] reads it.
    fn store(rows: Rows<Self>, chunk: &mut Self::Chunk);

    /// From rows that follow one another to the same row of every block, and back.
    fn turned(rows: Rows<Self>) -> Rows<Self>;

    /// The number in every lane of a vector such as this.
    #[must_use]
    fn all(self, number: f64) -> Self;

    /// `self·by + plus`, rounded once.
    #[must_use]
    fn mul_add(self, by: Self, plus: Self) -> Self;

    /// Quotient.
    #[must_use]
    fn over(self, divisor: Self) -> Self;

    /// Square root.
    #[must_use]
    fn sqrt(self) -> Self;

    /// Without its sign.
    #[must_use]
    fn abs(self) -> Self;

    /// This where it is above the other, else the other.
    #[must_use]
    fn larger(self, other: Self) -> Self;

    /// This where it is below the other, else the other.
    #[must_use]
    fn smaller(self, other: Self) -> Self;

    /// `then` where this is zero, else `otherwise`.
    #[must_use]
    fn where_zero(self, then: Self, otherwise: Self) -> Self;

    /// The terms `value` of `value' = factor·value + self`, lane after lane: each lane gets the value before it, and the last is left behind.
    #[must_use]
    fn chained(self, factor: f64, value: &mut f64) -> Self;
}

impl Vector for f64 {
    type Proof = ();
    type Chunk = [f64; BLOCK];

    #[inline(always)]
    fn chunks(rows: &[f64]) -> &[Self::Chunk] {
        rows.as_chunks().0
    }

    #[inline(always)]
    fn chunks_mut(rows: &mut [f64]) -> &mut [Self::Chunk] {
        rows.as_chunks_mut().0
    }

    #[inline(always)]
    fn load((): (), chunk: &Self::Chunk) -> Rows<Self> {
        *chunk
    }

    #[inline(always)]
    fn store(rows: Rows<Self>, chunk: &mut Self::Chunk) {
        *chunk = rows;
    }

    #[inline(always)]
    fn turned(rows: Rows<Self>) -> Rows<Self> {
        rows
    }

    #[inline(always)]
    fn all(self, number: f64) -> Self {
        number
    }

    #[inline(always)]
    fn mul_add(self, by: Self, plus: Self) -> Self {
        f64::mul_add(self, by, plus)
    }

    #[inline(always)]
    fn over(self, divisor: Self) -> Self {
        self / divisor
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }

    #[inline(always)]
    fn abs(self) -> Self {
        f64::abs(self)
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        if self > other { self } else { other }
    }

    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        if self < other { self } else { other }
    }

    #[inline(always)]
    fn where_zero(self, then: Self, otherwise: Self) -> Self {
        if self == 0.0 { then } else { otherwise }
    }

    #[inline(always)]
    fn chained(self, factor: f64, value: &mut f64) -> Self {
        let before = *value;
        *value = f64::mul_add(factor, before, self);
        before
    }
}
