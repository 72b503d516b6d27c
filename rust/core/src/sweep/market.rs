//! The data of a sweep: the histories of its markets, signals from outside, and the stretch of time that is traded.

use crate::engine::{Funding, History, OutsideSignals};
use crate::error::{Error, Result};
use crate::market::Candles;

/// The history of one market, whole: bars that only warm indicators included.
#[derive(Debug, Clone)]
pub struct MarketHistory {
    /// Trade candles.
    pub candles: Candles,
    /// First row that may be traded.
    pub start: usize,
    /// Mark candles, matched by open time.
    pub mark: Option<Candles>,
    /// Funding payments, ascending.
    pub funding: Vec<Funding>,
}

/// Signals given from outside, one row a closed bar of the indicator's timeframe.
#[derive(Debug, Clone, PartialEq)]
pub struct OutsideColumns {
    /// Strategy that they are for.
    pub strategy: usize,
    /// Its indicator.
    pub indicator: usize,
    /// +1 buy, −1 sell, 0 neutral.
    pub direction: Vec<i8>,
    /// Confidence in [0, 1].
    pub confidence: Vec<f64>,
}

/// The stretch of time that is traded: bars that open from `start_ns` on and before `end_ns`. Earlier ones feed indicators; nothing is held at the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// First open time, UTC nanoseconds; from the market's own start where not given.
    pub start_ns: Option<i64>,
    /// First open time that is left out; to the end where not given.
    pub end_ns: Option<i64>,
}

impl OutsideColumns {
    pub(super) fn view(&self) -> OutsideSignals<'_> {
        OutsideSignals {
            strategy: self.strategy,
            indicator: self.indicator,
            direction: &self.direction,
            confidence: &self.confidence,
        }
    }
}

impl MarketHistory {
    /// All of it.
    pub(crate) fn whole(&self) -> History<'_> {
        History {
            bars: self.candles.view(),
            start: self.start,
            mark: self.mark.as_ref().map(Candles::view),
            funding: &self.funding,
        }
    }

    /// The history that ends with the span and is traded from its start, or from the market's own where that is later.
    pub(super) fn within(&self, span: Span, symbol: &str) -> Result<History<'_>> {
        let bars = self.candles.view();
        let row = |time_ns: i64| bars.open_time_ns.partition_point(|open| *open < time_ns);
        let stop = span.end_ns.map_or(bars.len(), row);
        let start = span.start_ns.map_or(0, row).max(self.start);
        if start >= stop {
            let time =
                |bound: Option<i64>| bound.map_or("open".to_owned(), |ns| format!("{ns} ns"));
            return Err(Error::parameter(
                format!("span in the bars of {symbol}"),
                format!("{} to {}", time(span.start_ns), time(span.end_ns)),
                "such that a bar opens within it",
            ));
        }
        Ok(History {
            bars: bars.slice(0, stop),
            start,
            mark: self.mark.as_ref().map(Candles::view),
            funding: &self.funding,
        })
    }
}
