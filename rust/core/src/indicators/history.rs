//! The newest values of a line, in one piece.

/// Keeps at least so many values; older ones are dropped now and then, so that a value costs the same on average.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct History {
    kept: usize,
    values: Vec<f64>,
}

impl History {
    pub(super) fn new(kept: usize) -> Self {
        Self {
            kept,
            values: Vec::new(),
        }
    }

    /// Values that are there: all that were taken, or at least as many as are kept.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Takes the next values.
    #[inline(always)]
    pub(super) fn extend(&mut self, values: &[f64]) {
        const WORTH_DROPPING: usize = 32;
        let dropped = self.values.len().saturating_sub(self.kept);
        if dropped >= self.kept.max(WORTH_DROPPING) {
            self.values.copy_within(dropped.., 0);
            self.values.truncate(self.kept);
        }
        self.values.extend_from_slice(values);
    }

    /// Begins anew with values that are as many as are kept.
    #[inline(always)]
    pub(super) fn restart(&mut self, values: &[f64]) {
        self.values.clear();
        self.values.extend_from_slice(values);
    }

    /// `count` values, the last of them `back` before the newest; none if there are not so many.
    #[inline(always)]
    pub(super) fn back(&self, back: usize, count: usize) -> &[f64] {
        let stop = self.values.len().saturating_sub(back);
        &self.values[stop.saturating_sub(count)..stop]
    }
}
