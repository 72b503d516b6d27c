//! Rows in blocks of eight, counted from the first, so that pieces of any length give the same bits.
//!
//! A row that comes alone is worked out as its place in the block that it will be part of: the block is open, and
//! its last rows, which have no say in those before them, are not there yet.
//!
//! A kernel works in three steps. Where it has several sums, a block is in one step while the next is in the step before: each is a short
//! chain of additions, and the processor, which looks only so far ahead, always sees three.

use std::ops::Range;

use super::simd::{BLOCK, Rows, Vector};
#[cfg(target_arch = "x86_64")]
use super::simd::{HasAvx2, Wide};

/// What is worked out over a block of rows of `I` columns, with what it keeps from one block to the next.
pub(super) trait Kernel<const I: usize, const O: usize>: Copy {
    /// Whether a block is ended while the next is summed and the one after it begun. It pays where there are several sums; for a single one
    /// the steps' ways through memory cost as much as they save.
    const STAGGERED: bool;
    /// A block that has begun.
    type Begun<V: Vector>: Copy;
    /// A block that only has to be ended.
    type Summed<V: Vector>: Copy;

    /// Takes the rows of blocks and the row before each of them, and does what needs no block before. What a row becomes in the end may
    /// depend on no row after.
    fn begin<V: Vector>(&self, rows: [Rows<V>; I], before: [Rows<V>; I]) -> Self::Begun<V>;

    /// Follows on from the blocks before.
    fn sum<V: Vector>(&mut self, begun: Self::Begun<V>) -> Self::Summed<V>;

    /// Gives the rows of the lines.
    fn end<V: Vector>(&mut self, rows: [Rows<V>; I], summed: Self::Summed<V>) -> [Rows<V>; O];

    /// Whether it keeps the same bits as another with the same settings.
    fn agrees(&self, other: &Self) -> bool;
}

/// Rows in blocks, each given to the kernel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Blocks<K, const I: usize> {
    /// As it was before the open block.
    kernel: K,
    /// The row before the open block.
    before: [f64; I],
    /// Rows of the open block, and how many there are.
    open: [Rows<f64>; I],
    place: usize,
}

impl<K: Copy, const I: usize> Blocks<K, I> {
    /// Blocks from the row after `before` on.
    pub(super) fn new(kernel: K, before: [f64; I]) -> Self {
        Self {
            kernel,
            before,
            open: [[0.0; BLOCK]; I],
            place: 0,
        }
    }

    /// Whether it goes on to the same bits as another that has seen the same rows last.
    pub(super) fn agrees<const O: usize>(&self, other: &Self) -> bool
    where
        K: Kernel<I, O>,
    {
        self.place == other.place && self.kernel.agrees(&other.kernel)
    }

    /// Takes the rows of the columns, which are as long as the lines.
    #[inline(always)]
    pub(super) fn run<const O: usize>(&mut self, columns: [&[f64]; I], mut lines: [&mut [f64]; O])
    where
        K: Kernel<I, O>,
    {
        let rows = columns[0].len();
        let mut next = 0;
        while next < rows {
            #[cfg(target_arch = "x86_64")]
            if self.place == 0
                && next > 0
                && let Some(proof) = HasAvx2::detect()
            {
                next = self.run_whole::<Wide, O>(proof, columns, next..rows, &mut lines);
            }
            let end = rows.min(next + BLOCK - self.place);
            self.run_open(columns, next..end, &mut lines);
            next = end;
        }
    }

