//! Bollinger bands: the close breaks a band, or %b turns back near one.

use super::{Cross, SignalRule};
use crate::signals::{Direction, Signal, Trigger};

/// Rule over `bb_middle`, `bb_upper`, `bb_lower`, `bb_width`, `bb_percent_b`.
///
/// - The close crosses below the lower band: buys with min(1, 0.6 + 5·max(0, −%b)).
/// - %b was below the threshold and rises: buys with min(1, 0.5 + 5·Δ%b).
///
/// Selling mirrors both, %b against 1 − threshold. A band break outranks a turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BollingerRule {
    threshold: f64,
    lower: Cross,
    upper: Cross,
    previous_percent_b: f64,
}

impl BollingerRule {
    /// Before the first bar; `threshold` is the distance of %b from 0 or 1 from which a turn counts.
    #[must_use]
    pub fn new(threshold: f64) -> Self {
        Self {
            threshold,
            lower: Cross::default(),
            upper: Cross::default(),
            previous_percent_b: f64::NAN,
        }
    }
}

impl SignalRule<5> for BollingerRule {
    fn update(
        &mut self,
        close: f64,
        [_middle, upper, lower, _width, percent_b]: [f64; 5],
    ) -> Option<Signal> {
        let broke_down = self.lower.update(close, lower) == Some(Direction::Sell);
        let broke_up = self.upper.update(close, upper) == Some(Direction::Buy);
        let previous = std::mem::replace(&mut self.previous_percent_b, percent_b);
        let rise = percent_b - previous;
        let (direction, trigger, confidence) = if broke_down {
            let beyond = (-percent_b).max(0.0);
            (Direction::Buy, Trigger::BandCross, 0.6 + 5.0 * beyond)
        } else if broke_up {
            let beyond = (percent_b - 1.0).max(0.0);
            (Direction::Sell, Trigger::BandCross, 0.6 + 5.0 * beyond)
        } else if previous < self.threshold && rise > 0.0 {
            (Direction::Buy, Trigger::MeanReversion, 0.5 + 5.0 * rise)
        } else if previous > 1.0 - self.threshold && rise < 0.0 {
            (Direction::Sell, Trigger::MeanReversion, 0.5 - 5.0 * rise)
        } else {
            return None;
        };
        Some(Signal {
            direction,
            confidence: confidence.min(1.0),
            trigger,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_signal, last};
    use super::*;
    use Direction::{Buy, Sell};
    use Trigger::{BandCross, MeanReversion};

    /// Bands 90, 100, 110 and the %b of the close.
    fn closes(closes: &[f64]) -> Option<Signal> {
        let bars: Vec<_> = closes
            .iter()
            .map(|&close| (close, [100.0, 110.0, 90.0, 0.2, (close - 90.0) / 20.0]))
            .collect();
        last(BollingerRule::new(0.05), &bars)
    }

    #[test]
    fn breaking_a_band_trades_against_the_break() {
        assert_signal(closes(&[95.0, 89.0]), Buy, BandCross, 0.85);
        assert_signal(closes(&[95.0, 80.0]), Buy, BandCross, 1.0);
        assert_signal(closes(&[105.0, 110.4]), Sell, BandCross, 0.7);
        assert_eq!(closes(&[95.0, 90.0]), None);
    }

    #[test]
    fn a_turn_near_a_band_counts_by_its_size() {
        assert_signal(closes(&[90.5, 91.5]), Buy, MeanReversion, 0.75);
        assert_signal(closes(&[89.0, 92.0]), Buy, MeanReversion, 1.0);
        assert_signal(closes(&[109.5, 108.5]), Sell, MeanReversion, 0.75);
        assert_eq!(closes(&[91.0, 92.0]), None);
        assert_eq!(closes(&[89.0, 88.0]), None);
    }

    #[test]
    fn a_break_outranks_a_turn_the_other_way() {
        assert_signal(closes(&[109.5, 89.0]), Buy, BandCross, 0.85);
    }
}
