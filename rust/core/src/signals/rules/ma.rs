//! Moving averages: the fast one crosses the slow one.

use super::{Cross, SignalRule};
use crate::signals::{Direction, Signal, SignalEvent, Trigger};

/// Rule over `fast_ma` and `slow_ma` (`ma_ratio` follows from them): see [`crossing_signal`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MaRule {
    cross: Cross,
}

impl SignalRule<3> for MaRule {
    fn update(&mut self, _close: f64, [fast, slow, _ratio]: [f64; 3]) -> Option<Signal> {
        let direction = self.cross.update(fast, slow)?;
        Some(crossing_signal(direction, fast / slow))
    }

    /// Most bars cross nothing; only those that do are touched.
    #[inline(always)]
    fn scan(
        &mut self,
        _close: &[f64],
        [fast, slow, _ratio]: [&[f64]; 3],
        first_row: usize,
        events: &mut Vec<SignalEvent>,
    ) {
        self.cross.scan(fast, slow, |i, direction| {
            events.push(SignalEvent {
                row: first_row + i,
                signal: crossing_signal(direction, fast[i] / slow[i]),
            });
        });
    }
}

/// The signal of a crossing at this ratio of fast to slow: a golden cross buys with min(1, 0.6 + 10·(ratio − 1)), a death cross sells with min(1, 0.6 + 10·(1 − ratio)).
#[must_use]
pub fn crossing_signal(direction: Direction, ratio: f64) -> Signal {
    Signal {
        direction,
        confidence: (0.6 + 10.0 * (direction.sign() * (ratio - 1.0))).min(1.0),
        trigger: match direction {
            Direction::Buy => Trigger::GoldenCross,
            Direction::Sell => Trigger::DeathCross,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_signal, last};
    use super::*;

    fn crossing(before: f64, after: f64) -> Option<Signal> {
        let bars = [before, after].map(|fast| (fast, [fast, 100.0, fast / 100.0]));
        last(MaRule::default(), &bars)
    }

    #[test]
    fn crossings_count_by_the_distance_reached() {
        use Direction::{Buy, Sell};
        assert_signal(crossing(99.0, 101.0), Buy, Trigger::GoldenCross, 0.7);
        assert_signal(crossing(100.0, 110.0), Buy, Trigger::GoldenCross, 1.0);
        assert_signal(crossing(101.0, 98.0), Sell, Trigger::DeathCross, 0.8);
        assert_eq!(crossing(101.0, 102.0), None);
        assert_eq!(crossing(101.0, 100.0), None);
        assert_eq!(crossing(f64::NAN, 102.0), None);
    }

    #[test]
    fn scanning_finds_what_single_bars_find() {
        let fast: Vec<f64> = (0..1000)
            .map(|i| match i {
                0..5 => f64::NAN,
                500..600 => 3.0,
                _ => f64::from(i * i % 37 % 7),
            })
            .collect();
        let slow = vec![3.0; fast.len()];
        let mut scanned = Vec::new();
        MaRule::default().scan(&fast, [&fast, &slow, &fast], 0, &mut scanned);
        let mut rule = MaRule::default();
        let single: Vec<_> = fast
            .iter()
            .enumerate()
            .filter_map(|(row, &value)| {
                let signal = rule.update(value, [value, 3.0, value])?;
                Some(SignalEvent { row, signal })
            })
            .collect();
        assert!(single.len() > 100);
        assert_eq!(scanned, single);
    }
}