    /// The same for blocks as many at a time as a vector has lanes; there is a row before them. Gives the first row that is left over.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn run_whole<V: Vector, const O: usize>(
        &mut self,
        proof: V::Proof,
        columns: [&[f64]; I],
        rows: Range<usize>,
        lines: &mut [&mut [f64]; O],
    ) -> usize
    where
        K: Kernel<I, O>,
    {
        let chunks = V::chunks(&columns[0][rows.clone()]).len();
        if chunks == 0 {
            return rows.start;
        }
        let end = rows.start + chunks * (size_of::<V::Chunk>() / size_of::<f64>());
        let now = columns.map(|column| V::chunks(&column[rows.start..end]));
        let before = columns.map(|column| V::chunks(&column[rows.start - 1..end - 1]));
        let mut lines = lines
            .each_mut()
            .map(|line| V::chunks_mut(&mut line[rows.start..end]));
        let mut kernel = self.kernel;
        if K::STAGGERED {
            staggered::<K, V, I, O>(&mut kernel, proof, [&now, &before], &mut lines);
        } else {
            for k in 0..chunks {
                let begun = begin::<K, V, I, O>(&kernel, proof, &now, &before, k);
                let summed = kernel.sum(begun);
                // Read once more rather than kept in registers, of which there are too few.
                let rows = loaded::<V, I>(proof, &now, std::hint::black_box(k));
                write(&mut lines, k, kernel.end(rows, summed));
            }
        }
        self.kernel = kernel;
        self.before = columns.map(|column| column[end - 1]);
        end
    }

    /// The same for rows that do not go beyond the open block.
    #[inline(always)]
    fn run_open<const O: usize>(
        &mut self,
        columns: [&[f64]; I],
        rows: Range<usize>,
        lines: &mut [&mut [f64]; O],
    ) where
        K: Kernel<I, O>,
    {
        if rows.is_empty() {
            return;
        }
        let places = self.place..self.place + rows.len();
        for (open, column) in self.open.iter_mut().zip(columns) {
            open[places.clone()].copy_from_slice(&column[rows.clone()]);
        }
        let mut before = self.open;
        for (before, first) in before.iter_mut().zip(self.before) {
            before.rotate_right(1);
            before[0] = first;
        }
        let mut kernel = self.kernel;
        let begun = kernel.begin(self.open, before);
        let summed = kernel.sum(begun);
        let values = kernel.end(self.open, summed);
        for (line, values) in lines.iter_mut().zip(values) {
            line[rows.clone()].copy_from_slice(&values[places.clone()]);
        }
        self.place = places.end;
        if self.place == BLOCK {
            self.kernel = kernel;
            self.before = self.open.map(|open| open[BLOCK - 1]);
            self.place = 0;
        }
    }
}

/// Whether both have begun and agree.
pub(super) fn both<B>(
    these: Option<&B>,
    those: Option<&B>,
    agree: impl Fn(&B, &B) -> bool,
) -> bool {
    let pair = these.zip(those);
    pair.is_some_and(|(one, other)| agree(one, other))
}

/// Each chunk is a step ahead of the next.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn staggered<K: Kernel<I, O>, V: Vector, const I: usize, const O: usize>(
    kernel: &mut K,
    proof: V::Proof,
    [now, before]: [&[&[V::Chunk]; I]; 2],
    lines: &mut [&mut [V::Chunk]; O],
) {
    let chunks = now[0].len();
    let first = begin::<K, V, I, O>(kernel, proof, now, before, 0);
    let second = begin::<K, V, I, O>(kernel, proof, now, before, 1.min(chunks - 1));
    // By places that only the loop knows: kept in memory, they are not handed from register to register.
    let mut begun = [first, second];
    let mut summed = [kernel.sum(first); 2];
    for k in 0..chunks {
        let rows = loaded::<V, I>(proof, now, k);
        write(lines, k, kernel.end(rows, summed[k % 2]));
        if k + 1 < chunks {
            summed[(k + 1) % 2] = kernel.sum(begun[(k + 1) % 2]);
        }
        if k + 2 < chunks {
            begun[k % 2] = begin::<K, V, I, O>(kernel, proof, now, before, k + 2);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn write<V: Vector, const O: usize>(
    lines: &mut [&mut [V::Chunk]; O],
    k: usize,
    values: [Rows<V>; O],
) {
    for (line, values) in lines.iter_mut().zip(values) {
        V::store(values, &mut line[k]);
    }
}

/// The kernel's first step with chunk `k` of each column.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn begin<K: Kernel<I, O>, V: Vector, const I: usize, const O: usize>(
    kernel: &K,
    proof: V::Proof,
    now: &[&[V::Chunk]; I],
    before: &[&[V::Chunk]; I],
    k: usize,
) -> K::Begun<V> {
    kernel.begin(
        loaded::<V, I>(proof, now, k),
        loaded::<V, I>(proof, before, k),
    )
}

/// Chunk `k` of each column. No closure: it would be compiled for the narrow processor.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn loaded<V: Vector, const I: usize>(
    proof: V::Proof,
    columns: &[&[V::Chunk]; I],
    k: usize,
) -> [Rows<V>; I] {
    let mut rows = [V::load(proof, &columns[0][k]); I];
    for i in 1..I {
        rows[i] = V::load(proof, &columns[i][k]);
    }
    rows
}
