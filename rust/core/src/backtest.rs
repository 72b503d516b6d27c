//! One backtest and what it recorded: equity, trades and metrics at once, orders and fills when they are asked for.
//!
//! The lean simulation runs what it can; the general engine, to which it is equal to the last bit, runs the rest, and whatever else is to be
//! known of a run.

use std::sync::OnceLock;

use crate::engine::{
    Engine, Feed, History, OutsideSignals, RefusedEntry, Simulation, check_histories, record_feeds,
};
use crate::error::Result;
use crate::ledger::Trade;
use crate::market::Bars;
use crate::plan::PortfolioSpec;
use crate::stats::Metrics;
use crate::sweep::MarketHistory;
use crate::sweep::hear;
use crate::sweep::lean::{Scratch, Terms, Traded, simulate, whole};
use crate::venue::{MarketId, Venue};

/// What the lean simulation has left.
#[derive(Debug)]
struct Lean {
    scratch: Scratch,
    metrics: Metrics,
}

/// A portfolio that has run over the histories of its markets.
#[derive(Debug)]
pub struct Backtest {
    portfolio: PortfolioSpec,
    markets: Vec<MarketHistory>,
    feeds: Vec<Feed>,
    lean: Option<Lean>,
    engine: OnceLock<Engine>,
}

impl Backtest {
    /// Runs a backtest.
    ///
    /// # Errors
    /// When the portfolio or the data cannot be run.
    pub fn run(
        portfolio: PortfolioSpec,
        markets: Vec<MarketHistory>,
        outside: &[OutsideSignals<'_>],
    ) -> Result<Self> {
        portfolio.check()?;
        let histories: Vec<History<'_>> = markets.iter().map(MarketHistory::whole).collect();
        check_histories(&portfolio, &histories)?;
        check_terms(&portfolio, &histories)?;
        let feeds = record_feeds(&portfolio, &histories, outside)?;
        let lean = run_lean(&portfolio, &markets, &histories, &feeds);
        let engine = OnceLock::new();
        if lean.is_none() {
            let run = Engine::run_taped(&portfolio, &histories, &feeds)?;
            engine.get_or_init(|| run);
        }
        drop(histories);
        Ok(Self {
            portfolio,
            markets,
            feeds,
            lean,
            engine,
        })
    }

    /// Equity at each bar's close, after its fills.
    #[must_use]
    pub fn equity(&self) -> &[f64] {
        match &self.lean {
            Some(lean) => lean.scratch.equity(),
            None => &self.simulation().record().equity,
        }
    }

    /// Round trips in the order in which they ended.
    #[must_use]
    pub fn trades(&self) -> &[Trade] {
        match &self.lean {
            Some(lean) => lean.scratch.trades(),
            None => self.venue().trades(),
        }
    }

    /// Open times of the bars that were traded, UTC nanoseconds.
    #[must_use]
    pub fn open_time_ns(&self) -> &[i64] {
        match (&self.lean, &self.traded()[..]) {
            (Some(_), [only, ..]) => only.open_time_ns,
            (_, traded) => self.simulation().open_time_ns(traded),
        }
    }

    /// Every metric.
    ///
    /// # Errors
    /// As [`crate::stats::summarise`].
    pub fn metrics(&self) -> Result<Metrics> {
        let balance = self.portfolio.initial_balance;
        match &self.lean {
            Some(lean) => Ok(lean.metrics.clone()),
            None => self
                .simulation()
                .metrics(balance, self.portfolio.interval(), &self.traded()),
        }
    }

    /// The venue at the end, with every order and fill.
    #[must_use]
    pub fn venue(&self) -> &Venue {
        &self.simulation().venue
    }

    /// Entries that a limit or rule forbade.
    #[must_use]
    pub fn refused(&self) -> &[RefusedEntry] {
        self.engine().refused()
    }

    fn simulation(&self) -> &Simulation {
        self.engine().simulation()
    }

    fn engine(&self) -> &Engine {
        self.engine.get_or_init(|| {
            let histories: Vec<_> = self.markets.iter().map(MarketHistory::whole).collect();
            Engine::run_taped(&self.portfolio, &histories, &self.feeds)
                .expect("what it could refuse was checked before the lean simulation ran")
        })
    }

    fn traded(&self) -> Vec<Bars<'_>> {
        let histories = self.markets.iter().map(MarketHistory::whole);
        histories
            .map(|history| history.bars.slice(history.start, history.bars.len()))
            .collect()
    }
}

/// Checks what only a venue knows: its rules, the instruments, the balance and the funding.
fn check_terms(portfolio: &PortfolioSpec, histories: &[History<'_>]) -> Result<()> {
    let mut simulation = Simulation::new(portfolio)?;
    for (market, history) in (0_u16..).zip(histories) {
        simulation.add_funding(MarketId(market), history.funding.iter().copied())?;
    }
    Ok(())
}

/// The lean simulation, where there is nothing that only the engine does justice to.
fn run_lean(
    portfolio: &PortfolioSpec,
    markets: &[MarketHistory],
    histories: &[History<'_>],
    feeds: &[Feed],
) -> Option<Lean> {
    let ([market], [only]) = (markets, histories) else {
        return None;
    };
    if only.mark.is_some() {
        return None;
    }
    let terms = Terms::of(portfolio)?;
    let traded = Traded::new(only.bars, only.start, only.funding)?.once();
    let (mut verdicts, mut scratch) = (Vec::new(), Scratch::default());
    hear(feeds, &traded, &terms, &mut verdicts);
    let totals = simulate(&traded, &terms, &verdicts, &mut scratch)?;
    let backdrop = market.candles.backdrop(traded.rows());
    let metrics = whole(
        &traded,
        portfolio.initial_balance,
        &totals,
        &scratch,
        &backdrop,
    )
    .ok()?;
    Some(Lean { scratch, metrics })
}
