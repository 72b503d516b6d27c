//! An equity that is all in or all out: constant time for a trade and a block, no equity curve.

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

use super::growth::{BLOCK, Growth, Range};
use super::terms::Terms;
use super::traded::Traded;
use super::verdict::Verdict;
use crate::signals::Direction;

/// Metrics of a holder in the order of [`BRIEF_METRICS`]; NaN where undefined.
pub type Brief = [f64; BRIEF_METRICS.len()];

/// Names of the metrics that a holder knows.
pub const BRIEF_METRICS: [&str; 8] = [
    "final_equity",
    "net_profit",
    "total_return",
    "annualized_volatility",
    "sharpe_ratio",
    "max_drawdown",
    "exposure",
    "total_trades",
];

/// Holdings so far.
#[derive(Debug, Clone, Copy)]
pub struct Holder {
    initial_balance: f64,
    /// Cash when out, units when in.
    amount: f64,
    /// Row at whose open it went in.
    entered: Option<u32>,
    sum: f64,
    squares: f64,
    peak: f64,
    /// What an equity at the deepest drawdown so far is of its peak.
    kept: f64,
    /// Equity below which the drawdown is a new deepest.
    floor: f64,
    trades: u32,
    exposed_bars: u32,
}

impl Holder {
    /// With the cash of the start.
    #[must_use]
    pub fn new(cash: f64) -> Self {
        Self {
            initial_balance: cash,
            amount: cash,
            entered: None,
            sum: 0.0,
            squares: 0.0,
            peak: cash,
            kept: 1.0,
            floor: cash,
            trades: 0,
            exposed_bars: 0,
        }
    }

    #[inline(always)]
    pub(super) const fn is_in(&self) -> bool {
        self.entered.is_some()
    }

    /// Goes in at the open of `row`.
    #[inline(always)]
    pub(super) fn enter(&mut self, growth: &Growth, row: u32) {
        let turn = &growth.enter[row as usize];
        self.amount *= turn.factor;
        self.sum += turn.sum;
        self.squares += turn.squares;
        self.entered = Some(row);
    }

    /// Goes out at the open of `row`.
    #[inline(always)]
    pub(super) fn leave(&mut self, growth: &Growth, closes: &[f64], row: u32) {
        let Some(entered) = self.entered.take() else {
            return;
        };
        // Most holdings bring neither a new peak nor a new depth, and a wider look is enough to see that.
        let range = growth.around(entered as usize, row as usize);
        if self.amount * range.high > self.peak || self.amount * range.low < self.floor {
            self.pass(growth, closes, entered as usize, row as usize);
        }
        let turn = &growth.leave[row as usize];
        self.amount *= turn.factor;
        self.sum += turn.sum;
        self.squares += turn.squares;
        self.see(self.amount);
        self.trades += 1;
        self.exposed_bars += row - entered;
    }

    /// Follows verdicts from first to last.
    pub(super) fn follow(&mut self, growth: &Growth, traded: &Traded<'_>, verdicts: &[Verdict]) {
        let closes = traded.bars.close;
        let last = traded.end() - 1;
        for verdict in verdicts.iter().filter(|v| (v.row as usize) < last) {
            match verdict.direction {
                Direction::Buy if !self.is_in() => self.enter(growth, verdict.row + 1),
                Direction::Sell => self.leave(growth, closes, verdict.row + 1),
                Direction::Buy => {}
            }
        }
    }

    /// Takes the equity at one close into peak and drawdown.
    #[inline(always)]
    fn see(&mut self, equity: f64) {
        if equity > self.peak {
            self.peak = equity;
            self.floor = equity * self.kept;
        } else if equity < self.floor {
            self.floor = equity;
            self.kept = equity / self.peak;
        }
    }

