//! Bars in another order: the same moves, without whatever their order had to say.

use super::bars::{BarColumns, Bars, RawColumns};
use crate::error::Result;
use crate::random::{generator, shuffle};

/// One bar's prices over the close before it, and its volume.
struct Move {
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    volume: f64,
}

/// The bars with their moves shuffled. Open, high, low and close relative to the close before, and the volume, stay together;
/// times and the first bar stay where they are, so that the last close is the same up to rounding.
///
/// # Errors
/// [`crate::Error::Data`] when a price of the new order is too large or too small for a number.
pub fn permuted(bars: &Bars<'_>, seed: u64) -> Result<BarColumns> {
    let mut moves: Vec<Move> = (1..bars.len())
        .map(|row| {
            let before = bars.close[row - 1];
            Move {
                open: bars.open[row] / before,
                high: bars.high[row] / before,
                low: bars.low[row] / before,
                close: bars.close[row] / before,
                volume: bars.volume[row],
            }
        })
        .collect();
    shuffle(&mut generator(seed, 0), &mut moves);

    let first = |column: &[f64]| {
        let mut values = Vec::with_capacity(column.len());
        values.extend(column.first());
        values
    };
    let mut raw = RawColumns {
        open_time_ns: bars.open_time_ns.to_vec(),
        open: first(bars.open),
        high: first(bars.high),
        low: first(bars.low),
        close: first(bars.close),
        volume: first(bars.volume),
    };
    let mut before = bars.close.first().copied().unwrap_or_default();
    for change in moves {
        // Rounding keeps order, so that high and low still enclose open and close.
        raw.open.push(before * change.open);
        raw.high.push(before * change.high);
        raw.low.push(before * change.low);
        raw.volume.push(change.volume);
        before *= change.close;
        raw.close.push(before);
    }
    BarColumns::new(raw, bars.interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(rows: u32) -> BarColumns {
        let closes: Vec<f64> = (0..rows)
            .map(|row| 100.0 + 7.0 * f64::from(row).sin() + 0.1 * f64::from(row))
            .collect();
        BarColumns::new(
            RawColumns {
                open_time_ns: (0..i64::from(rows))
                    .map(|row| row * 60_000_000_000)
                    .collect(),
                open: closes.iter().map(|close| close * 1.001).collect(),
                high: closes.iter().map(|close| close * 1.003).collect(),
                low: closes.iter().map(|close| close * 0.996).collect(),
                volume: (0..rows).map(f64::from).collect(),
                close: closes,
            },
            "1m".parse().unwrap(),
        )
        .unwrap()
    }

    #[test]
    fn same_seed_same_bytes_and_another_seed_another_order() {
        let bars = bars(50);
        let once = permuted(&bars.view(), 4).unwrap();
        assert_eq!(once, permuted(&bars.view(), 4).unwrap());
        assert_ne!(once, permuted(&bars.view(), 5).unwrap());
        assert_ne!(once, bars);
    }

    #[test]
    fn times_first_bar_and_last_close_stay() {
        let bars = bars(200);
        let made = permuted(&bars.view(), 1).unwrap();
        let (old, new) = (bars.view(), made.view());
        assert_eq!(old.open_time_ns, new.open_time_ns);
        assert_eq!(old.bar(0), new.bar(0));
        assert!((old.close[199] / new.close[199] - 1.0).abs() < 1e-13);
    }

    #[test]
    fn a_move_keeps_its_prices_and_its_volume_together() {
        let bars = bars(60);
        let made = permuted(&bars.view(), 9).unwrap();
        let ratios = |bars: Bars<'_>, row: usize| {
            let before = bars.close[row - 1];
            [
                bars.open[row],
                bars.high[row],
                bars.low[row],
                bars.close[row],
            ]
            .map(|price| price / before)
        };
        let (old, new) = (bars.view(), made.view());
        let mut seen = [false; 60];
        for row in 1..60 {
            // In this history the volume is the number of the row the move came from.
            let from = (1..60)
                .find(|from| old.volume[*from] == new.volume[row])
                .unwrap();
            assert!(!std::mem::replace(&mut seen[from], true));
            for (was, is) in ratios(old, from).into_iter().zip(ratios(new, row)) {
                assert!((was - is).abs() < 1e-14, "row {row}");
            }
        }
    }

    #[test]
    fn short_histories_stay_as_they_are() {
        for rows in [0, 1, 2] {
            let bars = bars(rows);
            assert_eq!(
                permuted(&bars.view(), 3).unwrap().view().len(),
                rows as usize
            );
        }
    }
}
