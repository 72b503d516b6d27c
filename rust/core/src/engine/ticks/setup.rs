//! What a run on ticks trades, and by which rules.

use crate::error::{Error, Result};
use crate::market::Instrument;
use crate::venue::{TickRules, VenueRules};

/// What a run trades, and by which rules.
#[derive(Debug, Clone, PartialEq)]
pub struct TickSetup {
    /// Fees, margin and, where the data have no book, slippage.
    pub venue: VenueRules,
    /// Queue, latencies, fills.
    pub ticks: TickRules,
    /// Steps and limits of the market, if they are known.
    pub instrument: Option<Instrument>,
    /// Quote currency at the start.
    pub initial_balance: f64,
    /// Leverage of every order.
    pub leverage: f64,
    /// How long a market event takes to the strategy; `None`: as recorded.
    pub feed_latency_ns: Option<i64>,
    /// When the strategy and the record begin, UTC nanoseconds; `None`: with the first event. Earlier events build the books alone.
    pub start_ns: Option<i64>,
    /// How often the equity is recorded, nanoseconds.
    pub record_interval_ns: i64,
}

impl TickSetup {
    pub(super) fn check(&self) -> Result<()> {
        if self.record_interval_ns <= 0 {
            let name = "record_interval_ns";
            return Err(Error::parameter(name, self.record_interval_ns, "positive"));
        }
        if let Some(ns) = self.feed_latency_ns.filter(|ns| *ns < 0) {
            return Err(Error::parameter("feed_latency_ns", ns, "not negative"));
        }
        if !(self.leverage.is_finite() && self.leverage >= 1.0) {
            return Err(Error::parameter("leverage", self.leverage, "at least 1"));
        }
        Ok(())
    }
}
