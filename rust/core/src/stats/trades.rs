//! What closed trades say together.

use crate::ledger::Trade;
use crate::venue::HEDGE;

use super::block_sums::Sum;

/// Counts and sums over closed trades.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TradeSums {
    pub total: usize,
    pub winning: usize,
    pub losing: usize,
    pub wins: Sum,
    pub losses: Sum,
    pub best: f64,
    pub worst: f64,
    pub holding_seconds: Sum,
    pub adverse: Sum,
    pub favourable: Sum,
    pub with_stop: usize,
    pub r_multiples: Sum,
    pub hedges: usize,
    pub hedge_profit: Sum,
}

impl TradeSums {
    pub fn of(trades: &[Trade]) -> Self {
        let mut sums = Self::default();
        for trade in trades {
            sums.take(trade);
        }
        sums
    }

    fn take(&mut self, trade: &Trade) {
        self.total += 1;
        if trade.profit > 0.0 {
            self.winning += 1;
            self.wins.add(trade.profit);
            self.best = self.best.max(trade.profit);
        } else if trade.profit < 0.0 {
            self.losing += 1;
            self.losses.add(trade.profit);
            self.worst = self.worst.min(trade.profit);
        }
        self.holding_seconds
            .add((trade.exit_time_ns - trade.entry_time_ns) as f64 / 1e9);
        self.adverse.add(trade.max_adverse_fraction);
        self.favourable.add(trade.max_favourable_fraction);
        if let Some(multiple) = r_multiple(trade) {
            self.with_stop += 1;
            self.r_multiples.add(multiple);
        }
        if trade.account == HEDGE {
            self.hedges += 1;
            self.hedge_profit.add(trade.profit);
        }
    }

    pub fn profit(&self) -> f64 {
        self.wins.value() + self.losses.value()
    }
}

/// Profit over what the initial stop put at risk.
fn r_multiple(trade: &Trade) -> Option<f64> {
    let risk = (trade.entry_price - trade.initial_stop?).abs() * trade.quantity;
    (risk > 0.0).then(|| trade.profit / risk)
}
