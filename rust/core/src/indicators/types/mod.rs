//! The indicator types: each joins an update rule of values with a rule of signals.
//!
//! A type is one object, fed rows in pieces of any length: whole columns for a backtest, a single row in a stream. Both therefore give the same bits.

pub(super) mod adaptive_supertrend;
pub(super) mod adaptive_trend_finder;
pub(super) mod bollinger;
pub(super) mod ma;
pub(super) mod macd;
pub(super) mod rsi;
pub(super) mod ultimate_ma;

use std::array::from_fn;

use super::rows::Rows;
use super::simd::{Work, dispatch};
use crate::signals::rules::SignalRule;
use crate::signals::{Signal, SignalEvent};

/// Rows worked on at once, so that what is read, kept and written stays in the first-level cache.
const CHUNK: usize = 1024;

/// The update rule of `N` columns of values.
pub(super) trait Lines<const N: usize> {
    /// Takes the next rows and writes `lines`, which are as long; in warm-up they come filled with NaN.
    fn run(&mut self, rows: Rows<'_>, lines: [&mut [f64]; N]);

    /// Writes the columns that follow from the others and that no rule of signals reads, which `run` left out.
    fn derive(_lines: [&mut [f64]; N]) {}
}

/// An indicator at work: `N` columns of values and what they say.
#[derive(Debug, Clone)]
pub(super) struct Indicator<L, R, const N: usize> {
    /// Rows before the first in which every value in use is defined. Averages count their blocks from behind it, and rows are fed in whole
    /// blocks where they can be.
    pub(super) warm_up: usize,
    pub(super) lines: L,
    pub(super) rule: R,
}

impl<L: Lines<N>, R: SignalRule<N>, const N: usize> Indicator<L, R, N> {
    /// All values, and the signals with them.
    pub(super) fn compute(mut self, rows: Rows<'_>) -> (Vec<Vec<f64>>, Vec<SignalEvent>) {
        let mut columns: [Vec<f64>; N] = from_fn(|_| Vec::with_capacity(rows.len()));
        let mut events = Vec::new();
        for (start, part) in rows.chunks(CHUNK, self.warm_up + 1) {
            for column in &mut columns {
                // Filling a chunk just before it is written costs no more than the cache does.
                column.resize(start + part.len(), f64::NAN);
            }
            let lines = columns.each_mut().map(|column| &mut column[start..]);
            self.feed(part, lines, start, &mut events);
            L::derive(columns.each_mut().map(|column| &mut column[start..]));
        }
        (columns.into(), events)
    }

    /// The signals alone; no column is kept.
    pub(super) fn signals(mut self, rows: Rows<'_>) -> Vec<SignalEvent> {
        let mut scratch = [[f64::NAN; CHUNK]; N];
        let mut events = Vec::new();
        for (start, part) in rows.chunks(CHUNK, self.warm_up + 1) {
            if start < self.warm_up {
                scratch = [[f64::NAN; CHUNK]; N];
            }
            let lines = scratch.each_mut().map(|line| &mut line[..part.len()]);
            self.feed(part, lines, start, &mut events);
        }
        events
    }

    /// The values alone, without those that no rule reads.
    pub(super) fn values(mut self, rows: Rows<'_>) -> Vec<Vec<f64>> {
        let mut columns: [Vec<f64>; N] = from_fn(|_| vec![f64::NAN; rows.len()]);
        for (start, part) in rows.chunks(CHUNK, self.warm_up + 1) {
            let mut columns = columns
                .each_mut()
                .map(|column| &mut column[start..start + part.len()]);
            dispatch(Advance {
                lines: &mut self.lines,
                rows: part,
                values: columns.each_mut().map(|column| &mut **column),
            });
        }
        columns.into()
    }

    /// The signals that given columns of values set off.
    pub(super) fn read(mut self, close: &[f64], columns: [&[f64]; N]) -> Vec<SignalEvent> {
        let mut events = Vec::new();
        self.rule.scan(close, columns, 0, &mut events);
        events
    }

    /// Takes the next row and writes its values.
    pub(super) fn update(&mut self, row: Rows<'_>, values: &mut [f64; N]) -> Option<Signal> {
        *values = [f64::NAN; N];
        dispatch(Advance {
            lines: &mut self.lines,
            rows: row,
            values: values.each_mut().map(std::slice::from_mut),
        });
        L::derive(values.each_mut().map(std::slice::from_mut));
        self.rule.update(row.close[0], *values)
    }

    fn feed(
        &mut self,
        rows: Rows<'_>,
        lines: [&mut [f64]; N],
        first_row: usize,
        events: &mut Vec<SignalEvent>,
    ) {
        dispatch(Feed {
            indicator: self,
            rows,
            lines,
            first_row,
            events,
        });
    }
}

/// Values first, then what they say, while they are in the cache.
struct Feed<'a, L, R, const N: usize> {
    indicator: &'a mut Indicator<L, R, N>,
    rows: Rows<'a>,
    lines: [&'a mut [f64]; N],
    first_row: usize,
    events: &'a mut Vec<SignalEvent>,
}

impl<L: Lines<N>, R: SignalRule<N>, const N: usize> Work for Feed<'_, L, R, N> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let lines = self.lines.each_mut().map(|line| &mut **line);
        self.indicator.lines.run(self.rows, lines);
        let values = self.lines.map(|line| &*line);
        let Self {
            rows, first_row, ..
        } = self;
        self.indicator
            .rule
            .scan(rows.close, values, first_row, self.events);
    }
}

struct Advance<'a, L, const N: usize> {
    lines: &'a mut L,
    rows: Rows<'a>,
    values: [&'a mut [f64]; N],
}

impl<L: Lines<N>, const N: usize> Work for Advance<'_, L, N> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.lines.run(self.rows, self.values);
    }
}
