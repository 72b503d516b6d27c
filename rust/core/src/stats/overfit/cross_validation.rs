//! Probability of backtest overfitting by combinatorially symmetric cross-validation (Bailey, Borwein, López de Prado and Zhu 2017,
//! "The probability of backtest overfitting").
//!
//! Time is cut into blocks. For every way to choose half of them, the set with the best Sharpe ratio in the chosen half is looked up
//! in the other: if it ranks in the lower half there, choosing it taught nothing.
//!
//! Every split is the complement of another, so that one pair of Sharpe ratios a set serves two of them. Sums over half of the
//! blocks are put together from tables over groups of four blocks, never by subtracting: a half without trades must sum to zero.
//!
//! Many sets are taken slab by slab, so that their tables need no more memory than those of one slab: once for the winners, and once
//! more for their ranks.

use rayon::prelude::*;

use super::blocks::check_blocks;
use super::halves::{LEFT, Tables, Task, Visit};
pub use super::splits::CrossValidation;
use super::splits::{Tally, Winner};
use crate::error::{Error, Result};
use crate::threads::on_threads;

/// Sets of a slab.
const SLAB: usize = 1 << 12;

/// Count, Σr and Σr² of every block of every set, in the order set, block, sum.
#[derive(Debug, Clone, Copy)]
pub struct SetBlocks<'a> {
    pub(super) sums: &'a [f64],
    pub(super) sets: usize,
    pub(super) blocks: usize,
}

impl<'a> SetBlocks<'a> {
    /// Takes `sums` of the shape (sets, blocks, 3).
    ///
    /// # Errors
    /// [`Error`] when the blocks cannot be halved, there is no set, the shape is another, or a value is not finite.
    pub fn new(sums: &'a [f64], sets: usize, blocks: usize) -> Result<Self> {
        check_blocks(blocks)?;
        if sets == 0 {
            return Err(Error::parameter("sets", sets, "at least 1"));
        }
        if sums.len() != sets * blocks * 3 {
            return Err(Error::Length {
                column: "block sums".to_owned(),
                length: sums.len(),
                expected: sets * blocks * 3,
            });
        }
        if let Some(place) = sums.iter().position(|value| !value.is_finite()) {
            let set = place / (blocks * 3);
            return Err(Error::data(
                "block sums",
                set,
                sums[place],
                "sum must be finite",
            ));
        }
        Ok(Self { sums, sets, blocks })
    }

    /// Runs every split; `None` when no set has a Sharpe ratio in any half.
    ///
    /// A set without one in a half (no variance: it did not trade) ranks below all that have one. Of equal winners the first is
    /// taken; of equal ranks the average.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `threads` is zero.
    pub fn cross_validate(&self, threads: usize) -> Result<Option<CrossValidation>> {
        self.cross_validate_by(SLAB, threads)
    }

