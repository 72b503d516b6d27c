//! The same trades in another order: how much of the drawdown was the luck of their sequence.

use rayon::prelude::*;

use super::bootstrap::{Growth, check_returns};
use crate::error::{Error, Result};
use crate::random::Draw;
use crate::threads::on_threads;

/// How trades are put in order again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Each trade once: the final equity stays, up to rounding, the drawdown does not.
    Shuffled,
    /// Drawn with replacement: other trades of the same kind, so that the final equity moves too.
    WithReplacement,
}

/// What to draw, and how often.
#[derive(Debug, Clone, Copy)]
pub struct TradeOrder<'a> {
    /// Profit of each trade as a fraction of the equity before it, at least −1.
    pub returns: &'a [f64],
    /// How they are put in order.
    pub order: Order,
    /// Number of orders.
    pub draws: usize,
    /// Seed; the same seed gives the same orders.
    pub seed: u64,
}

/// What came of one order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sequence {
    /// Last equity over the first.
    pub final_equity: f64,
    /// Deepest fall below an earlier peak, as a fraction of it, seen at the ends of trades.
    pub max_drawdown: f64,
}

impl TradeOrder<'_> {
    /// The orders by their numbers, the same for any number of threads.
    ///
    /// # Errors
    /// [`Error`] when there is no trade, or a return is below −1 or not finite.
    pub fn run(&self, threads: usize) -> Result<Vec<Sequence>> {
        if self.returns.is_empty() {
            return Err(Error::parameter(
                "returns",
                "empty",
                "those of at least one trade",
            ));
        }
        check_returns(self.returns)?;
        on_threads(threads, || {
            (0..self.draws)
                .into_par_iter()
                .map_init(Vec::new, |trades, number| {
                    self.draw(Draw::numbered(self.seed, number as u64), trades)
                })
                .collect()
        })
    }

    fn draw(&self, mut chance: Draw, trades: &mut Vec<f64>) -> Sequence {
        let count = self.returns.len();
        trades.clear();
        match self.order {
            Order::Shuffled => {
                trades.extend(self.returns);
                chance.shuffle(trades);
            }
            Order::WithReplacement => {
                trades.extend((0..count).map(|_| self.returns[chance.below(count)]));
            }
        }
        let mut growth = Growth::default();
        for trade in trades {
            growth.add(*trade);
        }
        Sequence {
            final_equity: growth.equity,
            max_drawdown: growth.max_drawdown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRADES: [f64; 5] = [0.5, -0.2, 0.1, -0.3, 0.05];

    fn orders(order: Order) -> TradeOrder<'static> {
        TradeOrder {
            returns: &TRADES,
            order,
            draws: 500,
            seed: 2,
        }
    }

    #[test]
    fn another_order_changes_the_drawdown_only() {
        let equity: f64 = TRADES.iter().map(|trade| 1.0 + trade).product();
        let drawn = orders(Order::Shuffled).run(2).unwrap();
        assert!(
            drawn
                .iter()
                .all(|one| (one.final_equity - equity).abs() < 1e-15)
        );
        // At best the losses are apart and each is followed by a win; at worst they follow one another.
        let drawdowns = drawn.iter().map(|one| one.max_drawdown);
        assert!((drawdowns.clone().fold(0.0, f64::max) - (1.0 - 0.8 * 0.7)).abs() < 1e-12);
        assert!((drawdowns.fold(1.0, f64::min) - 0.3).abs() < 1e-12);
    }

    #[test]
    fn with_replacement_the_final_equity_moves_too() {
        let drawn = orders(Order::WithReplacement).run(2).unwrap();
        let equity = drawn.iter().map(|one| one.final_equity);
        assert!(equity.clone().fold(0.0, f64::max) > 2.0);
        assert!(equity.fold(9.0, f64::min) < 0.5);
    }

    #[test]
    fn same_seed_same_bytes_on_any_number_of_threads() {
        for order in [Order::Shuffled, Order::WithReplacement] {
            assert_eq!(orders(order).run(1).unwrap(), orders(order).run(3).unwrap());
        }
    }

    #[test]
    fn no_trade_is_an_error() {
        let none = TradeOrder {
            returns: &[],
            ..orders(Order::Shuffled)
        };
        assert_eq!(
            none.run(1).unwrap_err().to_string(),
            "returns must be those of at least one trade, was empty"
        );
    }
}