    /// Takes the closes of rows `from..to` of a holding into peak and drawdown.
    #[inline(never)]
    fn pass(&mut self, growth: &Growth, closes: &[f64], from: usize, to: usize) {
        let (first, last) = (from / BLOCK, (to - 1) / BLOCK);
        if first == last {
            let mut range = Range::of(closes[from]);
            for close in &closes[from + 1..to] {
                range.low = if *close < range.low {
                    *close
                } else {
                    range.low
                };
                range.high = if *close > range.high {
                    *close
                } else {
                    range.high
                };
            }
            self.see_range(range, &closes[from..to]);
            return;
        }
        let seam = (first + 1) * BLOCK;
        self.see_range(growth.extremes[from].from, &closes[from..seam]);
        for block in first + 1..last {
            let rows = block * BLOCK..(block + 1) * BLOCK;
            self.see_range(growth.blocks[block], &closes[rows]);
        }
        self.see_range(growth.extremes[to - 1].until, &closes[last * BLOCK..to]);
    }

    /// The drawdown over a stretch is that of its lowest point, unless the peak rises in it; then only the order of its points tells,
    /// which is asked only if its lowest below its highest would be a new deepest.
    #[inline(always)]
    fn see_range(&mut self, range: Range, closes: &[f64]) {
        let (low, high) = (self.amount * range.low, self.amount * range.high);
        if high <= self.peak {
            if low < self.floor {
                self.see(low);
            }
        } else if low < high * self.kept {
            self.walk(closes);
        } else {
            self.see(high);
        }
    }

    #[inline(never)]
    fn walk(&mut self, closes: &[f64]) {
        for close in closes {
            self.see(self.amount * close);
        }
    }

    /// What the holdings come to at the last close; `None` when differences of sums have cost too many digits.
    pub(super) fn metrics(mut self, growth: &Growth, traded: &Traded<'_>) -> Option<Brief> {
        let (start, end) = (traded.start, traded.end());
        let closes = traded.bars.close;
        let [market_sum, market_squares] = growth.sums[end - 1];
        if let Some(entered) = self.entered {
            self.pass(growth, closes, entered as usize, end);
            self.amount *= closes[end - 1];
            self.sum += market_sum;
            self.squares += market_squares;
            self.exposed_bars += narrow(end) - entered;
        }
        let n = (end - start) as f64;
        let turns = f64::from(self.trades + u32::from(self.entered.is_some()));
        let (mut volatility, mut sharpe) = (f64::NAN, f64::NAN);
        if turns > 0.0 && n > 1.0 {
            let mean = self.sum / n;
            let central = self.squares - n * mean * mean;
            if turns * market_squares > MOST_LOSS * self.squares || central < self.squares / 16.0 {
                return None;
            }
            let deviation = (central / (n - 1.0)).sqrt();
            let root = traded.bars.interval.per_year().sqrt();
            volatility = deviation * root;
            sharpe = mean / deviation * root;
        }
        Some([
            self.amount,
            self.amount - self.initial_balance,
            self.amount / self.initial_balance - 1.0,
            volatility,
            sharpe,
            1.0 - self.kept,
            f64::from(self.exposed_bars) / n,
            f64::from(self.trades),
        ])
    }
}

/// Most turns times the market's over the holdings' sum of squares: a look-up is good to an ulp of the market's running sum, and a
/// turn takes two, so that 4000 are less than 1e-12.
const MOST_LOSS: f64 = 4000.0;

#[expect(clippy::cast_possible_truncation, reason = "rows fit in 32 bits")]
const fn narrow(row: usize) -> u32 {
    row as u32
}

/// Holds what `verdicts` say, and measures it; `None` when all metrics have to be computed for these.
#[must_use]
pub fn brief(
    growth: &Growth,
    traded: &Traded<'_>,
    terms: &Terms<'_>,
    verdicts: &[Verdict],
) -> Option<Brief> {
    let mut holder = Holder::new(terms.initial_balance);
    holder.follow(growth, traded, verdicts);
    holder.metrics(growth, traded)
}
