//! Buying everything at the start and holding it, as the line a strategy is compared with.

use std::borrow::Cow;

use crate::market::Bars;

/// Value of the markets in equal parts at each of `open_time_ns`: closes of one market, else the mean of their growth.
///
/// A part is in cash until its market's first bar; between bars the last close stands.
#[must_use]
pub fn buy_and_hold<'a>(open_time_ns: &[i64], markets: &[Bars<'a>]) -> Cow<'a, [f64]> {
    if let [only] = markets
        && only.len() == open_time_ns.len()
    {
        return Cow::Borrowed(only.close);
    }
    let mut value = vec![0.0; open_time_ns.len()];
    let share = 1.0 / markets.len() as f64;
    for bars in markets {
        let mut next = 0;
        let mut growth = 1.0;
        for (value, time) in value.iter_mut().zip(open_time_ns) {
            while next < bars.len() && bars.open_time_ns[next] <= *time {
                growth = bars.close[next] / bars.close[0];
                next += 1;
            }
            *value += share * growth;
        }
    }
    Cow::Owned(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{BarColumns, RawColumns};

    fn columns(open_time_ns: Vec<i64>, close: Vec<f64>) -> BarColumns {
        let raw = RawColumns {
            volume: vec![1.0; close.len()],
            open: close.clone(),
            high: close.clone(),
            low: close.clone(),
            open_time_ns,
            close,
        };
        BarColumns::new(raw, "1s".parse().unwrap()).unwrap()
    }

    #[test]
    fn one_market_is_its_closes() {
        let market = columns(vec![0, 1], vec![5.0, 6.0]);
        assert_eq!(
            buy_and_hold(&[0, 1], &[market.view()]),
            Cow::Borrowed(&[5.0, 6.0][..])
        );
    }

    #[test]
    fn several_markets_grow_in_equal_parts_from_their_first_bars() {
        let early = columns(vec![0, 1, 3], vec![10.0, 20.0, 5.0]);
        let late = columns(vec![2, 3], vec![1.0, 4.0]);
        let value = buy_and_hold(&[0, 1, 2, 3], &[early.view(), late.view()]);
        assert_eq!(&*value, &[1.0, 1.5, 1.5, 2.25]);
    }
}