    fn cross_validate_by(&self, slab: usize, threads: usize) -> Result<Option<CrossValidation>> {
        // The left side of a mask holds block 0 in one of a split and its complement: take that one.
        let mut tasks: Vec<Task> = (0..LEFT)
            .filter(|left| left & 1 == 1)
            .map(|left| Task::new(left, self.blocks))
            .collect();
        let slabs: Vec<Self> = self
            .sums
            .chunks(slab * self.blocks * 3)
            .map(|sums| Self {
                sums,
                sets: sums.len() / (self.blocks * 3),
                ..*self
            })
            .collect();
        on_threads(threads, || {
            let mut pass = |visit: Visit| {
                for slab in &slabs {
                    let tables = Tables::new(slab);
                    let tasks = tasks.par_iter_mut();
                    tasks.for_each(|task| tables.visit(task, visit));
                }
            };
            if slabs.len() == 1 {
                pass(|winner, chosen_by, judged_by| {
                    winner.meet(chosen_by, judged_by);
                    winner.rank(judged_by);
                });
            } else {
                pass(Winner::meet);
                pass(|winner, _, judged_by| winner.rank(judged_by));
            }
        })?;
        let mut whole = Tally::default();
        for task in &tasks {
            let mut tally = Tally::default();
            for winner in task.winners.iter().flatten() {
                tally.add(winner, self.sets);
            }
            whole.merge(&tally);
        }
        let winners = tasks.iter().flat_map(|task| task.winners.iter().flatten());
        Ok(whole.result(winners.filter_map(Winner::out_of_sample).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two returns a block, of which mean and spread are given.
    fn block(mean: f64, spread: f64) -> [f64; 3] {
        let (x, y) = (mean + spread, mean - spread);
        [2.0, x + y, x * x + y * y]
    }

    fn run(sets: &[Vec<[f64; 3]>]) -> Option<CrossValidation> {
        let sums: Vec<f64> = sets.iter().flatten().flatten().copied().collect();
        let data = SetBlocks::new(&sums, sets.len(), sets[0].len()).unwrap();
        let one = data.cross_validate(1).unwrap();
        assert_eq!(one, data.cross_validate(3).unwrap());
        for slab in [1, 2] {
            assert_eq!(one, data.cross_validate_by(slab, 2).unwrap());
        }
        one
    }

    #[test]
    fn a_set_that_is_always_best_is_not_overfit() {
        let sets: Vec<_> = [3.0, 1.0, -1.0]
            .map(|mean| vec![block(mean, 1.0); 4])
            .to_vec();
        let result = run(&sets).unwrap();
        assert_eq!((result.probability, result.splits), (0.0, 6));
        assert_eq!(result.probability_of_loss, 0.0);
        // Four returns 4, 2, 4, 2: mean 3 over √(4/3).
        assert!((result.in_sample_sharpe - 3.0 / (4.0_f64 / 3.0).sqrt()).abs() < 1e-14);
        assert_eq!(result.slope, None);
    }

    #[test]
    fn sets_that_win_by_turns_are_overfit() {
        // Two blocks: the winner of each is the loser of the other.
        let sets = [
            vec![block(1.0, 1.0), block(-1.0, 1.0)],
            vec![block(-1.0, 1.0), block(1.0, 1.0)],
        ];
        let result = run(&sets).unwrap();
        assert_eq!((result.probability, result.splits), (1.0, 2));
        assert_eq!(result.probability_of_loss, 1.0);
        assert_eq!(result.out_of_sample_sharpe, Some(-result.in_sample_sharpe));
        assert_eq!(
            result.median_out_of_sample_sharpe,
            result.out_of_sample_sharpe
        );
    }

    #[test]
    fn ranks_of_equals_are_averaged() {
        // All alike: rank (N + 1)/2, ω = 1/2, logit 0, which counts as overfit.
        let sets = vec![vec![block(1.0, 1.0); 4]; 5];
        assert_eq!(run(&sets).unwrap().probability, 1.0);
    }

    #[test]
    fn a_half_without_trades_loses_and_is_no_loss_of_money() {
        let sets = [
            vec![block(5.0, 1.0), [2.0, 0.0, 0.0]],
            vec![block(1.0, 1.0), block(-1.0, 1.0)],
            vec![block(0.5, 1.0), block(-2.0, 1.0)],
        ];
        let result = run(&sets).unwrap();
        // Chosen by block 0: set 0, last in block 1. Chosen by block 1: set 1, second of three in block 0.
        assert_eq!((result.probability, result.probability_of_loss), (1.0, 0.0));
        assert_eq!(result.slope, None);
        // Half of the winners have no Sharpe ratio in the other half, and so none lies in the middle.
        assert_eq!(result.median_out_of_sample_sharpe, None);
    }

    #[test]
    fn sets_that_never_trade_have_no_result() {
        assert_eq!(run(&vec![vec![[5.0, 0.0, 0.0]; 4]; 3]), None);
    }

    #[test]
    fn each_mistake_is_named() {
        let message = |sums: &[f64], sets, blocks| {
            SetBlocks::new(sums, sets, blocks).unwrap_err().to_string()
        };
        assert_eq!(message(&[], 0, 4), "sets must be at least 1, was 0");
        assert_eq!(
            message(&[], 1, 5),
            "blocks must be even, from 2 to 16, was 5"
        );
        assert_eq!(
            message(&[0.0; 5], 1, 2),
            "column block sums has 5 rows, expected 6"
        );
        assert_eq!(
            message(&[0.0, 0.0, 0.0, 1.0, f64::NAN, 0.0], 1, 2),
            "column block sums, row 0: sum must be finite, was NaN"
        );
    }
}
