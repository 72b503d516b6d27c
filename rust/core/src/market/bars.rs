//! Candles as columns, checked once when they enter the core.

use super::extremes::{BlockColumns, Blocks};
use super::interval::Interval;
use crate::error::{Error, Result};
use crate::indicators::simd::fetch_ahead;

/// One closed candle, stamped with its open time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// UTC nanoseconds since the epoch at which the bar opened.
    pub open_time_ns: i64,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Base units traded.
    pub volume: f64,
}

impl Bar {
    /// Lets a trade join a bar that is being built, or begin it at `open_time_ns`.
    pub fn join(forming: &mut Option<Self>, open_time_ns: i64, price: f64, size: f64) {
        let bar = forming.get_or_insert(Self {
            open_time_ns,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: 0.0,
        });
        bar.high = bar.high.max(price);
        bar.low = bar.low.min(price);
        bar.close = price;
        bar.volume += size;
    }

    /// Checks that prices are finite and positive, that high and low enclose open and close, and that volume is not negative.
    ///
    /// # Errors
    /// [`Error::Data`] naming the column, `row` and the value.
    pub fn check(&self, row: usize) -> Result<()> {
        let prices = [
            ("open", self.open),
            ("high", self.high),
            ("low", self.low),
            ("close", self.close),
        ];
        for (column, price) in prices {
            if !(price.is_finite() && price > 0.0) {
                return Err(Error::data(
                    column,
                    row,
                    price,
                    "price must be finite and positive",
                ));
            }
        }
        if !(self.volume.is_finite() && self.volume >= 0.0) {
            return Err(Error::data(
                "volume",
                row,
                self.volume,
                "volume must be finite and not negative",
            ));
        }
        if self.high < self.open.max(self.close) {
            return Err(Error::data(
                "high",
                row,
                self.high,
                "high must be at least open, close and low",
            ));
        }
        if self.low > self.open.min(self.close) {
            return Err(Error::data(
                "low",
                row,
                self.low,
                "low must be at most open, close and high",
            ));
        }
        Ok(())
    }
}

/// Borrowed candle columns of one market, oldest first. Made by [`BarColumns::view`], so they are checked.
#[derive(Debug, Clone, Copy)]
pub struct Bars<'a> {
    /// Open times in UTC nanoseconds, strictly increasing.
    pub open_time_ns: &'a [i64],
    /// Open prices.
    pub open: &'a [f64],
    /// High prices.
    pub high: &'a [f64],
    /// Low prices.
    pub low: &'a [f64],
    /// Close prices.
    pub close: &'a [f64],
    /// Base units traded.
    pub volume: &'a [f64],
    /// Length of each bar.
    pub interval: Interval,
    /// Extremes of blocks of bars.
    pub(crate) blocks: Blocks<'a>,
}

impl<'a> Bars<'a> {
    /// Number of bars.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.open_time_ns.len()
    }

    /// Whether there is no bar.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.open_time_ns.is_empty()
    }

    /// The bar at `row`.
    #[must_use]
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "made where it is wanted: a copy of what was just written waits until it is in the cache"
    )]
    pub fn bar(&self, row: usize) -> Bar {
        Bar {
            open_time_ns: self.open_time_ns[row],
            open: self.open[row],
            high: self.high[row],
            low: self.low[row],
            close: self.close[row],
            volume: self.volume[row],
        }
    }

    /// Has the cache fetch the bar at `row`, if there is one: the columns that scans over prices do not come by.
    pub(crate) fn fetch_ahead(&self, row: usize) {
        fetch_ahead(self.open_time_ns, row);
        fetch_ahead(self.open, row);
        fetch_ahead(self.volume, row);
    }

    /// Rows `start..stop`.
    #[must_use]
    #[inline]
    pub fn slice(&self, start: usize, stop: usize) -> Bars<'a> {
        Bars {
            open_time_ns: &self.open_time_ns[start..stop],
            open: &self.open[start..stop],
            high: &self.high[start..stop],
            low: &self.low[start..stop],
            close: &self.close[start..stop],
            volume: &self.volume[start..stop],
            interval: self.interval,
            blocks: self.blocks.from(start),
        }
    }
}

/// Owned candle columns of one market, checked at construction.
#[derive(Debug, Clone, PartialEq)]
pub struct BarColumns {
    open_time_ns: Vec<i64>,
    open: Vec<f64>,
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
    volume: Vec<f64>,
    interval: Interval,
    blocks: BlockColumns,
}

