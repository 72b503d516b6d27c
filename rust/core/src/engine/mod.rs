//! The loop over bars that joins indicators, strategies and venue, and what it records.
//!
//! The same [`Engine`] runs a backtest ([`Engine::run`]) and a dry run ([`Engine::step`]): a backtest knows all signals in advance and
//! passes quickly over stretches in which nothing can happen; the outcome is the same to the last bit. A [`TickedEngine`] runs the same
//! strategies on trades and books.

mod batch;
mod desk;
mod execution;
mod performance;
mod runner;
mod simulation;
mod supply;
mod tape;
mod ticked;
pub mod ticks;

pub use batch::History;
pub(crate) use batch::{check_histories, record_feeds};
pub use desk::RefusedEntry;
use desk::{Desk, Moment};
pub use execution::{Executions, MARKOUT_HORIZONS_NS, Markout, OrderContext};
use runner::Runner;
pub use simulation::{Funding, MarketBar, Record, Simulation};
use supply::Supply;
pub use supply::{OutsideSignals, outside_signal};
pub(crate) use tape::{Feed, SignalTape};
pub use ticked::TickedEngine;

use crate::error::{Error, Result};
use crate::market::{Bar, Interval};
use crate::plan::PortfolioSpec;
use crate::signals::Signal;
use crate::venue::MarketId;

/// Strategies, their indicators and a simulated venue, moved forward bar by bar.
#[derive(Debug)]
pub struct Engine {
    desk: Desk,
    runners: Vec<Runner>,
    interval: Interval,
}

impl Engine {
    /// An engine that is fed bar by bar.
    ///
    /// # Errors
    /// When the portfolio cannot be run; the error names the path of the setting.
    pub fn live(portfolio: &PortfolioSpec) -> Result<Self> {
        portfolio.check()?;
        let interval = portfolio.interval();
        let runners = portfolio
            .strategies
            .iter()
            .enumerate()
            .map(|(index, spec)| Runner::live(index, spec, interval))
            .collect::<Result<_>>()?;
        Self::new(portfolio, runners)
    }

    fn new(portfolio: &PortfolioSpec, runners: Vec<Runner>) -> Result<Self> {
        Ok(Self {
            desk: Desk::new(Simulation::new(portfolio)?, portfolio),
            runners,
            interval: portfolio.interval(),
        })
    }

    /// Feeds a bar from before the start to the indicators of a market; nothing is decided on it and no signal of it stands.
    pub fn warm_up(&mut self, market: usize, bar: &Bar) {
        for runner in &mut self.runners {
            if usize::from(runner.market().0) == market {
                runner.warm_up(bar);
            }
        }
    }

    /// Hands in the signal that an outside indicator gives at the close of the bar that comes next; `None` is neutral.
    ///
    /// # Errors
    /// When there is no such strategy or indicator, or it is computed in the core.
    pub fn hand_in(
        &mut self,
        strategy: usize,
        indicator: usize,
        signal: Option<Signal>,
    ) -> Result<()> {
        let supply = self
            .runners
            .get_mut(strategy)
            .and_then(|runner| runner.supply_mut(indicator));
        match supply {
            Some(Supply::Outside { queue, .. }) => {
                queue.push_back(signal);
                Ok(())
            }
            _ => Err(Error::parameter(
                "signal",
                format!("strategy {strategy}, indicator {indicator}"),
                "for an indicator that takes signals from outside",
            )),
        }
    }

    /// Adds a funding payment, due at the first bar that opens at its time or later.
    ///
    /// # Errors
    /// As [`Simulation::add_funding`].
    pub fn add_funding(
        &mut self,
        market: usize,
        payments: impl IntoIterator<Item = Funding>,
    ) -> Result<()> {
        self.desk
            .simulation
            .add_funding(market_id(market), payments)
    }

    /// Moves on by all markets' bars of one open time: the venue acts, the equity is recorded, the strategies decide.
    pub fn step(&mut self, open_time_ns: i64, bars: &[MarketBar]) {
        let equity = self.desk.simulation.advance(open_time_ns, bars);
        self.conclude(open_time_ns, bars, equity);
    }

    /// What follows when the venue has been through the bars of an open time.
    fn conclude(&mut self, open_time_ns: i64, bars: &[MarketBar], equity: f64) {
        self.desk.losses.observe(open_time_ns, equity);
        self.desk.close_on_breach(&Moment {
            close_time_ns: open_time_ns + self.interval.ns(),
            price: f64::NAN,
            equity,
        });
        self.decide(open_time_ns, bars);
    }

    /// Lets the strategies decide, in their order, at the close of bars that the venue has been through.
    fn decide(&mut self, open_time_ns: i64, bars: &[MarketBar]) {
        let equity = self.desk.simulation.last_equity();
        for runner in &mut self.runners {
            if let Some(entry) = bars.iter().find(|entry| entry.market == runner.market()) {
                let now = Moment {
                    close_time_ns: open_time_ns + self.interval.ns(),
                    price: entry.bar.close,
                    equity,
                };
                runner.close(entry.row, &entry.bar, &mut self.desk, &now);
            }
        }
    }

    /// The venue and the record.
    #[must_use]
    pub const fn simulation(&self) -> &Simulation {
        &self.desk.simulation
    }

    /// Entries that a limit or rule forbade.
    #[must_use]
    pub fn refused(&self) -> &[RefusedEntry] {
        &self.desk.refused
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a checked portfolio has fewer than 65,536 markets"
)]
fn market_id(index: usize) -> MarketId {
    MarketId(index as u16)
}
