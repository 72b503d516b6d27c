//! Bars in another order: the same moves, without whatever their order had to say (the bar permutation of Masters 2018).

use super::bars::{Bar, BarColumns, Bars, RawColumns};
use crate::error::Result;
use crate::random::Draw;

/// The bars from row `start` on in random order, with the mark candles that go with them; earlier bars, and the first of all, stay.
///
/// Open, high, low and close relative to the close before, the volume and the mark candle move together, so that the whole way of the price
/// stays as it is (to rounding). Times stay where they are. Equally many bars are put in the same order by the same seed.
///
/// # Errors
/// [`crate::Error::Data`] when a price of the new order is too large or too small for a number.
pub fn permuted(
    bars: Bars<'_>,
    marks: Option<Bars<'_>>,
    start: usize,
    seed: u64,
) -> Result<(BarColumns, Option<BarColumns>)> {
    // The first bar of all has no close before it.
    let first = start.max(1).min(bars.len());
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
    let mut close = first.checked_sub(1).map_or(0.0, |row| bars.close[row]);
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
    Ok((BarColumns::new(made, bars.interval)?, mark.transpose()?))
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

    fn history() -> BarColumns {
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
        BarColumns::new(raw, Interval::from_ns(HOUR_NS).unwrap()).unwrap()
    }

    fn permute(seed: u64) -> BarColumns {
        permuted(history().view(), None, START, seed).unwrap().0
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
        let (before, after) = (history(), permute(4));
        let (before, after) = (before.view(), after.view());
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
        // The mark candles are those of the first 150 bars themselves.
        let before = history();
        let marks = before.view().slice(0, 150);
        let (after, mark) = permuted(before.view(), Some(marks), START, 4).unwrap();
        let (bars, mark) = (after.view(), mark.unwrap());
        let expected = (0..ROWS).filter(|row| bars.volume[*row] < 150.0);
        let found: Vec<_> = (0..mark.view().len())
            .map(|row| mark.view().bar(row))
            .collect();
        assert_eq!(found, expected.map(|row| bars.bar(row)).collect::<Vec<_>>());
    }

    #[test]
    fn equal_seeds_give_equal_orders_and_others_another() {
        assert_eq!(permute(1), permute(1));
        assert_ne!(permute(1), permute(2));
    }

    #[test]
    fn short_histories_stay_as_they_are() {
        for rows in 0..=2 {
            let bars = history();
            let bars = bars.view().slice(0, rows);
            let (made, _) = permuted(bars, None, 0, 3).unwrap();
            assert_eq!(made.view().close.len(), rows);
            assert!(rows < 1 || made.view().bar(0) == bars.bar(0));
        }
    }
}
