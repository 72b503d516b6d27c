//! The same sweep over bars in random order: what a search finds there, it finds by luck (the bar permutation test of Masters 2018).

use super::Sweep;
use super::draw::Draw;
use super::market::MarketHistory;
use crate::error::{Error, Result};
use crate::market::{Bar, BarColumns, Bars, Candles, RawColumns};
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
        let permuted = self.markets.iter().map(|market| permute(market, seed));
        let markets = permuted.collect::<Result<_>>()?;
        Self::new(self.portfolio.clone(), markets, &[], &self.given)
    }
}

fn permute(market: &MarketHistory, seed: u64) -> Result<MarketHistory> {
    let bars = market.candles.view();
    let marks = market.mark.as_ref().map(Candles::view);
    // The first bar of all has no close before it.
    let first = market.start.max(1);
    let mut order: Vec<usize> = (first..bars.len()).collect();
    Draw::new(seed).shuffle(&mut order);
    let mut made = RawColumns::default();
    let mut made_marks = RawColumns::default();
    for row in 0..first {
        made.push(&bars.bar(row));
        if let Some(mark) = mark_of(marks, bars, row) {
            made_marks.push(&mark);
        }
    }
    let mut close = bars.close[first - 1];
    for (row, from) in (first..).zip(order) {
        let open_time_ns = bars.open_time_ns[row];
        let moved = |bar: Bar| moved(bar, bars.close[from - 1], close, open_time_ns);
        if let Some(mark) = mark_of(marks, bars, from) {
            made_marks.push(&moved(mark));
        }
        let bar = moved(bars.bar(from));
        made.push(&bar);
        close = bar.close;
    }
    let mark = marks.map(|marks| BarColumns::new(made_marks, marks.interval));
    Ok(MarketHistory {
        candles: BarColumns::new(made, bars.interval)?.into(),
        start: market.start,
        mark: mark.transpose()?.map(Candles::from),
        funding: market.funding.clone(),
    })
}

/// The bar with its prices as far from `to` as they were from `base`. Division and product keep their order, so high and low still enclose the others.
fn moved(bar: Bar, base: f64, to: f64, open_time_ns: i64) -> Bar {
    let price = |price: f64| price / base * to;
    Bar {
        open_time_ns,
        open: price(bar.open),
        high: price(bar.high),
        low: price(bar.low),
        close: price(bar.close),
        volume: bar.volume,
    }
}

fn mark_of(marks: Option<Bars<'_>>, bars: Bars<'_>, row: usize) -> Option<Bar> {
    let marks = marks?;
    let found = marks.open_time_ns.binary_search(&bars.open_time_ns[row]);
    found.ok().map(|row| marks.bar(row))
}
