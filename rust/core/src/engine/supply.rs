//! Where a strategy's signals come from: a tape of the whole history, a stream fed bar by bar, or from outside.

use crate::error::{Error, Result};
use crate::indicators::IndicatorStream;
use crate::market::{Bar, Bars, Interval};
use crate::plan::{IndicatorUse, SignalSource};
use crate::signals::{Aggregator, Direction, Signal, SignalEvent, Trigger, aggregate};

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

/// All signals of one indicator over the whole history, read forwards.
#[derive(Debug)]
pub(super) struct Tape {
    /// Signals by row of the indicator's own timeframe.
    events: Vec<SignalEvent>,
    next_event: usize,
    /// For a higher timeframe, the lower row at which each of its bars was known.
    known_at: Option<Vec<usize>>,
    next_close: usize,
}

impl Tape {
    /// Computes the tape of `indicator` over `bars`; signals known before row `start` are left out.
    pub fn record(
        indicator: &IndicatorUse,
        bars: Bars<'_>,
        start: usize,
        outside: Option<&OutsideSignals<'_>>,
    ) -> Result<Self> {
        let higher = if indicator.timeframe == bars.interval {
            None
        } else {
            Some(aggregate(bars, indicator.timeframe)?)
        };
        let own_bars = higher.as_ref().map_or(bars, |(columns, _)| columns.view());
        let events = match (&indicator.source, outside) {
            (SignalSource::BuiltIn(spec), _) => spec.signals(own_bars),
            (SignalSource::External, Some(outside)) => outside_events(outside, own_bars.len())?,
            (SignalSource::External, None) => {
                return Err(Error::parameter(
                    format!("signals of indicator {:?}", indicator.name),
                    "nothing",
                    "given, since it is not computed in the core",
                ));
            }
        };
        let known_at = higher.map(|(_, known_at)| known_at);
        let next_close = known_at
            .as_ref()
            .map_or(0, |rows| rows.partition_point(|row| *row < start));
        let first_own_row = if known_at.is_some() {
            next_close
        } else {
            start
        };
        let next_event = events.partition_point(|event| event.row < first_own_row);
        Ok(Self {
            events,
            next_event,
            known_at,
            next_close,
        })
    }

    /// The lower row at which the next signal is known.
    pub fn next_row(&self) -> usize {
        self.events
            .get(self.next_event)
            .map_or(usize::MAX, |event| {
                self.known_at
                    .as_ref()
                    .map_or(event.row, |rows| rows[event.row])
            })
    }

    /// Signals still to come.
    pub fn signals_left(&self) -> usize {
        self.events.len() - self.next_event
    }

    /// Reports each bar of the indicator's timeframe that closed at lower row `row`, with its signal.
    fn close(&mut self, row: usize, mut report: impl FnMut(Option<Signal>)) {
        let Some(known_at) = &self.known_at else {
            report(Self::signal_at(&self.events, &mut self.next_event, row));
            return;
        };
        // Quiet stretches are skipped whole, so earlier closes may still lie ahead: none of them gave a signal.
        while known_at.get(self.next_close).is_some_and(|at| *at < row) {
            self.next_close += 1;
        }
        while known_at.get(self.next_close) == Some(&row) {
            report(Self::signal_at(
                &self.events,
                &mut self.next_event,
                self.next_close,
            ));
            self.next_close += 1;
        }
    }

    fn signal_at(events: &[SignalEvent], next: &mut usize, own_row: usize) -> Option<Signal> {
        let event = events.get(*next).filter(|event| event.row == own_row)?;
        *next += 1;
        Some(event.signal)
    }
}

fn outside_events(outside: &OutsideSignals<'_>, rows: usize) -> Result<Vec<SignalEvent>> {
    for (column, length) in [
        ("direction", outside.direction.len()),
        ("confidence", outside.confidence.len()),
    ] {
        if length != rows {
            return Err(Error::Length {
                column: format!(
                    "{column} of strategy {}, indicator {}",
                    outside.strategy, outside.indicator
                ),
                length,
                expected: rows,
            });
        }
    }
    let mut events = Vec::new();
    for (row, (direction, confidence)) in
        outside.direction.iter().zip(outside.confidence).enumerate()
    {
        if let Some(signal) = outside_signal(*direction, *confidence, row)? {
            events.push(SignalEvent { row, signal });
        }
    }
    Ok(events)
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
