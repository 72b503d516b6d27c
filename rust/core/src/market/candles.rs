//! Candle columns that several holders share, each with its own stretch of rows.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use super::bars::{BarColumns, Bars};
use crate::stats::Backdrop;

/// Rows of shared candle columns; cheap to clone and to slice.
#[derive(Debug, Clone)]
pub struct Candles {
    shared: Arc<Shared>,
    rows: Range<usize>,
}

/// What all slices have in common.
#[derive(Debug)]
struct Shared {
    columns: BarColumns,
    /// The backdrop that was asked for last, and the rows that it is of.
    backdrop: Mutex<Option<(Range<usize>, Arc<Backdrop>)>>,
}

impl Candles {
    /// Number of candles.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no candle.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Rows `start` to `stop`, as far as there are such, sharing the columns.
    #[must_use]
    pub fn slice(&self, start: usize, stop: usize) -> Self {
        let stop = (self.rows.start + stop).min(self.rows.end);
        Self {
            shared: Arc::clone(&self.shared),
            rows: (self.rows.start + start).min(stop)..stop,
        }
    }

    /// The columns, borrowed.
    #[must_use]
    pub fn view(&self) -> Bars<'_> {
        let columns = self.shared.columns.view();
        columns.slice(self.rows.start, self.rows.end)
    }

    /// What the metrics of all runs over some of the rows have in common, kept for the next run; holding the market is their benchmark.
    ///
    /// # Panics
    /// When there are no such rows.
    #[must_use]
    pub fn backdrop(&self, rows: Range<usize>) -> Arc<Backdrop> {
        let bars = self.view().slice(rows.start, rows.end);
        let own_rows = self.rows.start + rows.start..self.rows.start + rows.end;
        // The lock is only tried: in a process that was forked while another thread held it, it stays locked.
        if let Ok(kept) = self.shared.backdrop.try_lock()
            && let Some((of, backdrop)) = &*kept
            && *of == own_rows
        {
            return Arc::clone(backdrop);
        }
        let backdrop = Arc::new(Backdrop::new(bars.open_time_ns, bars.close, bars.interval));
        if let Ok(mut kept) = self.shared.backdrop.try_lock() {
            *kept = Some((own_rows, Arc::clone(&backdrop)));
        }
        backdrop
    }
}

impl From<BarColumns> for Candles {
    fn from(columns: BarColumns) -> Self {
        let rows = 0..columns.view().len();
        let shared = Shared {
            columns,
            backdrop: Mutex::new(None),
        };
        Self {
            shared: Arc::new(shared),
            rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::RawColumns;

    fn days(count: u32) -> Candles {
        let mut raw = RawColumns::default();
        for day in 0..count {
            raw.open_time_ns.push(i64::from(day) * 86_400_000_000_000);
            let price = f64::from(100 + day * 7 % 5);
            raw.open.push(price);
            raw.high.push(price);
            raw.low.push(price);
            raw.close.push(price);
            raw.volume.push(1.0);
        }
        Candles::from(BarColumns::new(raw, "1d".parse().unwrap()).unwrap())
    }

    #[test]
    fn the_last_backdrop_is_kept_for_the_same_rows_of_any_slice() {
        let candles = days(50);
        let first = candles.backdrop(10..40);
        let slice = candles.slice(5, 45);
        assert!(Arc::ptr_eq(&first, &slice.backdrop(5..35)));
        let other = slice.backdrop(10..40);
        assert!(!Arc::ptr_eq(&first, &other));
        assert!(Arc::ptr_eq(&other, &candles.backdrop(15..45)));
    }
}
