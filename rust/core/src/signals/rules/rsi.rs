//! RSI: below the oversold level or leaving it, and the mirror of that.

use super::SignalRule;
use crate::signals::{Direction, Signal, Trigger};

/// When the RSI speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RsiTrigger {
    /// On every bar in a zone.
    Level,
    /// On the bar that leaves a zone.
    Cross,
}

impl RsiTrigger {
    /// Every name, in the order of the variants.
    pub const NAMES: &[&str] = &["level", "cross"];

    /// The trigger of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let place = Self::NAMES.iter().position(|known| *known == name)?;
        Some([Self::Level, Self::Cross][place])
    }
}

/// Rule over the column `rsi`.
///
/// - `level`: rsi < oversold buys with min(1, (oversold − rsi)/30).
/// - `cross`: rsi back at or above oversold buys with min(1, (oversold − previous)/oversold + 0.5).
///
/// Selling mirrors both at 100. A zone counts once the RSI has been in it for `signal_period` bars running.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RsiRule {
    trigger: RsiTrigger,
    signal_period: usize,
    oversold: Zone,
    overbought: Zone,
}

/// One of the two zones, measured as distance from its own end of the scale: rsi below, 100 − rsi above.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Zone {
    level: f64,
    bars_inside: usize,
    previous: f64,
}

/// Settings of an [`RsiRule`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RsiLevels {
    /// Buy zone: below this.
    pub oversold: f64,
    /// Sell zone: above this.
    pub overbought: f64,
    /// Bars running in a zone before it counts.
    pub signal_period: usize,
    /// When to speak.
    pub trigger: RsiTrigger,
}

impl RsiRule {
    /// Before the first bar.
    #[must_use]
    pub fn new(levels: RsiLevels) -> Self {
        Self {
            trigger: levels.trigger,
            signal_period: levels.signal_period,
            oversold: Zone::new(levels.oversold),
            overbought: Zone::new(100.0 - levels.overbought),
        }
    }
}

impl Zone {
    const fn new(level: f64) -> Self {
        Self {
            level,
            bars_inside: 0,
            previous: f64::NAN,
        }
    }

    /// Confidence of a signal of this zone at this bar.
    fn update(&mut self, value: f64, trigger: RsiTrigger, signal_period: usize) -> Option<f64> {
        let was_inside = self.bars_inside;
        let previous = std::mem::replace(&mut self.previous, value);
        self.bars_inside = if value < self.level {
            was_inside + 1
        } else {
            0
        };
        let confidence = match trigger {
            RsiTrigger::Level if self.bars_inside >= signal_period => (self.level - value) / 30.0,
            RsiTrigger::Cross if was_inside >= signal_period && value >= self.level => {
                (self.level - previous) / self.level + 0.5
            }
            _ => return None,
        };
        Some(confidence.min(1.0))
    }
}

impl SignalRule<1> for RsiRule {
    fn update(&mut self, _close: f64, [rsi]: [f64; 1]) -> Option<Signal> {
        let (when, bars) = (self.trigger, self.signal_period);
        let from_below = self.oversold.update(rsi, when, bars);
        let from_above = self.overbought.update(100.0 - rsi, when, bars);
        // Never both: the zones do not overlap, and a bar leaves one zone at most.
        let (direction, trigger, confidence) = match (from_below, from_above) {
            (Some(confidence), _) => (Direction::Buy, Trigger::Oversold, confidence),
            (None, Some(confidence)) => (Direction::Sell, Trigger::Overbought, confidence),
            (None, None) => return None,
        };
        Some(Signal {
            direction,
            confidence,
            trigger,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_signal, last};
    use super::*;

    fn rule(trigger: RsiTrigger, signal_period: usize) -> RsiRule {
        RsiRule::new(RsiLevels {
            oversold: 30.0,
            overbought: 70.0,
            signal_period,
            trigger,
        })
    }

    fn fed(trigger: RsiTrigger, signal_period: usize, values: &[f64]) -> Option<Signal> {
        let bars: Vec<_> = values.iter().map(|&rsi| (100.0, [rsi])).collect();
        last(rule(trigger, signal_period), &bars)
    }

    #[test]
    fn level_buys_in_the_oversold_and_sells_in_the_overbought_zone() {
        let level = |rsi| fed(RsiTrigger::Level, 1, &[rsi]);
        assert_signal(level(24.0), Direction::Buy, Trigger::Oversold, 0.2);
        assert_signal(level(0.0), Direction::Buy, Trigger::Oversold, 1.0);
        assert_signal(level(85.0), Direction::Sell, Trigger::Overbought, 0.5);
        for quiet in [30.0, 50.0, 70.0, f64::NAN] {
            assert_eq!(level(quiet), None, "{quiet}");
        }
    }

    #[test]
    fn cross_speaks_on_leaving_a_zone_with_the_depth_it_came_from() {
        let cross = |values: &[f64]| fed(RsiTrigger::Cross, 1, values);
        assert_signal(cross(&[24.0, 31.0]), Direction::Buy, Trigger::Oversold, 0.7);
        assert_signal(cross(&[10.0, 30.0]), Direction::Buy, Trigger::Oversold, 1.0);
        assert_signal(
            cross(&[79.0, 69.0]),
            Direction::Sell,
            Trigger::Overbought,
            0.8,
        );
        assert_eq!(cross(&[24.0, 29.0]), None);
        assert_eq!(cross(&[24.0, 31.0, 32.0]), None);
    }

    #[test]
    fn a_signal_period_asks_for_bars_running_in_the_zone() {
        let level = |values: &[f64]| fed(RsiTrigger::Level, 3, values);
        assert_eq!(level(&[20.0, 20.0]), None);
        assert_eq!(level(&[20.0, 20.0, 40.0, 20.0]), None);
        assert_signal(
            level(&[20.0, 20.0, 21.0]),
            Direction::Buy,
            Trigger::Oversold,
            0.3,
        );
        let cross = |values: &[f64]| fed(RsiTrigger::Cross, 2, values);
        assert_eq!(cross(&[40.0, 20.0, 31.0]), None);
        assert_signal(
            cross(&[20.0, 21.0, 31.0]),
            Direction::Buy,
            Trigger::Oversold,
            0.8,
        );
    }
}
