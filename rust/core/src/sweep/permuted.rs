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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Interval;

    const HOUR_NS: i64 = 3_600_000_000_000;
    const ROWS: usize = 200;
    const START: usize = 20;

    fn history() -> MarketHistory {
        let mut draw = Draw::new(8);
        let mut raw = RawColumns::default();
        let mut close = 100.0;
        let mut number = |bound: usize| draw.below(bound) as f64;
        for row in 0..ROWS {
            let open = close + number(40) / 10.0;
            close = open * (0.97 + number(60) / 1e3);
            raw.push(&Bar {
                open_time_ns: i64::try_from(row).unwrap() * HOUR_NS,
                open,
                high: open.max(close) + number(30) / 10.0,
                low: open.min(close) * (1.0 - number(30) / 1e3),
                close,
                volume: row as f64,
            });
        }
        let candles =
            Candles::from(BarColumns::new(raw, Interval::from_ns(HOUR_NS).unwrap()).unwrap());
        MarketHistory {
            mark: Some(candles.slice(0, 150)),
            candles,
            start: START,
            funding: Vec::new(),
        }
    }

    /// Volume, which names the bar that a row came from, with open, high, low and close against the close before.
    fn relative(bars: Bars<'_>) -> Vec<(f64, [f64; 4])> {
        let mut rows: Vec<_> = (START..bars.len())
            .map(|row| {
                let (bar, base) = (bars.bar(row), bars.close[row - 1]);
                let prices = [bar.open, bar.high, bar.low, bar.close];
                (bar.volume, prices.map(|price| price / base))
            })
            .collect();
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        rows
    }

    #[test]
    fn bars_from_the_start_on_change_places_and_keep_their_shape() {
        let before = history();
        let after = permute(&before, 4).unwrap();
        let (before, after) = (before.candles.view(), after.candles.view());
        assert_eq!(after.open_time_ns, before.open_time_ns);
        assert_eq!(after.close[..START], before.close[..START]);
        assert_ne!(after.volume, before.volume);
        for (was, is) in relative(before).iter().zip(relative(after)) {
            assert_eq!(was.0, is.0);
            for (was, is) in was.1.iter().zip(is.1) {
                assert!((was - is).abs() < 1e-12);
            }
        }
        let last = ROWS - 1;
        assert!((after.close[last] / before.close[last] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_mark_candle_goes_with_its_bar() {
        let after = permute(&history(), 4).unwrap();
        let (bars, mark) = (after.candles.view(), after.mark.unwrap());
        // The mark candles were those of the first 150 bars themselves.
        let expected = (0..ROWS).filter(|row| bars.volume[*row] < 150.0);
        let found: Vec<_> = (0..mark.len()).map(|row| mark.view().bar(row)).collect();
        assert_eq!(found, expected.map(|row| bars.bar(row)).collect::<Vec<_>>());
    }

    #[test]
    fn equal_seeds_give_equal_orders_and_others_another() {
        let volumes = |seed| {
            permute(&history(), seed)
                .unwrap()
                .candles
                .view()
                .volume
                .to_vec()
        };
        assert_eq!(volumes(1), volumes(1));
        assert_ne!(volumes(1), volumes(2));
    }
}
