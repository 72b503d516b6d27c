//! What a strategy's indicators say together at each close at which they say anything: the only input of a simulation that parameters of indicators change.

use super::traded::Traded;
use crate::plan::StrategySpec;
use crate::signals::{Ballot, Direction, Signal, SignalEvent, SignalMode};

/// The vote at the close of a bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// Row of the bar.
    pub row: u32,
    /// Which way.
    pub direction: Direction,
    /// How sure, in [0, 1].
    pub confidence: f64,
}

/// The signals of one indicator over all bars.
#[derive(Debug, Clone, Copy)]
pub struct Signals<'a> {
    /// By row of the indicator's own timeframe, ascending.
    pub events: &'a [SignalEvent],
    /// For a higher timeframe, the row of the bar at whose close each of its bars was known.
    pub known_at: Option<&'a [usize]>,
}

/// The rows of the bars at which a strategy decides and those it trades.
#[derive(Debug, Clone, Copy)]
pub struct Decisions<'a> {
    /// First traded row; signals known before do not stand.
    start: usize,
    /// One past the last traded row.
    end: usize,
    /// For a higher timeframe, the rows at whose close one of its bars was known.
    known_at: Option<&'a [usize]>,
}

impl<'a> Decisions<'a> {
    /// At every close of the traded rows, or at those of a higher timeframe.
    #[must_use]
    pub const fn of(traded: &Traded<'_>, known_at: Option<&'a [usize]>) -> Self {
        Self {
            start: traded.start,
            end: traded.end(),
            known_at,
        }
    }
}

/// Replaces `verdicts` by those of `strategy`, one entry of `signals` an indicator.
///
/// # Panics
/// When there are 2³² rows or more.
pub fn tally(
    strategy: &StrategySpec,
    signals: &[Signals<'_>],
    decisions: &Decisions<'_>,
    verdicts: &mut Vec<Verdict>,
) {
    verdicts.clear();
    u32::try_from(decisions.end).expect("rows fit in 32 bits");
    if let [only] = signals
        && strategy.indicators[0].signal_ttl == 1
        && strategy.signal_mode != SignalMode::Weighted
        && only.known_at.is_none()
        && decisions.known_at.is_none()
    {
        let sure = |event: &&SignalEvent| event.signal.confidence >= strategy.min_confidence;
        let heard = within(only.events, decisions);
        verdicts.reserve(heard.len());
        verdicts.extend(heard.iter().filter(sure).map(|event| Verdict {
            row: narrow(event.row),
            direction: event.signal.direction,
            confidence: event.signal.confidence,
        }));
        return;
    }
    let voters = strategy.indicators.iter().map(|i| (i.weight, i.signal_ttl));
    let mut count = Count {
        ballot: Ballot::new(strategy.signal_mode, strategy.min_confidence, voters),
        readers: signals
            .iter()
            .map(|given| Reader::new(*given, decisions.start))
            .collect(),
        every_bar: signals.iter().all(|given| given.known_at.is_none()),
    };
    let mut row = decisions.start;
    while let Some(next) = count.next_row(row).filter(|next| *next < decisions.end) {
        row = next;
        count.close(row);
        let decides = decisions
            .known_at
            .is_none_or(|rows| rows.binary_search(&row).is_ok());
        if decides && let Some(vote) = count.ballot.verdict() {
            verdicts.push(Verdict {
                row: narrow(row),
                direction: vote.direction,
                confidence: vote.confidence,
            });
        }
        row += 1;
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the last row has been found to fit"
)]
const fn narrow(row: usize) -> u32 {
    row as u32
}

fn within<'a>(events: &'a [SignalEvent], decisions: &Decisions<'_>) -> &'a [SignalEvent] {
    let before = |row: usize| events.partition_point(|event| event.row < row);
    &events[before(decisions.start)..before(decisions.end)]
}

/// The standing signals and what is still to be read.
struct Count<'a> {
    ballot: Ballot,
    readers: Vec<Reader<'a>>,
    every_bar: bool,
}

impl Count<'_> {
    /// The first row from `row` on at which a signal comes or one stands.
    fn next_row(&self, row: usize) -> Option<usize> {
        let rests = if self.every_bar {
            self.ballot.is_spent()
        } else {
            self.ballot.is_silent()
        };
        if !rests {
            return Some(row);
        }
        self.readers.iter().filter_map(Reader::next_row).min()
    }

    fn close(&mut self, row: usize) {
        for (indicator, reader) in self.readers.iter_mut().enumerate() {
            reader.close(row, |signal| self.ballot.close(indicator, signal));
        }
    }
}

/// Reads one indicator's signals forwards.
struct Reader<'a> {
    signals: Signals<'a>,
    next_event: usize,
    next_close: usize,
}

impl<'a> Reader<'a> {
    fn new(signals: Signals<'a>, start: usize) -> Self {
        let next_close = signals
            .known_at
            .map_or(0, |rows| rows.partition_point(|row| *row < start));
        let first = signals.known_at.map_or(start, |_| next_close);
        Self {
            signals,
            next_event: signals.events.partition_point(|event| event.row < first),
            next_close,
        }
    }

    fn next_row(&self) -> Option<usize> {
        let event = self.signals.events.get(self.next_event)?;
        Some(
            self.signals
                .known_at
                .map_or(event.row, |rows| rows[event.row]),
        )
    }

    /// Reports each bar of the indicator's timeframe that closed at `row`; of those that closed unread before it none gave a signal.
    fn close(&mut self, row: usize, mut report: impl FnMut(Option<Signal>)) {
        let Some(known_at) = self.signals.known_at else {
            report(self.take(row));
            return;
        };
        while known_at.get(self.next_close).is_some_and(|at| *at < row) {
            self.next_close += 1;
        }
        while known_at.get(self.next_close) == Some(&row) {
            report(self.take(self.next_close));
            self.next_close += 1;
        }
    }

    fn take(&mut self, own_row: usize) -> Option<Signal> {
        let event = self.signals.events.get(self.next_event)?;
        (event.row == own_row).then(|| {
            self.next_event += 1;
            event.signal
        })
    }
}
