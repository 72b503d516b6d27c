//! The same sweep over bars in random order: what a search finds there, it finds by luck (the bar permutation test of Masters 2018).

use super::Sweep;
use super::market::MarketHistory;
use crate::error::{Error, Result};
use crate::market::{Candles, permuted};
use crate::plan::SignalSource;

impl Sweep {
    /// The same over bars whose order from each market's start on is random; earlier ones, which only warm indicators, stay.
    ///
    /// Open, high, low and close relative to the close before, the volume and the mark candle move together, so that the whole way of the price stays as it is (to rounding). Times and funding stay where they are. Markets with equally many bars are put in the same order and move with each other as before.
    ///
    /// # Errors
    /// When signals come from outside, since they belong to the bars as they were.
    pub fn permuted(&self, seed: u64) -> Result<Self> {
        let mut indicators = self.portfolio.strategies.iter().flat_map(|s| &s.indicators);
        if let Some(outside) = indicators.find(|usage| usage.source == SignalSource::External) {
            return Err(Error::parameter(
                format!("signals of indicator {:?}", outside.name),
                "from outside",
                "computed in the core where bars are permuted, since other bars give other signals",
            ));
        }
        let markets = self.markets.iter().map(|market| permute(market, seed));
        let markets = markets.collect::<Result<_>>()?;
        Self::new(self.portfolio.clone(), markets, &[], &self.given)
    }
}

fn permute(market: &MarketHistory, seed: u64) -> Result<MarketHistory> {
    let marks = market.mark.as_ref().map(Candles::view);
    let (candles, mark) = permuted(market.candles.view(), marks, market.start, seed)?;
    Ok(MarketHistory {
        candles: candles.into(),
        start: market.start,
        mark: mark.map(Candles::from),
        funding: market.funding.clone(),
    })
}
