//! Which price of a bar an indicator reads.

use std::borrow::Cow;

use super::rows::Rows;

/// A price of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Open,
    High,
    Low,
    Close,
    Hl2,
    Hlc3,
    Ohlc4,
}

impl Source {
    /// Every name, in the order of the variants.
    pub(super) const NAMES: &[&str] = &["open", "high", "low", "close", "hl2", "hlc3", "ohlc4"];

    /// The source of that name.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "open" => Self::Open,
            "high" => Self::High,
            "low" => Self::Low,
            "close" => Self::Close,
            "hl2" => Self::Hl2,
            "hlc3" => Self::Hlc3,
            "ohlc4" => Self::Ohlc4,
            _ => panic!("the catalogue lets {name:?} through, which is no source"),
        }
    }

    /// The price of every row; a copy only where it must be computed.
    #[inline(always)]
    pub(super) fn of(self, rows: Rows<'_>) -> Cow<'_, [f64]> {
        let Rows {
            open,
            high,
            low,
            close,
            ..
        } = rows;
        let mean = |price: &dyn Fn(usize) -> f64| Cow::Owned((0..rows.len()).map(price).collect());
        match self {
            Self::Open => Cow::Borrowed(open),
            Self::High => Cow::Borrowed(high),
            Self::Low => Cow::Borrowed(low),
            Self::Close => Cow::Borrowed(close),
            Self::Hl2 => mean(&|i| f64::midpoint(high[i], low[i])),
            Self::Hlc3 => mean(&|i| (high[i] + low[i] + close[i]) / 3.0),
            Self::Ohlc4 => mean(&|i| (open[i] + high[i] + low[i] + close[i]) / 4.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Bar;

    #[test]
    fn each_name_reads_its_price() {
        let bar = Bar {
            open_time_ns: 0,
            open: 10.0,
            high: 16.0,
            low: 8.0,
            close: 12.0,
            volume: 1.0,
        };
        let expected = [10.0, 16.0, 8.0, 12.0, 12.0, 12.0, 11.5];
        for (name, price) in Source::NAMES.iter().zip(expected) {
            assert_eq!(*Source::named(name).of(Rows::from(&bar)), [price], "{name}");
        }
    }
}
