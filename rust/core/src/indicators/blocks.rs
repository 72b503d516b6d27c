//! Rows in blocks of eight, counted from the first, so that pieces of any length give the same bits.
//!
//! A row that comes alone is worked out as its place in the block that it will be part of: the block is open, and
//! its last rows, which have no say in those before them, are not there yet.

use std::ops::Range;

use super::decay::{BLOCK, Lanes};

/// What is worked out over a block of rows of `I` columns, with what it keeps from one block to the next.
pub(super) trait Kernel<const I: usize, const O: usize>: Copy {
    /// Takes the rows of a block and the row before each of them. Lane `j` of what it gives may depend on no row after.
    fn block(&mut self, rows: [Lanes; I], before: [Lanes; I]) -> [Lanes; O];
}

/// Rows in blocks, each given to the kernel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Blocks<K, const I: usize> {
    /// As it was before the open block.
    kernel: K,
    /// The row before the open block.
    before: [f64; I],
    /// Rows of the open block, and how many there are.
    open: [Lanes; I],
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

    /// Takes the rows of the columns, which are as long as the lines.
    #[inline(always)]
    pub(super) fn run<const O: usize>(&mut self, columns: [&[f64]; I], mut lines: [&mut [f64]; O])
    where
        K: Kernel<I, O>,
    {
        let rows = columns[0].len();
        // The block that is open, or the first one: its rows have one before them that is no longer in the columns.
        let head = rows.min(BLOCK - self.place);
        let tail = rows - (rows - head) % BLOCK;
        self.run_open(columns, 0..head, &mut lines);
        if tail > head {
            let blocks = columns.map(|column| column[head..tail].as_chunks::<BLOCK>().0);
            let before = columns.map(|column| column[head - 1..tail - 1].as_chunks::<BLOCK>().0);
            let mut lines = lines
                .each_mut()
                .map(|line| line[head..tail].as_chunks_mut::<BLOCK>().0);
            let mut kernel = self.kernel;
            for k in 0..(tail - head) / BLOCK {
                let block = blocks.map(|blocks| blocks[k]);
                let values = kernel.block(block, before.map(|before| before[k]));
                for (line, values) in lines.iter_mut().zip(values) {
                    line[k] = values;
                }
            }
            self.kernel = kernel;
            self.before = columns.map(|column| column[tail - 1]);
        }
        self.run_open(columns, tail..rows, &mut lines);
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
        let values = kernel.block(self.open, before);
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
