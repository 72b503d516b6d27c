//! What a run on ticks has come to.

use super::TickedEngine;
use crate::engine::{Engine, Executions};
use crate::error::{Error, Result};
use crate::market::BarColumns;
use crate::stats::Metrics;

impl TickedEngine {
    /// The engine: venue, record, refusals.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The engine, for warming up and signals from outside.
    pub const fn engine_mut(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// How the orders have been executed so far.
    #[must_use]
    pub const fn executions(&self) -> &Executions {
        &self.executions
    }

    /// Open time of the bars that closed last, and their closes by market; `None` before the first.
    #[must_use]
    pub fn latest_closes(&self) -> Option<(i64, Vec<(usize, f64)>)> {
        let times = self.engine.desk.simulation.open_time_ns(&[]);
        let open_time_ns = *times.last()?;
        let closes = self.markets.iter().enumerate().filter_map(|(market, own)| {
            let is_of_it = own.closed.open_time_ns.last() == Some(&open_time_ns);
            let close = own.closed.close.last()?;
            is_of_it.then_some((market, *close))
        });
        Some((open_time_ns, closes.collect()))
    }

    /// The bars of a market that have closed.
    ///
    /// # Errors
    /// When none has.
    pub fn bars(&self, market: usize) -> Result<BarColumns> {
        let closed = self.markets[market].closed.clone();
        if closed.open_time_ns.is_empty() {
            let requirement = "at least one bar that has closed; the events have too few trades";
            return Err(Error::parameter("bars", "none", requirement));
        }
        BarColumns::new(closed, self.engine.interval)
    }

    /// Metrics of the run so far, beside buy and hold of the markets.
    ///
    /// # Errors
    /// As [`Self::bars`], and where the equity is not a number.
    pub fn metrics(&self) -> Result<Metrics> {
        let columns: Vec<BarColumns> = (0..self.markets.len())
            .map(|market| self.bars(market))
            .collect::<Result<_>>()?;
        let bars: Vec<_> = columns.iter().map(BarColumns::view).collect();
        let simulation = &self.engine.desk.simulation;
        simulation.metrics(self.initial_balance, self.engine.interval, &bars)
    }

    /// Gaps that have been received in a market.
    #[must_use]
    pub fn gaps(&self, market: usize) -> usize {
        self.markets[market].gaps
    }
}
