//! Candle columns that several holders share, each with its own stretch of rows.

use std::ops::Range;
use std::sync::Arc;

use super::bars::{BarColumns, Bars};

/// Rows of shared candle columns; cheap to clone and to slice.
#[derive(Debug, Clone)]
pub struct Candles {
    columns: Arc<BarColumns>,
    rows: Range<usize>,
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
            columns: Arc::clone(&self.columns),
            rows: (self.rows.start + start).min(stop)..stop,
        }
    }

    /// The columns, borrowed.
    #[must_use]
    pub fn view(&self) -> Bars<'_> {
        self.columns.view().slice(self.rows.start, self.rows.end)
    }
}

impl From<BarColumns> for Candles {
    fn from(columns: BarColumns) -> Self {
        let rows = 0..columns.view().len();
        Self {
            columns: Arc::new(columns),
            rows,
        }
    }
}
