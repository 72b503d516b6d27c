//! The columns that indicators read: prices and volume, without times.

use crate::market::{Bar, Bars};

/// Rows of bars, oldest first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) open: &'a [f64],
    pub(super) high: &'a [f64],
    pub(super) low: &'a [f64],
    pub(super) close: &'a [f64],
    pub(super) volume: &'a [f64],
}

impl Rows<'_> {
    pub(super) const fn len(&self) -> usize {
        self.close.len()
    }

    /// The rows in pieces of at most `size`, one of which begins at row `at`; each with its first row.
    pub(super) fn chunks(self, size: usize, at: usize) -> impl Iterator<Item = (usize, Self)> {
        let first = at % size;
        let starts = (0..first.min(1).min(self.len())).chain((first..self.len()).step_by(size));
        starts.map(move |start| {
            let end = self
                .len()
                .min(if start < first { first } else { start + size });
            let part = Self {
                open: &self.open[start..end],
                high: &self.high[start..end],
                low: &self.low[start..end],
                close: &self.close[start..end],
                volume: &self.volume[start..end],
            };
            (start, part)
        })
    }
}

impl<'a> From<Bars<'a>> for Rows<'a> {
    fn from(bars: Bars<'a>) -> Self {
        Self {
            open: bars.open,
            high: bars.high,
            low: bars.low,
            close: bars.close,
            volume: bars.volume,
        }
    }
}

/// One row.
impl<'a> From<&'a Bar> for Rows<'a> {
    fn from(bar: &'a Bar) -> Self {
        let [open, high, low, close, volume] =
            [&bar.open, &bar.high, &bar.low, &bar.close, &bar.volume].map(std::slice::from_ref);
        Self {
            open,
            high,
            low,
            close,
            volume,
        }
    }
}
