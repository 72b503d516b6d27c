//! MACD: the line crosses its signal line.

use super::{Cross, SignalRule};
use crate::signals::{Direction, Signal, Trigger};

/// Rule over `macd`, `macd_signal`, `macd_histogram`: a crossing above buys with min(1, base + 100·|histogram|/close), base 0.7 where macd > 0, else 0.5; selling mirrors it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MacdRule {
    cross: Cross,
}

impl SignalRule<3> for MacdRule {
    fn update(&mut self, close: f64, [macd, signal, histogram]: [f64; 3]) -> Option<Signal> {
        let direction = self.cross.update(macd, signal)?;
        let with_the_trend = macd * direction.sign() > 0.0;
        let base = if with_the_trend { 0.7 } else { 0.5 };
        Some(Signal {
            direction,
            confidence: (base + 100.0 * histogram.abs() / close).min(1.0),
            trigger: match direction {
                Direction::Buy => Trigger::CrossAbove,
                Direction::Sell => Trigger::CrossBelow,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_signal, last};
    use super::*;

    fn crossing(close: f64, before: (f64, f64), after: (f64, f64)) -> Option<Signal> {
        let bars = [before, after].map(|(macd, signal)| (close, [macd, signal, macd - signal]));
        last(MacdRule::default(), &bars)
    }

    #[test]
    fn crossings_weigh_the_side_of_zero_and_the_histogram() {
        use Direction::{Buy, Sell};
        use Trigger::{CrossAbove, CrossBelow};
        assert_signal(
            crossing(1000.0, (1.0, 2.0), (3.0, 2.5)),
            Buy,
            CrossAbove,
            0.75,
        );
        assert_signal(
            crossing(1000.0, (-4.0, -3.0), (-2.0, -3.0)),
            Buy,
            CrossAbove,
            0.6,
        );
        assert_signal(
            crossing(1000.0, (-2.0, -3.0), (-4.0, -3.0)),
            Sell,
            CrossBelow,
            0.8,
        );
        assert_signal(
            crossing(1000.0, (3.0, 2.0), (1.0, 2.0)),
            Sell,
            CrossBelow,
            0.6,
        );
        assert_signal(crossing(10.0, (1.0, 2.0), (3.0, 2.0)), Buy, CrossAbove, 1.0);
        assert_eq!(crossing(1000.0, (3.0, 2.0), (4.0, 2.0)), None);
    }

    #[test]
    fn the_first_value_crosses_nothing() {
        assert_eq!(crossing(1000.0, (1.0, f64::NAN), (3.0, 2.0)), None);
    }
}
