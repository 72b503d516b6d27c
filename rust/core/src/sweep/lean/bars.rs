//! Bars of a held position: those in which nothing happens as a whole, those that reach a level one by one; and funding.

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

use super::guard::Met;
use super::simulate::Simulation;
use super::terms::ABSENT;
use crate::venue::Side;

impl Simulation<'_> {
    /// Prices between which nothing happens to the position.
    #[inline(always)]
    pub(super) fn band(&self, long: bool) -> (f64, f64) {
        let guard = &self.guard;
        let (mut low, mut high) = (0.0_f64, f64::INFINITY);
        if self.terms.is_bare && self.main.liquidation.is_none() {
            return (low, high);
        }
        // One that is absent bounds nothing.
        let mut bound = |falls: bool, level: f64| {
            if falls {
                low = if level > low { level } else { low };
            } else {
                high = if level < high { level } else { high };
            }
        };
        bound(long, guard.stop);
        bound(long, guard.trail);
        bound(long, guard.net);
        bound(long, self.main.liquidation.unwrap_or(ABSENT));
        bound(!long, guard.target);
        bound(!long, guard.break_even);
        bound(!long, self.hedge.liquidation.unwrap_or(ABSENT));
        (low, high)
    }

    /// Passes over bars in which nothing happens.
    #[inline(always)]
    pub(super) fn pass(&mut self, from: usize, to: usize) {
        if from == to {
            return;
        }
        self.traded.fetch_ahead(from..to);
        let base = self.cash();
        let (quantity, entry) = (self.main.quantity, self.main.entry_price);
        let equity = &mut self.scratch.equity;
        let (low, high) = if self.hedge.is_open() {
            let (other, other_entry) = (self.hedge.quantity, self.hedge.entry_price);
            self.traded.follow(from..to, equity, |close| {
                base + quantity * (close - entry) + other * (close - other_entry)
            })
        } else {
            let value = |close| base + quantity * (close - entry);
            self.traded.follow(from..to, equity, value)
        };
        self.main.saw(low, high);
        self.hedge.saw(low, high);
        self.totals.exposed_bars += to - from;
    }

    /// Plays one bar that reaches a level. Returns whether the position ended in it.
    #[inline(always)]
    pub(super) fn play(&mut self, row: usize, moving: bool) -> Option<bool> {
        let bars = self.traded.bars;
        let (open, close) = (bars.open[row], bars.close[row]);
        let (low, high) = (bars.low[row], bars.high[row]);
        let levels = &self.terms.levels;
        let on_touch = self.terms.rules.fill_on_touch;
        let long = self.main.is_long();
        let side = if long { Side::Buy } else { Side::Sell };
        if let Some(met) = self.guard.met_at_open(levels, side, open, on_touch) {
            return self.end(open, row, met);
        }
        if self.main.is_liquidated_at(open) || self.hedge.is_liquidated_at(open) {
            return None;
        }
        self.main.saw(open, open);
        self.hedge.saw(open, open);
        let (adverse, favourable) = if long { (low, high) } else { (high, low) };
        let stop = self.guard.first_stop(levels, side, open, adverse);
        if self.main.is_liquidated_at(adverse) {
            // A stop that lies nearer saves the position.
            let level = self.main.liquidation?;
            let (price, _) = stop?;
            if (open - level).abs() < (open - price).abs() {
                return None;
            }
        }
        if let Some((price, purpose)) = stop {
            return self.end(price, row, Met::Stop(purpose));
        }
        self.main.saw(adverse, adverse);
        if self.guard.takes_profit(side, favourable, on_touch) {
            return self.end(self.guard.target, row, Met::Target);
        }
        if self.hedge.is_liquidated_at(low) || self.hedge.is_liquidated_at(high) {
            return None;
        }
        self.main.saw(low, high);
        self.hedge.saw(low, high);
        if moving {
            self.guard.set(levels, side, &self.main);
            if let Some(purpose) = self.guard.stop_beyond(levels, side, close) {
                return self.end(close, row, Met::Stop(purpose));
            }
        }
        let mut equity = self.cash() + self.main.unrealised(close);
        if self.hedge.is_open() {
            equity += self.hedge.unrealised(close);
        }
        self.scratch.equity.push(equity);
        self.totals.exposed_bars += 1;
        Some(false)
    }

    /// Ends the position inside the bar at `row`.
    #[inline(always)]
    fn end(&mut self, at: f64, row: usize, met: Met) -> Option<bool> {
        self.close(at, row, met)?;
        let equity = self.cash();
        self.scratch.equity.push(equity);
        Some(true)
    }

    /// The first row after the one that has been opened at `row` at which funding is due.
    #[inline(always)]
    pub(super) fn next_funding_row(&self, row: usize) -> usize {
        let Some(payment) = self.traded.funding.get(self.next_funding) else {
            return usize::MAX;
        };
        let times = &self.traded.bars.open_time_ns[row..];
        row + times.partition_point(|time| *time < payment.time_ns)
    }

    /// Payments due at the open of `row` while nothing is held.
    #[inline(always)]
    pub(super) fn skip_funding(&mut self, row: usize) {
        let now = self.traded.bars.open_time_ns[row];
        let due = self.traded.funding[self.next_funding..].iter();
        self.next_funding += due.take_while(|payment| payment.time_ns <= now).count();
    }

    /// Books the payments due at the open of `row` on what is held.
    #[inline(always)]
    pub(super) fn fund(&mut self, row: usize) {
        let now = self.traded.bars.open_time_ns[row];
        while let Some(payment) = self.traded.funding.get(self.next_funding)
            && payment.time_ns <= now
        {
            self.next_funding += 1;
            let price = self.traded.bars.close[row - 1];
            for leg in [&mut self.main, &mut self.hedge] {
                if leg.is_open() {
                    leg.fund(price, payment.rate);
                }
            }
        }
    }
}
