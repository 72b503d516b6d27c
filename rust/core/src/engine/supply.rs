//! Where a strategy's signals come from: a tape of the whole history, a stream fed bar by bar, or from outside.

use super::tape::Tape;
use crate::error::{Error, Result};
use crate::indicators::IndicatorStream;
use crate::market::{Bar, Interval};
use crate::plan::{IndicatorUse, SignalSource};
use crate::signals::{Aggregator, Direction, Signal, Trigger};

/// Signals given from outside, one row a closed bar of the indicator's timeframe.
#[derive(Debug, Clone, Copy)]
pub struct OutsideSignals<'a> {
    /// Strategy that they are for.
    pub strategy: usize,
    /// Its indicator.
    pub indicator: usize,
    /// +1 buy, −1 sell, 0 neutral.
    pub direction: &'a [i8],
    /// Confidence in [0, 1].
    pub confidence: &'a [f64],
}

/// A signal from its parts as they come from outside; neutral is none.
///
/// # Errors
/// When the direction is not −1, 0 or 1, or the confidence of a signal not in [0, 1].
pub fn outside_signal(direction: i8, confidence: f64, row: usize) -> Result<Option<Signal>> {
    let direction = match direction {
        0 => return Ok(None),
        1 => Direction::Buy,
        -1 => Direction::Sell,
        other => {
            return Err(Error::data(
                "direction",
                row,
                other,
                "a direction is -1, 0 or 1",
            ));
        }
    };
    if !(0.0..=1.0).contains(&confidence) {
        return Err(Error::data(
            "confidence",
            row,
            confidence,
            "a confidence lies between 0 and 1",
        ));
    }
    Ok(Some(Signal {
        direction,
        confidence,
        trigger: Trigger::External,
    }))
}

/// The signals of one indicator, whichever way they come.
#[derive(Debug)]
pub(super) enum Supply {
    /// Known in advance.
    Tape(Tape),
    /// Computed bar by bar.
    Stream {
        aggregator: Aggregator,
        stream: Box<IndicatorStream>,
    },
    /// Handed in bar by bar.
    Outside {
        aggregator: Aggregator,
        queue: std::collections::VecDeque<Option<Signal>>,
    },
}

impl Supply {
    /// A supply that is fed bar by bar.
    pub fn live(indicator: &IndicatorUse, interval: Interval) -> Result<Self> {
        let aggregator = Aggregator::new(interval, indicator.timeframe)?;
        Ok(match &indicator.source {
            SignalSource::BuiltIn(spec) => Self::Stream {
                aggregator,
                stream: Box::new(spec.stream()),
            },
            SignalSource::External => Self::Outside {
                aggregator,
                queue: std::collections::VecDeque::new(),
            },
        })
    }

    /// Takes a closed lower bar; reports each bar of the indicator's timeframe that it closed, with its signal.
    pub fn close(&mut self, row: usize, bar: &Bar, mut report: impl FnMut(Option<Signal>)) {
        match self {
            Self::Tape(tape) => tape.close(row, report),
            Self::Stream { aggregator, stream } => {
                for closed in aggregator.push(bar).iter() {
                    report(stream.update(closed).signal);
                }
            }
            Self::Outside { aggregator, queue } => {
                for _ in aggregator.push(bar).iter() {
                    report(queue.pop_front().flatten());
                }
            }
        }
    }
}
