//! What validation asks of the equity curves of sets: sums of returns over blocks of time, the mean correlation, a curve itself.

use std::sync::{Mutex, PoisonError};

use super::evaluate::{Evaluator, SetRun, Stage};
use super::workers::free_one;
use super::{Span, Sweep};
use crate::error::{Error, Result};
use crate::threads::check_threads;

/// Numbers that [`Sweep::block_sums`] gives for each block: count, sum and sum of squares of the returns.
pub const SUMS: usize = 3;

/// Standardised returns are summed as multiples of this, exactly, so that the order of the sets does not matter.
const UNIT: f64 = 1.0 / (1_u64 << 40) as f64;

impl Sweep {
    /// Count, sum and sum of squares of the bar returns of each set in each of `blocks` stretches of bars of equal length (to one bar): set by set, block by block.
    ///
    /// NaN in all blocks of a set that cannot run. One whose equity falls to zero returns nothing from then on: left out, it could not be the winner of the time before, which is what choosing by that time would have given.
    ///
    /// # Errors
    /// As [`Self::evaluate`], and when there are no blocks or more than bars.
    pub fn block_sums(
        &self,
        digits: &[u32],
        blocks: usize,
        span: Span,
        threads: usize,
    ) -> Result<Vec<f64>> {
        let bars = Stage::new(self, span)?.bars();
        if blocks == 0 || blocks > bars {
            let requirement = format!("from 1 to the {bars} bars of the span");
            return Err(Error::parameter("blocks", blocks, requirement));
        }
        let table = self.measure(digits, SUMS * blocks, span, threads, |run, row| {
            let bars = run.equity().len();
            let mut returns = returns(run).enumerate().peekable();
            for (block, sums) in (1..).zip(row.chunks_exact_mut(SUMS)) {
                sums.fill(0.0);
                let stop = block * bars / blocks;
                while let Some((_, r)) = returns.next_if(|(bar, _)| *bar < stop) {
                    sums[0] += 1.0;
                    sums[1] += r;
                    sums[2] += r * r;
                }
            }
            Ok(())
        })?;
        Ok(table.values)
    }

    /// Mean of the correlations of all pairs of sets, from their bar returns; sets that cannot run, or whose returns do not vary, take no part. `None` with fewer than two others.
    ///
    /// # Errors
    /// As [`Self::evaluate`].
    pub fn mean_correlation(
        &self,
        digits: &[u32],
        span: Span,
        threads: usize,
    ) -> Result<Option<f64>> {
        // The sum of all pairs is the square of the sum of the standardised returns, less each with itself.
        check_threads(threads)?;
        let sums: Vec<_> = (0..threads)
            .map(|_| Mutex::new(Summed::default()))
            .collect();
        self.measure(digits, 1, span, threads, |run, _| {
            let Some(standardised) = standardised(run) else {
                return Ok(());
            };
            let mut sums = free_one(&sums);
            sums.add(1, standardised.map(i128::from));
            Ok(())
        })?;
        let mut all = Summed::default();
        for part in sums {
            let part = part.into_inner().unwrap_or_else(PoisonError::into_inner);
            all.add(part.sets, part.units.into_iter());
        }
        if all.sets < 2 {
            return Ok(None);
        }
        let squares: f64 = all
            .units
            .iter()
            .map(|sum| (*sum as f64 * UNIT).powi(2))
            .sum();
        let sets = f64::from(all.sets);
        let pairs = sets * (sets - 1.0);
        Ok(Some((squares / all.units.len() as f64 - sets) / pairs))
    }

    /// Open times (UTC nanoseconds) of the bars and equity at their closes of one set.
    ///
    /// # Errors
    /// As [`Self::evaluate`], and why the set cannot run.
    pub fn equity(&self, set: &[u32], span: Span) -> Result<(Vec<i64>, Vec<f64>)> {
        if set.len() != self.axes.width() {
            let requirement = format!("one digit for each of the {} axes", self.axes.width());
            return Err(Error::parameter(
                "digits",
                format!("{} of them", set.len()),
                requirement,
            ));
        }
        self.check_digits(set)?;
        let stage = Stage::new(self, span)?;
        let mut evaluator = Evaluator::new(&stage);
        let run = evaluator.run_alone(set)?;
        Ok((run.open_time_ns().to_vec(), run.equity().to_vec()))
    }
}

/// Standardised returns of several sets, summed bar by bar.
#[derive(Debug, Default)]
struct Summed {
    sets: u32,
    units: Vec<i128>,
}

impl Summed {
    fn add(&mut self, sets: u32, units: impl ExactSizeIterator<Item = i128>) {
        self.sets += sets;
        self.units.resize(self.units.len().max(units.len()), 0);
        for (sum, more) in self.units.iter_mut().zip(units) {
            *sum += more;
        }
    }
}

/// Bar returns of a run, the first from the initial balance; zero where nothing is left to lose.
fn returns<'a>(run: &'a SetRun<'_>) -> impl ExactSizeIterator<Item = f64> + Clone + 'a {
    growth(run.initial_balance(), run.equity())
}

fn growth(start: f64, equity: &[f64]) -> impl ExactSizeIterator<Item = f64> + Clone + '_ {
    let mut previous = start;
    equity.iter().map(move |value| {
        let growth = if previous > 0.0 {
            value / previous - 1.0
        } else {
            0.0
        };
        previous = *value;
        growth
    })
}

/// Returns less their mean, over their standard deviation, in multiples of [`UNIT`]; `None` when they do not vary.
fn standardised(run: &SetRun<'_>) -> Option<impl ExactSizeIterator<Item = i64>> {
    let returns = returns(run);
    let count = returns.len() as f64;
    let mean = returns.clone().sum::<f64>() / count;
    let variance = returns
        .clone()
        .map(|r| (r - mean) * (r - mean))
        .sum::<f64>()
        / count;
    if variance == 0.0 {
        return None;
    }
    let scale = 1.0 / (variance.sqrt() * UNIT);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a standardised return is at most the root of the number of bars"
    )]
    let units = returns.map(move |r| ((r - mean) * scale).round() as i64);
    Some(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_loss_of_everything_there_are_returns_of_zero() {
        let returned: Vec<f64> = growth(100.0, &[150.0, 0.0, 0.0, 0.0]).collect();
        assert_eq!(returned, [0.5, -1.0, 0.0, 0.0]);
    }
}
