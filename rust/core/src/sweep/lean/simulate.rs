//! From verdicts to fills, trades and the equity of every bar: the same arithmetic in the same order as strategies, venue and ledger together.
//!
//! What happens seldom is left to the general engine: where a liquidation might come in, the simulation gives up (`None`).

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

use std::ops::Range;

use super::entry::Order;
use super::guard::{Guard, Met};
use super::leg::Leg;
use super::terms::{Terms, side_of};
use super::traded::{LANES, Traded};
use super::verdict::Verdict;
use crate::indicators::simd::{Work, fetch_ahead};
use crate::ledger::Trade;
use crate::venue::{Purpose, Side};

/// Verdicts whose bars are fetched during a holding, counted from the one that may end it: those of an exit and the entry after it.
const VERDICTS_AHEAD: Range<usize> = 4..6;

/// What a simulation writes, kept from one set of parameters to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Equity at each close.
    pub(super) equity: Vec<f64>,
    pub(super) trades: Vec<Trade>,
    /// Profits of the closed main trades, where they decide the size.
    pub(super) profits: Vec<f64>,
}

impl Scratch {
    /// Equity at each close of the last simulation.
    #[must_use]
    pub fn equity(&self) -> &[f64] {
        &self.equity
    }

    /// Trades of the last simulation, in the order in which they ended.
    #[must_use]
    pub fn trades(&self) -> &[Trade] {
        &self.trades
    }
}

/// Totals of a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Totals {
    pub(super) exposed_bars: usize,
    pub(super) traded_notional: f64,
    pub(super) fees_paid: f64,
    /// Funding of the positions that stand at the end.
    pub(super) standing_funding: f64,
}

/// What follows a decision to close.
struct Closing {
    purpose: Purpose,
    then: Option<Order>,
}

/// What became of a held position.
enum Held {
    /// It closed inside the bar before this row, which the flat strategy may still decide on.
    Ended(usize),
    /// It closes at the open of this row.
    Closes(usize, Closing),
    /// It stands at the end.
    Stands,
}

/// One set of parameters over the traded bars.
pub(super) struct Simulation<'a> {
    pub(super) traded: &'a Traded<'a>,
    pub(super) terms: &'a Terms<'a>,
    pub(super) verdicts: &'a [Verdict],
    pub(super) scratch: &'a mut Scratch,
    pub(super) main: Leg,
    pub(super) hedge: Leg,
    pub(super) guard: Guard,
    /// The next verdict, and the next funding payment.
    pub(super) next: usize,
    pub(super) next_funding: usize,
    /// Fills that took liquidity, by which random slippage is drawn.
    pub(super) fills_taken: u64,
    pub(super) totals: Totals,
}

impl Work for Simulation<'_> {
    type Output = Option<Totals>;

    #[inline(always)]
    fn run(mut self) -> Option<Totals> {
        let mut row = self.traded.start;
        let mut waiting: Option<Order> = None;
        loop {
            // No closure: it would be compiled for the narrow processor.
            let order = match waiting.take() {
                None => self.rest(&mut row),
                order => order,
            };
            let Some(order) = order else { break };
            if !self.open(&order, row)? {
                continue;
            }
            match self.hold(row)? {
                Held::Ended(next_row) => row = next_row,
                Held::Stands => break,
                Held::Closes(at, closing) => {
                    self.fund(at);
                    let open = self.traded.bars.open[at];
                    self.close(open, at, Met::Stop(closing.purpose))?;
                    row = at;
                    waiting = closing.then;
                }
            }
        }
        self.totals.standing_funding = 0.0;
        for leg in [&self.main, &self.hedge] {
            if leg.is_open() {
                self.totals.standing_funding += leg.funding;
            }
        }
        Some(self.totals)
    }
}

impl<'a> Simulation<'a> {
    pub fn new(
        traded: &'a Traded<'a>,
        terms: &'a Terms<'a>,
        verdicts: &'a [Verdict],
        scratch: &'a mut Scratch,
    ) -> Self {
        scratch.equity.clear();
        scratch.equity.reserve(traded.rows().len() + LANES);
        scratch.trades.clear();
        scratch.trades.reserve(verdicts.len() / 2);
        scratch.profits.clear();
        let [main, hedge] = terms.balances().map(|cash| Leg {
            cash,
            ..Leg::default()
        });
        Self {
            traded,
            terms,
            verdicts,
            scratch,
            main,
            hedge,
            guard: Guard::default(),
            next: 0,
            next_funding: 0,
            fills_taken: 0,
            totals: Totals::default(),
        }
    }

    pub(super) fn cash(&self) -> f64 {
        if self.terms.hedge.is_some() {
            self.main.cash + self.hedge.cash
        } else {
            self.main.cash
        }
    }

