//! What is kept of a run on ticks beside the venue's own orders and fills.

use crate::engine::execution::{Executions, middle};
use crate::venue::{MAIN, MarketId, Venue};

/// What a run leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct TickRecord {
    /// When the equity was recorded, UTC nanoseconds.
    pub time_ns: Vec<i64>,
    /// Equity of all accounts then, marked at the middle of the book.
    pub equity: Vec<f64>,
    /// Signed base units held then.
    pub position: Vec<f64>,
    /// Middle of the exchange's book then, in ticks.
    pub mid: Vec<f64>,
    /// How the orders were executed.
    pub executions: Executions,
    /// Events that happened at the exchange.
    pub events: u64,
    /// Gaps among them.
    pub gaps: u64,
}

impl TickRecord {
    /// Of a run on one market that has seen nothing yet.
    pub(super) fn new() -> Self {
        Self {
            time_ns: Vec::new(),
            equity: Vec::new(),
            position: Vec::new(),
            mid: Vec::new(),
            executions: Executions::new(1),
            events: 0,
            gaps: 0,
        }
    }

    pub(super) fn note_equity(&mut self, now_ns: i64, venue: &mut Venue, market: MarketId) {
        venue.mark_to_book(market);
        self.time_ns.push(now_ns);
        self.equity.push(venue.equity());
        self.position.push(venue.position(MAIN, market).quantity);
        self.mid.push(middle(venue, market));
    }
}
