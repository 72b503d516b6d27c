//! Many sets at once: each row is written to its own place, whoever computes it and whenever.

use std::sync::Mutex;

use super::bank::{Bank, Order, average_bytes};
use super::evaluate::{Evaluator, SetRun, SharedSet, Stage};
use super::parts::Elements;
use super::workers::{free_one, share};
use super::{Span, Sweep};
use crate::error::{Error, Result};
use crate::threads::check_threads;

/// Sets whose elements are numbered together; bounds what is kept beside the rows.
const PASS: usize = 1 << 16;

/// Bytes of shared columns and tapes at hand at once, all threads together.
const BUDGET_BYTES: usize = 32 << 20;

/// Most sets that a thread takes at once.
const MOST_TAKEN: usize = 64;

/// How sets are dealt out to threads, and with what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dealing {
    threads: usize,
    /// Times that each thread comes back for sets of a block.
    takes: usize,
    /// Whether averages come rounded too.
    rounds: bool,
}

impl Dealing {
    /// Few at once, since some take longer than others.
    const fn by_few(threads: usize) -> Self {
        Self {
            threads,
            takes: 8,
            rounds: false,
        }
    }

    /// Many at once, for sets that lie together and go through their columns together, rounded ones where they are compared.
    pub const fn by_many(threads: usize, rounds: bool) -> Self {
        Self {
            threads,
            takes: 2,
            rounds,
        }
    }
}

/// The row of a set, to be written.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub values: &'a mut [f64],
    pub failed: bool,
}

/// Rows of numbers, one a set.
#[derive(Debug)]
pub(super) struct Table {
    /// Row-major; NaN in rows that failed.
    pub values: Vec<f64>,
    pub failed: Vec<bool>,
}

impl Sweep {
    /// Runs every set and lets `measure` fill its row of `width` numbers; a row that it refuses has failed.
    pub(super) fn measure(
        &self,
        digits: &[u32],
        width: usize,
        span: Span,
        threads: usize,
        measure: impl Fn(&SetRun<'_>, &mut [f64]) -> Result<()> + Sync,
    ) -> Result<Table> {
        let dealing = Dealing::by_few(threads);
        self.fill(digits, width, span, dealing, |worker, sets, rows| {
            for (set, row) in sets.iter().zip(rows.iter_mut()) {
                let run = worker.run_shared(*set);
                row.failed = run.is_none_or(|run| measure(&run, row.values).is_err());
            }
        })
    }

    /// Lets `fill` write the rows of `width` numbers of sets that lie close together in what they share.
    pub(super) fn fill(
        &self,
        digits: &[u32],
        width: usize,
        span: Span,
        dealing: Dealing,
        fill: impl Fn(&mut Evaluator<'_>, &[SharedSet<'_>], &mut [Row<'_>]) + Sync,
    ) -> Result<Table> {
        self.check_digits(digits)?;
        check_threads(dealing.threads)?;
        let stage = Stage::new(self, span)?;
        let sets = digits.len() / self.axes.width();
        let mut table = Table {
            values: vec![f64::NAN; sets * width],
            failed: vec![false; sets],
        };
        let workers: Vec<_> = (0..dealing.threads)
            .map(|_| Mutex::new(Evaluator::new(&stage)))
            .collect();
        let pass = PASS * self.axes.width();
        let bars = stage.histories.iter().map(|history| history.bars.len());
        let mut bank = self.kept.bank();
        bank.open(bars.collect());
        for (index, digits) in digits.chunks(pass).enumerate() {
            let run = Pass {
                stage: &stage,
                workers: &workers,
                digits,
                width,
                dealing,
                first: index * PASS,
            };
            run.run(&mut bank, &mut table, &fill)?;
        }
        bank.close();
        self.kept.keep_bank(bank);
        Ok(table)
    }

    /// Checks that digits are those of whole sets and in range.
    pub(super) fn check_digits(&self, digits: &[u32]) -> Result<()> {
        let width = self.axes.width();
        if !digits.len().is_multiple_of(width) {
            return Err(Error::parameter(
                "digits",
                format!("{} of them", digits.len()),
                format!("whole sets of {width}, one digit an axis"),
            ));
        }
        for (row, set) in digits.chunks_exact(width).enumerate() {
            for (axis, (digit, length)) in set.iter().zip(self.axes.lengths()).enumerate() {
                if *digit as usize >= *length {
                    return Err(Error::data(
                        format!("digits[{axis}]"),
                        row,
                        digit,
                        format!("a digit must be below the {length} values of its axis"),
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Sets that are ordered together.
struct Pass<'a, 's> {
    stage: &'s Stage<'s>,
    workers: &'a [Mutex<Evaluator<'s>>],
    digits: &'a [u32],
    width: usize,
    dealing: Dealing,
    /// Row of the first set.
    first: usize,
}

impl Pass<'_, '_> {
    fn run(
        &self,
        bank: &mut Bank,
        table: &mut Table,
        fill: &(impl Fn(&mut Evaluator<'_>, &[SharedSet<'_>], &mut [Row<'_>]) + Sync),
    ) -> Result<()> {
        let sweep = self.stage.sweep;
        let axes = sweep.axes.width();
        let average_bytes = average_bytes(self.dealing.rounds);
        let elements = Elements::new(
            &sweep.voices.parts,
            self.digits,
            axes,
            average_bytes,
            |part| {
                let market = sweep.portfolio.strategies[part.strategy].market;
                self.stage.histories[market].bars.len()
            },
        );
        let order = elements.order(self.digits.len() / axes, BUDGET_BYTES);
        bank.begin(elements.len());
        let mut rows = Vec::new();
        let mut failed = Vec::new();
        elements.blocks(&order, BUDGET_BYTES, |places, wanted| {
            bank.stock(
                self.dealing.threads,
                Order {
                    stage: self.stage,
                    elements: &elements,
                    digits: self.digits,
                    rounds: self.dealing.rounds,
                },
                wanted,
            )?;
            let sets = &order[places];
            rows.clear();
            rows.resize(sets.len() * self.width, f64::NAN);
            failed.clear();
            failed.resize(sets.len(), false);
            let Dealing { threads, takes, .. } = self.dealing;
            let taken = (sets.len() / (takes * threads)).clamp(1, MOST_TAKEN);
            let shared = |set: u32| SharedSet {
                digits: &self.digits[set as usize * axes..][..axes],
                elements: elements.of_set(set),
                bank,
            };
            let chunks = sets
                .chunks(taken)
                .zip(rows.chunks_mut(taken * self.width))
                .zip(failed.chunks_mut(taken));
            share(threads, chunks, |((sets, rows), failed)| {
                let sets: Vec<_> = sets.iter().map(|set| shared(*set)).collect();
                let rows = rows.chunks_exact_mut(self.width);
                let mut rows: Vec<_> = rows
                    .map(|values| Row {
                        values,
                        failed: false,
                    })
                    .collect();
                fill(&mut free_one(self.workers), &sets, &mut rows);
                for (row, failed) in rows.into_iter().zip(failed.iter_mut()) {
                    *failed = row.failed;
                    if row.failed {
                        row.values.fill(f64::NAN);
                    }
                }
            })?;
            for (place, set) in sets.iter().enumerate() {
                let row = self.first + *set as usize;
                table.failed[row] = failed[place];
                let from = &rows[place * self.width..][..self.width];
                table.values[row * self.width..][..self.width].copy_from_slice(from);
            }
            Ok(())
        })
    }
}
