//! The metrics of what a simulation recorded.

use super::Simulation;
use crate::error::Result;
use crate::market::{Bars, Interval};
use crate::stats::{Metrics, Record, buy_and_hold, summarise};

impl Simulation {
    /// Metrics of the run so far; `markets` are the candles that were traded, to compare with.
    ///
    /// # Errors
    /// As [`summarise`].
    pub fn metrics(
        &self,
        initial_balance: f64,
        interval: Interval,
        markets: &[Bars<'_>],
    ) -> Result<Metrics> {
        let record = self.record();
        let fills = self.venue.fills();
        let trades = self.venue.trades();
        let open_positions = self.venue.ledger().open_positions();
        let open_time_ns = self.open_time_ns(markets);
        let benchmark = buy_and_hold(open_time_ns, markets);
        summarise(&Record {
            open_time_ns,
            equity: &record.equity,
            initial_balance,
            interval,
            trades,
            benchmark: (!markets.is_empty()).then_some(&*benchmark),
            exposed_bars: record.exposed_bars,
            traded_notional: total(fills.iter().map(|fill| fill.quantity * fill.price)),
            fees_paid: total(fills.iter().map(|fill| fill.fee)),
            funding_paid: total(trades.iter().map(|trade| trade.funding))
                + total(open_positions.map(|(.., held)| held.funding)),
            risk_free_rate: 0.0,
        })
    }
}

/// A sum that is zero, not minus zero as that of the standard library, where there is nothing to add.
fn total(amounts: impl Iterator<Item = f64>) -> f64 {
    amounts.fold(0.0, |sum, amount| sum + amount)
}
