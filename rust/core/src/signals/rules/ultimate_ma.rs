//! Ultimate moving average: price crosses the first line, or the first line crosses the second.

use std::collections::VecDeque;

use super::{Cross, SignalRule};
use crate::signals::{Direction, Signal, Trigger};

/// Rule over `uma_line1`, `uma_line2`.
///
/// - The close crosses above line 1: buys with 0.75 where line 1 is above its value `smooth_factor` bars ago, else 0.60.
/// - Line 1 crosses above line 2: buys with 0.80.
///
/// Selling mirrors both. A crossing of the lines outranks one of the price.
#[derive(Debug, Clone, PartialEq)]
pub struct UltimateMaRule {
    smooth_factor: usize,
    price: Cross,
    lines: Cross,
    earlier: VecDeque<f64>,
}

impl UltimateMaRule {
    /// Before the first bar.
    #[must_use]
    pub fn new(smooth_factor: usize) -> Self {
        Self {
            smooth_factor,
            price: Cross::default(),
            lines: Cross::default(),
            earlier: VecDeque::with_capacity(smooth_factor + 1),
        }
    }
}

impl SignalRule<2> for UltimateMaRule {
    fn update(&mut self, close: f64, [line1, line2]: [f64; 2]) -> Option<Signal> {
        self.earlier.push_back(line1);
        let is_full = self.earlier.len() > self.smooth_factor;
        let reference = if is_full {
            self.earlier.pop_front()
        } else {
            None
        };
        let by_price = self.price.update(close, line1);
        let by_lines = self.lines.update(line1, line2);
        if let Some(direction) = by_lines {
            return Some(Signal {
                direction,
                confidence: 0.80,
                trigger: match direction {
                    Direction::Buy => Trigger::CrossAbove,
                    Direction::Sell => Trigger::CrossBelow,
                },
            });
        }
        let direction = by_price?;
        let leans_with_it = reference.is_some_and(|then| match direction {
            Direction::Buy => line1 > then,
            Direction::Sell => line1 < then,
        });
        Some(Signal {
            direction,
            confidence: if leans_with_it { 0.75 } else { 0.60 },
            trigger: Trigger::PriceCross,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_signal, last};
    use super::*;
    use Direction::{Buy, Sell};

    fn fed(bars: &[(f64, f64, f64)]) -> Option<Signal> {
        let bars: Vec<_> = bars
            .iter()
            .map(|&(close, one, two)| (close, [one, two]))
            .collect();
        last(UltimateMaRule::new(2), &bars)
    }

    const OFF: f64 = f64::NAN;

    #[test]
    fn price_crossings_count_more_along_the_line() {
        let price = Trigger::PriceCross;
        let rising = [(99.0, 100.0, OFF), (99.0, 100.5, OFF), (102.0, 101.0, OFF)];
        let flat = [(99.0, 100.0, OFF), (99.0, 100.5, OFF), (102.0, 100.0, OFF)];
        let falling = [(101.0, 100.0, OFF), (101.0, 99.5, OFF), (98.0, 99.0, OFF)];
        assert_signal(fed(&rising), Buy, price, 0.75);
        assert_signal(fed(&flat), Buy, price, 0.60);
        assert_signal(fed(&falling), Sell, price, 0.75);
        // Too few bars to know where the line leans.
        assert_signal(fed(&rising[1..]), Buy, price, 0.60);
    }

    #[test]
    fn lines_that_cross_outrank_the_price() {
        let up = [(99.0, 100.0, 101.0), (103.0, 102.0, 101.0)];
        let down = [(99.0, 102.0, 101.0), (103.0, 100.0, 101.0)];
        assert_signal(fed(&up), Buy, Trigger::CrossAbove, 0.80);
        assert_signal(fed(&down), Sell, Trigger::CrossBelow, 0.80);
    }
}