/// Columns on their way into a [`BarColumns`], by name so that none can be swapped for another.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawColumns {
    /// Open times in UTC nanoseconds.
    pub open_time_ns: Vec<i64>,
    /// Open prices.
    pub open: Vec<f64>,
    /// High prices.
    pub high: Vec<f64>,
    /// Low prices.
    pub low: Vec<f64>,
    /// Close prices.
    pub close: Vec<f64>,
    /// Base units traded.
    pub volume: Vec<f64>,
}

impl RawColumns {
    /// Adds a bar at the end.
    pub fn push(&mut self, bar: &Bar) {
        self.open_time_ns.push(bar.open_time_ns);
        self.open.push(bar.open);
        self.high.push(bar.high);
        self.low.push(bar.low);
        self.close.push(bar.close);
        self.volume.push(bar.volume);
    }
}

impl BarColumns {
    /// Takes the columns over after checking lengths, order of time and every bar.
    ///
    /// # Errors
    /// [`Error::Length`] or [`Error::Data`] naming the first offence.
    pub fn new(raw: RawColumns, interval: Interval) -> Result<Self> {
        let rows = raw.open_time_ns.len();
        for (column, values) in [
            ("open", &raw.open),
            ("high", &raw.high),
            ("low", &raw.low),
            ("close", &raw.close),
            ("volume", &raw.volume),
        ] {
            if values.len() != rows {
                return Err(Error::Length {
                    column: column.to_owned(),
                    length: values.len(),
                    expected: rows,
                });
            }
        }
        let columns = Self {
            blocks: BlockColumns::of(&raw.low, &raw.high, &raw.volume),
            open_time_ns: raw.open_time_ns,
            open: raw.open,
            high: raw.high,
            low: raw.low,
            close: raw.close,
            volume: raw.volume,
            interval,
        };
        let view = columns.view();
        for row in 0..rows {
            view.bar(row).check(row)?;
            if row > 0 && view.open_time_ns[row] <= view.open_time_ns[row - 1] {
                return Err(Error::data(
                    "open_time",
                    row,
                    view.open_time_ns[row],
                    "open times must strictly increase",
                ));
            }
        }
        Ok(columns)
    }

    /// The columns, borrowed.
    #[must_use]
    pub fn view(&self) -> Bars<'_> {
        Bars {
            open_time_ns: &self.open_time_ns,
            open: &self.open,
            high: &self.high,
            low: &self.low,
            close: &self.close,
            volume: &self.volume,
            interval: self.interval,
            blocks: self.blocks.view(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw() -> RawColumns {
        RawColumns {
            open_time_ns: vec![0, 60_000_000_000],
            open: vec![10.0, 11.0],
            high: vec![12.0, 12.0],
            low: vec![9.0, 10.0],
            close: vec![11.0, 10.5],
            volume: vec![1.0, 0.0],
        }
    }

    fn minute() -> Interval {
        "1m".parse().unwrap()
    }

    #[test]
    fn good_columns_are_taken() {
        let columns = BarColumns::new(raw(), minute()).unwrap();
        assert_eq!(columns.view().len(), 2);
        assert_eq!(columns.view().bar(1).close, 10.5);
    }

    #[test]
    fn each_defect_names_column_and_row() {
        type Spoil = fn(&mut RawColumns);
        let cases: [(Spoil, &str); 6] = [
            (|c| c.open[1] = f64::NAN, "column open, row 1"),
            (|c| c.close[0] = f64::INFINITY, "column close, row 0"),
            (|c| c.high[1] = 10.9, "column high, row 1"),
            (|c| c.low[1] = 10.6, "column low, row 1"),
            (|c| c.volume[0] = -1.0, "column volume, row 0"),
            (|c| c.open_time_ns[1] = 0, "column open_time, row 1"),
        ];
        for (spoil, place) in cases {
            let mut columns = raw();
            spoil(&mut columns);
            let message = BarColumns::new(columns, minute()).unwrap_err().to_string();
            assert!(message.starts_with(place), "{message}");
        }
    }

    #[test]
    fn unequal_lengths_are_refused() {
        let mut columns = raw();
        columns.volume.pop();
        let message = BarColumns::new(columns, minute()).unwrap_err().to_string();
        assert_eq!(message, "column volume has 1 rows, expected 2");
    }
}
