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
            traded_notional: fills.iter().map(|fill| fill.quantity * fill.price).sum(),
            fees_paid: fills.iter().map(|fill| fill.fee).sum(),
            funding_paid: trades.iter().map(|trade| trade.funding).sum::<f64>()
                + open_positions.map(|(.., held)| held.funding).sum::<f64>(),
            risk_free_rate: 0.0,
        })
    }
}
