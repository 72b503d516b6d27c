//! Other histories that the same returns could have made: blocks of consecutive returns drawn with replacement.

use rayon::prelude::*;

use super::varies;
use crate::error::{Error, Result};
use crate::random::Draw;
use crate::threads::on_threads;

/// How long the pieces are that are drawn. The history wraps around, so that every return is as likely as any other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Blocks {
    /// All of one length (Politis and Romano 1992, "A circular block-resampling procedure").
    Circular {
        /// Bars.
        length: usize,
    },
    /// Geometric lengths, which makes a stationary series (Politis and Romano 1994, "The stationary bootstrap").
    Stationary {
        /// Mean length in bars.
        mean_length: f64,
    },
}

/// What to draw, and how often.
#[derive(Debug, Clone, Copy)]
pub struct Bootstrap<'a> {
    /// Returns a bar, each at least −1.
    pub returns: &'a [f64],
    /// The pieces.
    pub blocks: Blocks,
    /// Number of histories.
    pub draws: usize,
    /// Seed; the same seed gives the same histories.
    pub seed: u64,
}

/// What came of one drawn history.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Drawn {
    /// Last over first equity, less one.
    pub total_return: f64,
    /// Mean over standard deviation (n − 1) of its returns, per period; `None` without variance.
    pub sharpe: Option<f64>,
    /// Deepest fall below an earlier peak, as a fraction of it.
    pub max_drawdown: f64,
}

impl Bootstrap<'_> {
    /// The histories, in the order of their numbers, the same for any number of threads.
    ///
    /// # Errors
    /// [`Error`] when there are fewer than two returns, one is below −1 or not finite, or a length is not from 1 to the number of
    /// returns.
    pub fn run(&self, threads: usize) -> Result<Vec<Drawn>> {
        let rows = self.returns.len();
        if rows < 2 {
            return Err(Error::parameter(
                "returns",
                format!("{rows} values"),
                "at least 2 values",
            ));
        }
        check_returns(self.returns)?;
        let (name, length) = match self.blocks {
            Blocks::Circular { length } => ("length", length as f64),
            Blocks::Stationary { mean_length } => ("mean_length", mean_length),
        };
        if !(1.0..=rows as f64).contains(&length) {
            return Err(Error::parameter(
                name,
                length,
                format!("from 1 to the {rows} returns"),
            ));
        }
        on_threads(threads, || {
            (0..self.draws)
                .into_par_iter()
                .map(|number| self.draw(Draw::numbered(self.seed, number as u64)))
                .collect()
        })
    }

    fn draw(&self, mut chance: Draw) -> Drawn {
        let rows = self.returns.len();
        let mut path = Path::default();
        let mut row = chance.below(rows);
        for step in 0..rows {
            if step > 0 {
                let restart = match self.blocks {
                    Blocks::Circular { length } => step % length == 0,
                    Blocks::Stationary { mean_length } => chance.uniform() * mean_length < 1.0,
                };
                row = if restart {
                    chance.below(rows)
                } else {
                    (row + 1) % rows
                };
            }
            path.add(self.returns[row]);
        }
        Drawn {
            total_return: path.growth.equity - 1.0,
            sharpe: path.sharpe(rows),
            max_drawdown: path.growth.max_drawdown,
        }
    }
}

/// Checks that every return is finite and at least −1.
pub(super) fn check_returns(returns: &[f64]) -> Result<()> {
    match returns
        .iter()
        .position(|value| !(value.is_finite() && *value >= -1.0))
    {
        Some(row) => Err(Error::data(
            "returns",
            row,
            returns[row],
            "return must be finite and at least −1",
        )),
        None => Ok(()),
    }
}

/// Equity that starts at one, and its deepest fall.
#[derive(Debug, Clone, Copy)]
pub(super) struct Growth {
    pub equity: f64,
    peak: f64,
    pub max_drawdown: f64,
}

impl Default for Growth {
    fn default() -> Self {
        Self {
            equity: 1.0,
            peak: 1.0,
            max_drawdown: 0.0,
        }
    }
}

impl Growth {
    pub fn add(&mut self, value: f64) {
        self.equity *= 1.0 + value;
        self.peak = self.peak.max(self.equity);
        self.max_drawdown = self.max_drawdown.max(1.0 - self.equity / self.peak);
    }
}

#[derive(Default)]
struct Path {
    growth: Growth,
    sum: f64,
    squares: f64,
}

impl Path {
    fn add(&mut self, value: f64) {
        self.growth.add(value);
        self.sum += value;
        self.squares += value * value;
    }

    fn sharpe(&self, count: usize) -> Option<f64> {
        let n = count as f64;
        let central = self.squares - self.sum * self.sum / n;
        varies(central, self.squares).then(|| self.sum / n / (central / (n - 1.0)).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn returns() -> Vec<f64> {
        (0..100)
            .map(|t| 0.01 * (f64::from(t) * 0.7).sin() + 0.001)
            .collect()
    }

    fn bootstrap(returns: &[f64], blocks: Blocks) -> Bootstrap<'_> {
        Bootstrap {
            returns,
            blocks,
            draws: 400,
            seed: 11,
        }
    }

    #[test]
    fn same_seed_same_bytes_on_any_number_of_threads() {
        let returns = returns();
        for blocks in [
            Blocks::Circular { length: 7 },
            Blocks::Stationary { mean_length: 7.0 },
        ] {
            let one = bootstrap(&returns, blocks).run(1).unwrap();
            assert_eq!(one, bootstrap(&returns, blocks).run(3).unwrap());
            let other = Bootstrap {
                seed: 12,
                ..bootstrap(&returns, blocks)
            };
            assert_ne!(one, other.run(1).unwrap());
        }
    }

    #[test]
    fn one_circular_block_of_all_returns_is_the_history_turned() {
        let returns = returns();
        let total = returns.iter().map(|r| 1.0 + r).product::<f64>() - 1.0;
        let drawn = bootstrap(&returns, Blocks::Circular { length: 100 })
            .run(1)
            .unwrap();
        assert!(
            drawn
                .iter()
                .all(|history| (history.total_return - total).abs() < 1e-12)
        );
    }

    #[test]
    fn a_history_without_variance_has_no_sharpe_ratio() {
        let drawn = bootstrap(&[0.01; 20], Blocks::Stationary { mean_length: 3.0 })
            .run(1)
            .unwrap();
        assert!(
            drawn
                .iter()
                .all(|history| history.sharpe.is_none() && history.max_drawdown == 0.0)
        );
    }

    #[test]
    fn each_mistake_is_named() {
        let fail =
            |returns: &[f64], blocks| bootstrap(returns, blocks).run(1).unwrap_err().to_string();
        let blocks = Blocks::Circular { length: 1 };
        assert_eq!(
            fail(&[0.1], blocks),
            "returns must be at least 2 values, was 1 values"
        );
        assert_eq!(
            fail(&[0.1, -1.5], blocks),
            "column returns, row 1: return must be finite and at least −1, was -1.5"
        );
        assert_eq!(
            fail(&[0.1, 0.2], Blocks::Circular { length: 3 }),
            "length must be from 1 to the 2 returns, was 3"
        );
        assert_eq!(
            fail(&[0.1, 0.2], Blocks::Stationary { mean_length: 0.5 }),
            "mean_length must be from 1 to the 2 returns, was 0.5"
        );
        let returns = returns();
        let message = bootstrap(&returns, blocks).run(0).unwrap_err().to_string();
        assert_eq!(
            message,
            "threads must be at least 1 and at most 1024, was 0"
        );
    }
}
