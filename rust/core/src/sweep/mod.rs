//! Many parameter sets of one portfolio over the same history.
//!
//! A *set* is a row of digits: digit `j` is an index into the values of axis `j`. A [`Sweep`] owns the portfolio, its
//! histories and the axes; whatever is asked of it gives the same bytes for any number of threads and any division
//! of the sets into calls.

mod axis;
mod evaluate;
mod market;
mod run;
mod setting;
mod settings;
mod workers;

pub use axis::{Axis, Target};
pub use market::{MarketHistory, OutsideColumns, Span};
pub use run::Rows;
pub use setting::AxisValue;

use std::sync::Arc;

use crate::engine::{Engine, History, OutsideSignals, SignalTape, check_histories, decision_rows};
use crate::error::{Error, Result};
use crate::plan::PortfolioSpec;
use axis::Axes;
use workers::Workers;

/// A portfolio, the histories of its markets and the settings to vary.
#[derive(Debug)]
pub struct Sweep {
    portfolio: PortfolioSpec,
    axes: Axes,
    markets: Vec<MarketHistory>,
    /// What each strategy knows in advance, as far as no axis changes it.
    standing: Vec<StandingFeed>,
    workers: Workers,
}

/// The part of a feed that is the same in all sets.
#[derive(Debug)]
struct StandingFeed {
    /// By indicator; `None` where an axis varies what it computes.
    tapes: Vec<Option<Arc<SignalTape>>>,
    /// Rows of decisions; `None` where an axis varies the timeframe of the strategy.
    closes: Option<Option<Arc<[usize]>>>,
}

impl Sweep {
    /// A sweep over `axes`, each checked alone: values that cannot be together fail only the sets that join them.
    ///
    /// # Errors
    /// When the portfolio or its data cannot be run, or an axis names a setting that does not exist, has no value or one out of range.
    pub fn new(
        portfolio: PortfolioSpec,
        markets: Vec<MarketHistory>,
        outside: &[OutsideColumns],
        axes: &[Axis],
    ) -> Result<Self> {
        portfolio.check()?;
        portfolio
            .venue
            .check()
            .map_err(|error| error.within("venue"))?;
        let mut sweep = Self {
            axes: Axes::new(&portfolio, axes)?,
            portfolio,
            markets,
            standing: Vec::new(),
            workers: Workers::default(),
        };
        sweep.check_data()?;
        sweep.standing = sweep.record_standing(outside)?;
        Ok(sweep)
    }

    /// Number of values of each axis.
    #[must_use]
    pub fn lengths(&self) -> &[usize] {
        self.axes.lengths()
    }

    fn check_data(&self) -> Result<()> {
        if self.markets.len() != self.portfolio.markets.len() {
            return Err(Error::parameter(
                "bars",
                format!("{} markets", self.markets.len()),
                format!(
                    "one for each of the {} markets",
                    self.portfolio.markets.len()
                ),
            ));
        }
        let histories = self.histories(Span::default())?;
        check_histories(&self.portfolio, &histories)?;
        let mut engine = Engine::live(&self.portfolio)?;
        for (market, history) in histories.iter().enumerate() {
            engine.add_funding(market, history.funding.iter().copied())?;
        }
        Ok(())
    }

    /// The histories of all markets, cut to a span.
    fn histories(&self, span: Span) -> Result<Vec<History<'_>>> {
        let markets = self.markets.iter().zip(&self.portfolio.markets);
        markets
            .map(|(history, market)| history.within(span, &market.symbol))
            .collect()
    }

    fn record_standing(&self, outside: &[OutsideColumns]) -> Result<Vec<StandingFeed>> {
        let strategies = self.portfolio.strategies.iter().enumerate();
        let record = |(strategy, spec): (usize, &crate::plan::StrategySpec)| {
            let bars = self.markets[spec.market].candles.view();
            let indicators = spec.indicators.iter().enumerate();
            let tapes = indicators.map(|(indicator, usage)| {
                if self.axes.varies_signals(strategy, indicator) {
                    return Ok(None);
                }
                let given = outside
                    .iter()
                    .find(|given| (given.strategy, given.indicator) == (strategy, indicator))
                    .map(|given| OutsideSignals {
                        strategy,
                        indicator,
                        direction: &given.direction,
                        confidence: &given.confidence,
                    });
                SignalTape::record(usage, bars, given.as_ref()).map(|tape| Some(Arc::new(tape)))
            });
            let tapes = tapes.collect::<Result<_>>()?;
            let closes = if self.axes.varies_timeframe(strategy, None) {
                None
            } else {
                Some(decision_rows(spec, bars)?)
            };
            Ok(StandingFeed { tapes, closes })
        };
        strategies.map(record).collect()
    }
}
