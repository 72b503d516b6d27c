//! Adaptive trend finder: price returns into the channel in the direction of the trend.

use super::SignalRule;
use crate::signals::{Direction, Signal, Trigger};

/// Confidence below each absolute correlation; 1 from 0.98 on.
const CONFIDENCE_BELOW: [(f64, f64); 12] = [
    (0.2, 0.50),
    (0.3, 0.53),
    (0.4, 0.56),
    (0.5, 0.59),
    (0.6, 0.62),
    (0.7, 0.65),
    (0.8, 0.70),
    (0.9, 0.75),
    (0.92, 0.80),
    (0.94, 0.85),
    (0.96, 0.90),
    (0.98, 0.95),
];

/// Where the close lay against the channel of its bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Below,
    Inside,
    Above,
}

/// Rule over `atf_period`, `atf_pearson_r`, `atf_slope`, `atf_midline`, `atf_upper`, `atf_lower`: a close back inside after one below the channel buys in an up-trend
/// (slope > 0), a close back inside after one above it sells in a down-trend; confidence by the absolute correlation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AdaptiveTrendFinderRule {
    previous: Option<Place>,
}

impl SignalRule<6> for AdaptiveTrendFinderRule {
    fn update(
        &mut self,
        close: f64,
        [_length, correlation, slope, _midline, upper, lower]: [f64; 6],
    ) -> Option<Signal> {
        let place = (!upper.is_nan() && !lower.is_nan()).then_some(if close < lower {
            Place::Below
        } else if close > upper {
            Place::Above
        } else {
            Place::Inside
        });
        let previous = std::mem::replace(&mut self.previous, place)?;
        let direction = match previous {
            Place::Below if place? == Place::Inside && slope > 0.0 => Direction::Buy,
            Place::Above if place? == Place::Inside && slope < 0.0 => Direction::Sell,
            _ => return None,
        };
        Some(Signal {
            direction,
            confidence: confidence(correlation.abs()),
            trigger: Trigger::ChannelReturn,
        })
    }
}

fn confidence(absolute_correlation: f64) -> f64 {
    CONFIDENCE_BELOW
        .iter()
        .find(|(bound, _)| absolute_correlation < *bound)
        .map_or(1.0, |&(_, confidence)| confidence)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_signal, last};
    use super::*;
    use Direction::{Buy, Sell};

    fn closes(correlation: f64, closes: &[f64]) -> Option<Signal> {
        let slope = 0.001 * correlation;
        let bars: Vec<_> = closes
            .iter()
            .map(|&close| (close, [50.0, correlation, slope, 100.0, 110.0, 90.0]))
            .collect();
        last(AdaptiveTrendFinderRule::default(), &bars)
    }

    #[test]
    fn a_return_in_the_direction_of_the_trend_is_a_signal() {
        let trigger = Trigger::ChannelReturn;
        assert_signal(closes(0.85, &[89.0, 91.0]), Buy, trigger, 0.75);
        assert_signal(closes(-0.85, &[111.0, 110.0]), Sell, trigger, 0.75);
    }

    #[test]
    fn a_return_against_the_trend_or_a_leap_through_the_channel_is_none() {
        assert_eq!(closes(-0.85, &[89.0, 91.0]), None);
        assert_eq!(closes(0.85, &[111.0, 109.0]), None);
        assert_eq!(closes(0.85, &[89.0, 111.0]), None);
        assert_eq!(closes(0.85, &[91.0, 92.0]), None);
    }

    #[test]
    fn confidence_follows_the_table_of_correlations() {
        let cases = [
            (0.0, 0.50),
            (0.2, 0.53),
            (0.35, 0.56),
            (0.45, 0.59),
            (0.59, 0.62),
            (0.6, 0.65),
            (0.7, 0.70),
            (0.8, 0.75),
            (0.9, 0.80),
            (0.93, 0.85),
            (0.95, 0.90),
            (0.97, 0.95),
            (0.98, 1.0),
            (1.0, 1.0),
        ];
        for (correlation, expected) in cases {
            assert_eq!(confidence(correlation), expected, "{correlation}");
        }
    }
}
