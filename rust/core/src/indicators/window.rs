//! Sums over the last *n* rows that never drift, because nothing is ever subtracted.
//!
//! The rows are cut into blocks of *n*. A window is the tail of one block and the head of the next; both are summed
//! afresh, tails when their block is full. The price is counted from the last price of the full block, so a market
//! that stands still gives its price back to the last bit.

/// A window over `I` columns, the first of them the price, with `K` sums.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window<const I: usize, const K: usize> {
    period: usize,
    /// Rows of the open block.
    block: [Vec<f64>; I],
    /// Sums over the open block.
    head: [f64; K],
    /// `tails[i]`: sums over the full block from row `i` on; empty until there is one.
    tails: Vec<[f64; K]>,
    /// Last price of the full block.
    centre: f64,
}

/// What a window holds at a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sums<const K: usize> {
    /// Price that the sums count from.
    pub(super) centre: f64,
    /// Rows since the centre, the position of the newest row.
    pub(super) position: f64,
    /// One total for each of the terms.
    pub(super) totals: [f64; K],
}

impl<const I: usize, const K: usize> Window<I, K> {
    pub(super) fn new(period: usize) -> Self {
        Self {
            period,
            block: [const { Vec::new() }; I],
            head: [0.0; K],
            tails: Vec::new(),
            centre: 0.0,
        }
    }

    /// Rows still to come before the window is full.
    pub(super) fn warm_up(&self) -> usize {
        if self.tails.is_empty() {
            self.period - 1 - self.block[0].len()
        } else {
            0
        }
    }

    /// Takes rows. `terms(position, row)` is what a row adds to the sums, its price counted from the centre;
    /// `emit(index, sums)` is called for every row that ends a full window.
    #[inline(always)]
    pub(super) fn run(
        &mut self,
        columns: [&[f64]; I],
        terms: impl Fn(f64, [f64; I]) -> [f64; K],
        mut emit: impl FnMut(usize, Sums<K>),
    ) {
        let rows = columns[0].len();
        let mut start = 0;
        while start < rows {
            let filled = self.block[0].len();
            let end = rows.min(start + self.period - filled);
            let part = columns.map(|column| &column[start..end]);
            for (block, column) in self.block.iter_mut().zip(part) {
                block.extend_from_slice(column);
            }
            let full = filled + end - start == self.period;
            if !self.tails.is_empty() {
                // The row that fills the block ends a window that is the block itself: a tail of its own.
                let straddling = end - start - usize::from(full);
                let tails = &self.tails[filled + 1..][..straddling];
                let part = part.map(|column| &column[..straddling]);
                let mut head = self.head;
                for (i, tail) in tails.iter().enumerate() {
                    let position = (filled + i + 1) as f64;
                    let row = std::array::from_fn(|c| part[c][i]);
                    head = add(head, terms(position, self.centred(row)));
                    emit(
                        start + i,
                        Sums {
                            centre: self.centre,
                            position,
                            totals: add(*tail, head),
                        },
                    );
                }
                self.head = head;
            }
            if full {
                let sums = self.close_block(&terms);
                emit(end - 1, sums);
            }
            start = end;
        }
    }

    /// Sums the tails of the block that is now full, and opens the next.
    #[inline(always)]
    fn close_block(&mut self, terms: &impl Fn(f64, [f64; I]) -> [f64; K]) -> Sums<K> {
        let last = self.period - 1;
        self.centre = self.block[0][last];
        self.tails.resize(self.period, [0.0; K]);
        let block: [&[f64]; I] = self.block.each_ref().map(|column| &column[..=last]);
        let mut sums = [0.0; K];
        for (i, tail) in self.tails.iter_mut().enumerate().rev() {
            let mut row: [f64; I] = std::array::from_fn(|c| block[c][i]);
            row[0] -= self.centre;
            sums = add(sums, terms(-((last - i) as f64), row));
            *tail = sums;
        }
        self.block.iter_mut().for_each(Vec::clear);
        self.head = [0.0; K];
        Sums {
            centre: self.centre,
            position: 0.0,
            totals: sums,
        }
    }

    #[inline(always)]
    fn centred(&self, mut row: [f64; I]) -> [f64; I] {
        row[0] -= self.centre;
        row
    }
}

#[inline(always)]
fn add<const K: usize>(a: [f64; K], b: [f64; K]) -> [f64; K] {
    std::array::from_fn(|k| a[k] + b[k])
}
