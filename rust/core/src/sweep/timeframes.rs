//! Bars of every timeframe that a set may ask for, built once from those of the markets.

use std::sync::Arc;

use super::axis::Axes;
use super::market::MarketHistory;
use crate::error::Result;
use crate::market::{BarColumns, Bars, Interval};
use crate::plan::PortfolioSpec;
use crate::signals::aggregate;

/// A market's bars of one higher timeframe.
#[derive(Debug)]
pub(super) struct Higher {
    market: usize,
    timeframe: Interval,
    columns: BarColumns,
    /// The row of the bar at whose close each of these was known.
    pub known_at: Arc<[usize]>,
}

impl Higher {
    /// The bars that are known before row `stop` of the market.
    pub fn before(&self, stop: usize) -> Bars<'_> {
        let rows = self.known_at.partition_point(|row| *row < stop);
        self.columns.view().slice(0, rows)
    }
}

/// All higher timeframes of all markets.
#[derive(Debug)]
pub(super) struct Timeframes(Vec<Higher>);

impl Timeframes {
    /// Those of the strategies, of their indicators and of the axes.
    pub fn new(base: &PortfolioSpec, axes: &Axes, markets: &[MarketHistory]) -> Result<Self> {
        let standing = base.strategies.iter().flat_map(|strategy| {
            let indicators = strategy.indicators.iter().map(|usage| usage.timeframe);
            let timeframes = indicators.chain([strategy.timeframe]);
            timeframes.map(|timeframe| (strategy.market, timeframe))
        });
        let varied = axes.timeframes().iter().flat_map(|axis| {
            let market = base.strategies[axis.strategy].market;
            axis.values
                .iter()
                .map(move |timeframe| (market, *timeframe))
        });
        let mut all = Self(Vec::new());
        for (market, timeframe) in standing.chain(varied) {
            let bars = markets[market].candles.view();
            if timeframe == bars.interval || all.find(market, timeframe).is_some() {
                continue;
            }
            let (columns, known_at) = aggregate(bars, timeframe)?;
            all.0.push(Higher {
                market,
                timeframe,
                columns,
                known_at: known_at.into(),
            });
        }
        Ok(all)
    }

    /// The bars of a timeframe; `None` is that of the market's own bars.
    pub fn find(&self, market: usize, timeframe: Interval) -> Option<&Higher> {
        self.0
            .iter()
            .find(|higher| (higher.market, higher.timeframe) == (market, timeframe))
    }
}
