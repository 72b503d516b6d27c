//! Adaptive `SuperTrend`: the trend flips.

use super::{Cross, SignalRule};
use crate::signals::{Signal, Trigger};

/// Rule over `ast_atr`, `ast_cluster`, `ast_supertrend`, `ast_direction`: a flip up buys, a flip down sells, with 0.8 in the low-volatility cluster, 0.7 in the middle one, 0.6 in the high one.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct AdaptiveSupertrendRule {
    flip: Cross,
}

impl SignalRule<4> for AdaptiveSupertrendRule {
    fn update(&mut self, _close: f64, [_atr, cluster, _line, trend]: [f64; 4]) -> Option<Signal> {
        let direction = self.flip.update(trend, 0.0)?;
        let confidence = if cluster == 0.0 {
            0.8
        } else if cluster == 1.0 {
            0.7
        } else {
            0.6
        };
        Some(Signal {
            direction,
            confidence,
            trigger: Trigger::TrendFlip,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_signal, last};
    use super::*;
    use crate::signals::Direction::{Buy, Sell};

    fn trends(cluster: f64, trends: &[f64]) -> Option<Signal> {
        let bars: Vec<_> = trends
            .iter()
            .map(|&trend| (100.0, [1.0, cluster, 97.0, trend]))
            .collect();
        last(AdaptiveSupertrendRule::default(), &bars)
    }

    #[test]
    fn flips_count_more_in_quiet_markets() {
        assert_signal(trends(0.0, &[-1.0, 1.0]), Buy, Trigger::TrendFlip, 0.8);
        assert_signal(trends(1.0, &[-1.0, 1.0]), Buy, Trigger::TrendFlip, 0.7);
        assert_signal(trends(2.0, &[1.0, -1.0]), Sell, Trigger::TrendFlip, 0.6);
    }

    #[test]
    fn a_standing_trend_and_the_first_value_say_nothing() {
        assert_eq!(trends(0.0, &[1.0, 1.0]), None);
        assert_eq!(trends(0.0, &[f64::NAN, 1.0]), None);
    }
}