    /// Stays flat from `row` on until an entry is sent, which fills at the `row` left behind. `None`: at the end.
    #[inline(always)]
    fn rest(&mut self, row: &mut usize) -> Option<Order> {
        let end = self.traded.end();
        while let Some(verdict) = self.verdicts.get(self.next) {
            self.next += 1;
            let decided = verdict.row as usize;
            let side = side_of(verdict.direction);
            if !self.terms.allows(side) {
                continue;
            }
            if decided >= *row {
                self.stay_flat(decided + 1 - *row);
                *row = decided + 1;
            }
            let equity = self.cash();
            let price = self.traded.bars.close[decided];
            let order = self.order(side, verdict.confidence, equity, price, false);
            if *row == end {
                return None;
            }
            if order.is_some() {
                return order;
            }
        }
        self.stay_flat(end - *row);
        *row = end;
        None
    }

    #[inline(always)]
    fn stay_flat(&mut self, bars: usize) {
        let row = self.traded.start + self.scratch.equity.len();
        self.traded.fetch_ahead(row..row + bars);
        let equity = self.cash();
        let length = self.scratch.equity.len() + bars;
        while self.scratch.equity.len() < length {
            self.scratch.equity.extend_from_slice(&[equity; LANES]);
        }
        self.scratch.equity.truncate(length);
    }

    /// Follows the position that opened at `row` until it ends.
    #[inline(always)]
    fn hold(&mut self, entered: usize) -> Option<Held> {
        let end = self.traded.end();
        let long = self.main.is_long();
        self.look_ahead();
        let opposite = self.opposite_verdict(entered, long);
        let decided = opposite.map_or(usize::MAX, |verdict| verdict.row as usize);
        let due = self.due_row(entered);
        let last = decided.min(due);
        let moving = self.terms.levels.move_with_price();
        let trailing = !self.terms.levels.trail.is_nan();
        let mut row = entered;
        loop {
            let funded = self.next_funding_row(row);
            let limit = last.saturating_add(1).min(end).min(funded);
            while row < limit {
                let touched = if trailing {
                    row
                } else {
                    let (low, high) = self.band(long);
                    let found = self.traded.first_outside(row, limit, low, high);
                    let touched = found.unwrap_or(limit);
                    self.pass(row, touched);
                    touched
                };
                row = touched;
                if row < limit {
                    if self.play(row, moving)? {
                        self.skip_verdicts(row);
                        return Some(Held::Ended(row + 1));
                    }
                    row += 1;
                }
            }
            if row == end {
                return Some(Held::Stands);
            }
            if row == last.saturating_add(1) {
                break;
            }
            self.fund(row);
        }
        let purpose = if due <= decided {
            Purpose::HoldingTime
        } else {
            Purpose::OppositeSignal
        };
        let reversal = opposite.filter(|_| decided < due);
        let then = reversal.and_then(|verdict| self.reverse(verdict));
        self.skip_verdicts(row);
        Some(Held::Closes(row, Closing { purpose, then }))
    }

    #[inline(always)]
    fn reverse(&mut self, verdict: Verdict) -> Option<Order> {
        let side = side_of(verdict.direction);
        if !self.terms.allows(side) {
            return None;
        }
        let equity = *self.scratch.equity.last()?;
        let price = self.traded.bars.close[verdict.row as usize];
        self.order(side, verdict.confidence, equity, price, true)
    }

    /// The first verdict from the close of `row` on that ends the position.
    #[inline(always)]
    fn opposite_verdict(&mut self, row: usize, long: bool) -> Option<Verdict> {
        self.skip_verdicts(row);
        if !self.terms.strategy.exit_on_opposite {
            return None;
        }
        let ahead = self.verdicts[self.next..].iter();
        ahead
            .copied()
            .find(|verdict| (side_of(verdict.direction) == Side::Buy) != long)
    }

    /// Has the cache fetch the bars in which verdicts some way ahead are acted on.
    #[inline(always)]
    fn look_ahead(&self) {
        for ahead in VERDICTS_AHEAD {
            if let Some(verdict) = self.verdicts.get(self.next + ahead) {
                let row = verdict.row as usize + 1;
                let bars = &self.traded.bars;
                fetch_ahead(bars.open, row);
                fetch_ahead(bars.open_time_ns, row);
            }
        }
    }

    /// Leaves the verdicts before the close of `row` behind.
    #[inline(always)]
    fn skip_verdicts(&mut self, row: usize) {
        while self
            .verdicts
            .get(self.next)
            .is_some_and(|verdict| (verdict.row as usize) < row)
        {
            self.next += 1;
        }
    }

    /// The row at whose close the position has been held for its longest time.
    #[inline(always)]
    fn due_row(&self, entered: usize) -> usize {
        let Some(longest) = self.terms.strategy.max_holding_ns else {
            return usize::MAX;
        };
        let opened = self.main.opened_ns;
        let interval = self.traded.bars.interval.ns();
        let times = &self.traded.bars.open_time_ns[entered..];
        let early = |time: &i64| time + interval - opened < longest;
        entered + times.partition_point(early)
    }
}
