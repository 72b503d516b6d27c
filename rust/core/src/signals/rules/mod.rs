//! What each indicator's values say: one rule a type, fed bar after bar, the same for columns and for streams.
//!
//! The rules are those of the signal table in `indicators.md`: the trigger and the confidence of each are stated where they are coded.

// Scans run inside `simd::dispatch` and must be inlined into it to be compiled for the wider processor.
#![allow(clippy::inline_always)]

mod adaptive_supertrend;
mod adaptive_trend_finder;
mod bollinger;
mod cross;
mod ma;
mod macd;
mod rsi;
mod ultimate_ma;

pub use adaptive_supertrend::AdaptiveSupertrendRule;
pub use adaptive_trend_finder::AdaptiveTrendFinderRule;
pub use bollinger::BollingerRule;
pub use cross::Cross;
pub use ma::{MaRule, crossing_signal};
pub use macd::MacdRule;
pub use rsi::{RsiLevels, RsiRule, RsiTrigger};
pub use ultimate_ma::UltimateMaRule;

use super::{Signal, SignalEvent};

/// Reads the `N` value columns of an indicator, row after row; NaN is warm-up.
pub trait SignalRule<const N: usize> {
    /// Takes the next closed bar; its signal, if it gives one.
    fn update(&mut self, close: f64, values: [f64; N]) -> Option<Signal>;

    /// Takes many bars, the first of them being `first_row`, and appends their signals.
    #[inline(always)]
    fn scan(
        &mut self,
        close: &[f64],
        columns: [&[f64]; N],
        first_row: usize,
        events: &mut Vec<SignalEvent>,
    ) {
        for (i, &close) in close.iter().enumerate() {
            let values = columns.map(|column| column[i]);
            if let Some(signal) = self.update(close, values) {
                let row = first_row + i;
                events.push(SignalEvent { row, signal });
            }
        }
    }
}

#[cfg(test)]
mod testing {
    //! A table of bars and what the rule must say of the last one.

    use super::SignalRule;
    use crate::signals::{Direction, Signal, Trigger};

    /// Feeds `(close, values)` bars; the last answer.
    pub fn last<const N: usize>(
        mut rule: impl SignalRule<N>,
        bars: &[(f64, [f64; N])],
    ) -> Option<Signal> {
        let answers = bars
            .iter()
            .map(|&(close, values)| rule.update(close, values));
        answers.last().flatten()
    }

    /// Checks direction, trigger and confidence (to 1e-12).
    pub fn assert_signal(
        found: Option<Signal>,
        direction: Direction,
        trigger: Trigger,
        confidence: f64,
    ) {
        let signal = found.expect("a signal");
        assert_eq!((signal.direction, signal.trigger), (direction, trigger));
        assert!(
            (signal.confidence - confidence).abs() < 1e-12,
            "confidence {} instead of {confidence}",
            signal.confidence
        );
    }
}
