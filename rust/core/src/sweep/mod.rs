//! Many parameter sets of one portfolio over the same history.
//!
//! A *set* is a row of digits: digit `j` is an index into the values of axis `j`. A [`Sweep`] owns the portfolio, its
//! histories and the axes; whatever is asked of it gives the same bytes for any number of threads and any division
//! of the sets into calls.

mod axis;
mod bank;
mod breeding;
mod brief;
mod curves;
mod evaluate;
mod genetic;
mod kept;
pub mod lean;
mod market;
mod nsga;
mod parts;
mod permuted;
mod rows;
mod run;
mod setting;
mod settings;
mod target;
mod timeframes;
mod voices;
mod workers;

pub use breeding::BreedingRules;
pub use curves::SUMS;
pub(crate) use evaluate::hear;
pub use genetic::Genetic;
pub use market::{MarketHistory, OutsideColumns, Span};
pub use nsga::Nsga;
pub use rows::Rows;
pub use setting::AxisValue;
pub use target::{Axis, Target};

use crate::engine::{Engine, History, SignalTape, check_histories};
use crate::error::{Error, Result};
use crate::plan::PortfolioSpec;
use axis::Axes;
use kept::Kept;
use timeframes::Timeframes;
use voices::Voices;

/// A portfolio, the histories of its markets and the settings to vary.
#[derive(Debug)]
pub struct Sweep {
    portfolio: PortfolioSpec,
    /// The axes as they were given, and as they are written.
    given: Vec<Axis>,
    axes: Axes,
    markets: Vec<MarketHistory>,
    timeframes: Timeframes,
    voices: Voices,
    kept: Kept,
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
        check_data(&portfolio, &markets)?;
        let given = axes.to_vec();
        let axes = Axes::new(&portfolio, axes)?;
        let timeframes = Timeframes::new(&portfolio, &axes, &markets)?;
        let voices = Voices::new(&portfolio, &axes, |strategy, indicator| {
            let spec = &portfolio.strategies[strategy];
            let given = outside
                .iter()
                .find(|given| (given.strategy, given.indicator) == (strategy, indicator));
            SignalTape::record(
                &spec.indicators[indicator],
                markets[spec.market].candles.view(),
                given.map(OutsideColumns::view).as_ref(),
            )
        })?;
        Ok(Self {
            portfolio,
            given,
            axes,
            markets,
            timeframes,
            voices,
            kept: Kept::default(),
        })
    }

    /// Number of values of each axis.
    #[must_use]
    pub fn lengths(&self) -> &[usize] {
        self.axes.lengths()
    }

    /// The histories of all markets, cut to a span.
    fn histories(&self, span: Span) -> Result<Vec<History<'_>>> {
        histories(&self.portfolio, &self.markets, span)
    }
}

fn histories<'a>(
    portfolio: &PortfolioSpec,
    markets: &'a [MarketHistory],
    span: Span,
) -> Result<Vec<History<'a>>> {
    let markets = markets.iter().zip(&portfolio.markets);
    markets
        .map(|(history, market)| history.within(span, &market.symbol))
        .collect()
}

fn check_data(portfolio: &PortfolioSpec, markets: &[MarketHistory]) -> Result<()> {
    if markets.len() != portfolio.markets.len() {
        return Err(Error::parameter(
            "bars",
            format!("{} markets", markets.len()),
            format!("one for each of the {} markets", portfolio.markets.len()),
        ));
    }
    let histories = histories(portfolio, markets, Span::default())?;
    check_histories(portfolio, &histories)?;
    let mut engine = Engine::live(portfolio)?;
    for (market, history) in histories.iter().enumerate() {
        engine.add_funding(market, history.funding.iter().copied())?;
    }
    Ok(())
}
