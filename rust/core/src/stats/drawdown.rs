//! Drawdown: how deep and how long the equity stood below its highest value before.

/// Follows a curve block by block; only blocks that can change the answer are read point by point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawdown<'a> {
    close_time_ns: Closes<'a>,
    peak: f64,
    /// Row of the peak; −1 is the initial balance.
    peak_row: isize,
    /// Deepest fall as a fraction of its peak.
    pub fraction: f64,
    /// Deepest fall as an amount.
    pub amount: f64,
    longest_ns: i64,
}

/// Times of the points.
#[derive(Debug, Clone, Copy)]
struct Closes<'a> {
    open_time_ns: &'a [i64],
    interval_ns: i64,
}

impl Closes<'_> {
    /// From the point at row `from` to that at row `to`.
    fn between(&self, from: isize, to: isize) -> i64 {
        match usize::try_from(from) {
            Ok(from) => self.open_time_ns[to.cast_unsigned()] - self.open_time_ns[from],
            Err(_) => {
                self.open_time_ns[to.cast_unsigned()] - self.open_time_ns[0] + self.interval_ns
            }
        }
    }
}

impl<'a> Drawdown<'a> {
    pub fn new(initial_balance: f64, open_time_ns: &'a [i64], interval_ns: i64) -> Self {
        Self {
            close_time_ns: Closes {
                open_time_ns,
                interval_ns,
            },
            peak: initial_balance,
            peak_row: -1,
            fraction: 0.0,
            amount: 0.0,
            longest_ns: 0,
        }
    }

    /// Takes the points from `row` on, whose lowest and highest are known.
    pub fn take(&mut self, row: usize, values: &[f64], low: f64, high: f64) {
        let row = row.cast_signed();
        if high < self.peak {
            self.fall_to(low);
        } else if low == self.peak && high == self.peak {
            self.rise_to(row, high);
            self.peak_row = row + values.len().cast_signed() - 1;
        } else if 1.0 - low / high > self.fraction || high - low > self.amount {
            self.walk(row, values, Self::fall_to);
        } else {
            // Even its lowest point below its highest would be no new depth.
            self.walk(row, values, |_, _| {});
        }
    }

    /// Longest time below a peak, once all points are taken.
    pub fn longest_ns(&self, points: usize) -> i64 {
        let last = points.cast_signed() - 1;
        if last > self.peak_row {
            self.longest_ns
                .max(self.close_time_ns.between(self.peak_row, last))
        } else {
            self.longest_ns
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "one loop for each kind of fall")]
    fn walk(&mut self, row: isize, values: &[f64], fall: impl Fn(&mut Self, f64)) {
        for (row, value) in (row..).zip(values) {
            if *value >= self.peak {
                self.rise_to(row, *value);
            } else {
                fall(self, *value);
            }
        }
    }

    fn rise_to(&mut self, row: isize, value: f64) {
        if row - self.peak_row > 1 {
            self.longest_ns = self
                .longest_ns
                .max(self.close_time_ns.between(self.peak_row, row));
        }
        self.peak = value;
        self.peak_row = row;
    }

    fn fall_to(&mut self, value: f64) {
        self.fraction = self.fraction.max(1.0 - value / self.peak);
        self.amount = self.amount.max(self.peak - value);
    }
}
