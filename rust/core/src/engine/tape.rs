//! Signals known in advance: recorded once over a whole history, read forwards by any number of runs.

use std::sync::Arc;

use super::supply::{OutsideSignals, outside_signal};
use crate::error::{Error, Result};
use crate::market::Bars;
use crate::plan::{IndicatorUse, SignalSource, StrategySpec};
use crate::signals::{Signal, SignalEvent, aggregate};

/// All signals of one indicator over a whole history.
#[derive(Debug)]
pub(crate) struct SignalTape {
    /// Signals by row of the indicator's own timeframe.
    pub events: Vec<SignalEvent>,
    /// For a higher timeframe, the lower row at which each of its bars was known.
    pub known_at: Option<Arc<[usize]>>,
}

impl SignalTape {
    /// Computes the tape of `indicator` over `bars`.
    pub fn record(
        indicator: &IndicatorUse,
        bars: Bars<'_>,
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
        Ok(Self {
            events,
            known_at: higher.map(|(_, known_at)| known_at.into()),
        })
    }
}

/// What a strategy knows in advance of a whole history.
#[derive(Debug, Clone)]
pub(crate) struct Feed {
    /// One tape an indicator.
    pub tapes: Vec<Arc<SignalTape>>,
    /// For a timeframe above the bars' interval, the rows at which its bars close.
    pub closes: Option<Arc<[usize]>>,
}

/// Rows at which bars of the strategy's timeframe close; `None` where every bar does.
pub(super) fn decision_rows(spec: &StrategySpec, bars: Bars<'_>) -> Result<Option<Arc<[usize]>>> {
    if spec.timeframe == bars.interval {
        return Ok(None);
    }
    Ok(Some(aggregate(bars, spec.timeframe)?.1.into()))
}

/// A tape on its way forwards.
#[derive(Debug)]
pub(super) struct Tape {
    recorded: Arc<SignalTape>,
    next_event: usize,
    next_close: usize,
}

impl Tape {
    /// At `start`: signals known before that row are left out.
    pub fn at(start: usize, recorded: Arc<SignalTape>) -> Self {
        let next_close = recorded
            .known_at
            .as_ref()
            .map_or(0, |rows| rows.partition_point(|row| *row < start));
        let first_own_row = if recorded.known_at.is_some() {
            next_close
        } else {
            start
        };
        let next_event = recorded
            .events
            .partition_point(|event| event.row < first_own_row);
        Self {
            recorded,
            next_event,
            next_close,
        }
    }

    /// The lower row at which the next signal is known.
    pub fn next_row(&self) -> usize {
        self.recorded
            .events
            .get(self.next_event)
            .map_or(usize::MAX, |event| {
                self.recorded
                    .known_at
                    .as_ref()
                    .map_or(event.row, |rows| rows[event.row])
            })
    }

    /// Signals still to come.
    pub fn signals_left(&self) -> usize {
        self.recorded.events.len() - self.next_event
    }

    /// Reports each bar of the indicator's timeframe that closed at lower row `row`, with its signal.
    pub fn close(&mut self, row: usize, mut report: impl FnMut(Option<Signal>)) {
        let events = &self.recorded.events;
        let Some(known_at) = &self.recorded.known_at else {
            report(signal_at(events, &mut self.next_event, row));
            return;
        };
        // Quiet stretches are skipped whole, so earlier closes may still lie ahead: none of them gave a signal.
        while known_at.get(self.next_close).is_some_and(|at| *at < row) {
            self.next_close += 1;
        }
        while known_at.get(self.next_close) == Some(&row) {
            report(signal_at(events, &mut self.next_event, self.next_close));
            self.next_close += 1;
        }
    }
}

fn signal_at(events: &[SignalEvent], next: &mut usize, own_row: usize) -> Option<Signal> {
    let event = events.get(*next).filter(|event| event.row == own_row)?;
    *next += 1;
    Some(event.signal)
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
