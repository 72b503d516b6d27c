//! From verdicts to fills, trades and the equity of every bar: the same arithmetic in the same order as strategies, venue and ledger together.
//!
//! What happens seldom is left to the general engine: where a liquidation might come in, the simulation gives up (`None`).

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

use super::guard::{Guard, Met};
use super::leg::{Fill, Leg};
use super::terms::{Hedge, Terms, side_of};
use super::traded::Traded;
use super::verdict::Verdict;
use crate::indicators::simd::Work;
use crate::ledger::Trade;
use crate::plan::{EntrySize, SizingInput, entry_size};
use crate::risk::{Exposure, LossWatch, check_entry};
use crate::venue::{HEDGE, MAIN, Purpose, Side, SlippageModel, Taking, against};

/// Rounding slack of margins, as the venue's.
const SLACK: f64 = 1e-9;
/// A value is not cut to less than this fraction of what was asked, as at the venue.
const LEAST_CUT: f64 = 1e-3;

/// What a simulation writes, kept from one set of parameters to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Equity at each close.
    pub(super) equity: Vec<f64>,
    pub(super) trades: Vec<Trade>,
    /// Profits of the closed main trades, where they decide the size.
    profits: Vec<f64>,
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

/// An entry that waits for the next open.
#[derive(Debug, Clone, Copy)]
struct Order {
    side: Side,
    quantity: Amount,
    /// A value that could be carried when it was sent is cut to what is free.
    cut_to_free: bool,
    /// Loss of both legs at which they close.
    net_loss: Option<f64>,
}

#[derive(Debug, Clone, Copy)]
enum Amount {
    Quote(f64),
    Base(f64),
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
    traded: &'a Traded<'a>,
    terms: &'a Terms<'a>,
    verdicts: &'a [Verdict],
    scratch: &'a mut Scratch,
    main: Leg,
    hedge: Leg,
    guard: Guard,
    /// The next verdict, and the next funding payment.
    next: usize,
    next_funding: usize,
    /// Fills that took liquidity, by which random slippage is drawn.
    fills_taken: u64,
    totals: Totals,
}

impl Work for Simulation<'_> {
    type Output = Option<Totals>;

    #[inline(always)]
    fn run(mut self) -> Option<Totals> {
        let mut row = self.traded.start;
        let mut waiting: Option<Order> = None;
        loop {
            let Some(order) = waiting.take().or_else(|| self.rest(&mut row)) else {
                break;
            };
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
        scratch.equity.reserve(traded.end() - traded.start);
        scratch.trades.clear();
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

    fn cash(&self) -> f64 {
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
        let equity = self.cash();
        let length = self.scratch.equity.len() + bars;
        self.scratch.equity.resize(length, equity);
    }

    /// The entry that a verdict leads to at a close, if size and limits allow one. `reversing`: what is held is closing.
    #[inline(always)]
    fn order(
        &mut self,
        side: Side,
        confidence: f64,
        equity: f64,
        price: f64,
        reversing: bool,
    ) -> Option<Order> {
        let strategy = self.terms.strategy;
        let leverage = strategy.leverage;
        let input = SizingInput {
            equity,
            price,
            leverage,
            confidence,
            stop_fraction: self.terms.levels.stop,
            profits: &self.scratch.profits,
        };
        let mut size = entry_size(&strategy.sizing, &input).ok()?;
        if let (Some(hedge), EntrySize::Capital(capital), true) =
            (self.terms.hedge, size, reversing)
        {
            let main = self.main.equity(price) / (1.0 - hedge.ratio);
            let most = main.min(self.hedge.equity(price) / hedge.ratio);
            size = EntrySize::Capital(capital.min(most));
        }
        let main_share = self.terms.main_share();
        let capital = match size {
            EntrySize::Units(_) if self.terms.hedge.is_some() => size.capital(&input) / main_share,
            _ => size.capital(&input),
        };
        let exposure_share = self.terms.hedge.map_or(leverage, |hedge| {
            (1.0 - hedge.ratio) * leverage + hedge.ratio * hedge.leverage
        });
        // Whatever stands in the only market is closing, so that this entry is all there will be.
        let exposure = Exposure {
            equity,
            open_trades: 0,
            notional: 0.0,
            market_notional: 0.0,
        };
        let losses = LossWatch::new(self.terms.initial_balance);
        let notional = capital * exposure_share;
        check_entry(self.terms.limits, &exposure, &losses, notional).ok()?;
        if let (Some(hedge), false) = (self.terms.hedge, reversing) {
            self.balance_accounts(hedge.ratio);
        }
        let (quantity, amount) = match size {
            EntrySize::Capital(capital) => {
                let value = capital * main_share * leverage;
                (Amount::Quote(value), value)
            }
            EntrySize::Units(units) => (Amount::Base(units), units),
        };
        if !(amount.is_finite() && amount > 0.0) {
            return None;
        }
        let mut free = self.main.free();
        if reversing {
            free += self.main.margin + self.main.unrealised(price);
        }
        let net_loss_pct = self.terms.levels.net_loss_pct;
        Some(Order {
            side,
            quantity,
            cut_to_free: match quantity {
                Amount::Quote(value) => value / leverage <= free * (1.0 + SLACK),
                Amount::Base(_) => false,
            },
            net_loss: net_loss_pct.map(|pct| capital * pct / 100.0),
        })
    }

    /// Moves cash so that the hedge account holds its share.
    #[inline(always)]
    fn balance_accounts(&mut self, ratio: f64) {
        let (main, hedge) = (self.main.cash, self.hedge.cash);
        let excess = hedge - (main + hedge) * ratio;
        if excess > 0.0 {
            let movable = excess.min(hedge);
            if movable > 0.0 {
                self.hedge.cash -= movable;
                self.main.cash += movable;
            }
        } else {
            let movable = excess.abs().min(main);
            if movable > 0.0 {
                self.main.cash -= movable;
                self.hedge.cash += movable;
            }
        }
    }

    /// Fills an entry at the open of `row`. Returns whether a position stands.
    ///
    /// Gives up when the hedge outweighs the main leg, so that the net stop lies on the winning side.
    #[inline(always)]
    fn open(&mut self, order: &Order, row: usize) -> Option<bool> {
        self.skip_funding(row);
        let at = self.traded.bars.open[row];
        let time_ns = self.traded.bars.open_time_ns[row];
        let leverage = self.terms.strategy.leverage;
        let Some((units, fill)) = self.carried(
            order.side,
            order.quantity,
            leverage,
            self.main.free(),
            order.cut_to_free,
            (at, time_ns),
        ) else {
            return Some(false);
        };
        self.main.enter(order.side, units, leverage, &fill);
        self.guard = Guard::default();
        self.guard.set(&self.terms.levels, order.side, &self.main);
        self.main.initial_stop = self.guard.stop.or(self.guard.trail);
        if let Some(hedge) = self.terms.hedge {
            self.open_hedge(order, &hedge, units * fill.price, (at, time_ns));
            self.guard.net = self.net_stop(order);
            let net_quantity = self.main.quantity + self.hedge.quantity;
            if self.guard.net.is_some() && (net_quantity > 0.0) != self.main.is_long() {
                return None;
            }
        }
        Some(true)
    }

    #[inline(always)]
    fn open_hedge(
        &mut self,
        order: &Order,
        hedge: &Hedge,
        main_notional: f64,
        (at, time_ns): (f64, i64),
    ) {
        let notional = main_notional * hedge.notional_fraction;
        let value = notional * (1.0 + hedge.leverage * self.terms.rules.taker_fee_rate);
        let free = self.hedge.free();
        let cut_to_free = notional / hedge.leverage <= free * (1.0 + SLACK);
        let side = order.side.opposite();
        let carried = self.carried(
            side,
            Amount::Quote(value),
            hedge.leverage,
            free,
            cut_to_free,
            (at, time_ns),
        );
        if let Some((units, fill)) = carried {
            self.hedge.enter(side, units, hedge.leverage, &fill);
        }
    }

    /// The price at which both legs together have lost what the order allows.
    #[inline(always)]
    fn net_stop(&self, order: &Order) -> Option<f64> {
        let loss = order.net_loss?;
        let quantity = self.main.quantity + self.hedge.quantity;
        if quantity == 0.0 {
            return None;
        }
        let cost = self.main.quantity * self.main.entry_price
            + self.hedge.quantity * self.hedge.entry_price;
        let trigger = (cost - loss) / quantity;
        (trigger > 0.0).then_some(trigger)
    }

    /// Units that the account can carry, and their fill.
    #[inline(always)]
    fn carried(
        &mut self,
        side: Side,
        quantity: Amount,
        leverage: f64,
        free: f64,
        cut_to_free: bool,
        (at, time_ns): (f64, i64),
    ) -> Option<(f64, Fill)> {
        let fee_rate = self.terms.rules.taker_fee_rate;
        let price = self.slipped(side, at);
        let wanted = match quantity {
            Amount::Base(units) => units,
            Amount::Quote(value) => value / (price * (1.0 + leverage * fee_rate)),
        };
        let mut units = wanted;
        let cost = 1.0 / leverage + fee_rate;
        if units * price * cost > free * (1.0 + SLACK) {
            let affordable = free / (price * cost);
            if !cut_to_free || affordable < wanted * LEAST_CUT {
                return None;
            }
            units = affordable;
        }
        if units <= 0.0 {
            return None;
        }
        let fill = self.fill(units, price, fee_rate, time_ns);
        self.fills_taken += 1;
        Some((units, fill))
    }

    #[inline(always)]
    fn slipped(&self, side: Side, price: f64) -> f64 {
        let model = &self.terms.rules.slippage;
        if *model == SlippageModel::None {
            return price;
        }
        let taking = Taking {
            number: self.fills_taken,
            seed: self.terms.rules.seed,
            quantity: 0.0,
            bar_volume: 0.0,
        };
        against(side, price, model.fraction(&taking, || 0.0))
    }

    #[inline(always)]
    fn fill(&mut self, quantity: f64, price: f64, fee_rate: f64, time_ns: i64) -> Fill {
        let fee = quantity * price * fee_rate;
        self.totals.traded_notional += quantity * price;
        self.totals.fees_paid += fee;
        Fill {
            price,
            fee,
            time_ns,
        }
    }

    /// Closes both legs at a point of the bar at `row`. Gives up where the hedge is liquidated on the way there.
    #[inline(always)]
    fn close(&mut self, at: f64, row: usize, met: Met) -> Option<()> {
        let time_ns = self.traded.bars.open_time_ns[row];
        let side = if self.main.is_long() {
            Side::Sell
        } else {
            Side::Buy
        };
        let rules = self.terms.rules;
        let quantity = self.main.quantity.abs();
        let fill = match met {
            Met::Stop(_) => {
                let price = self.slipped(side, at);
                let fill = self.fill(quantity, price, rules.taker_fee_rate, time_ns);
                self.fills_taken += 1;
                fill
            }
            Met::Target => self.fill(quantity, at, rules.maker_fee_rate, time_ns),
        };
        let trade = self.main.close(MAIN, met.purpose(), &fill);
        if self.terms.keeps_profits {
            self.scratch.profits.push(trade.profit);
        }
        self.scratch.trades.push(trade);
        if self.hedge.is_open() {
            if self.hedge.is_liquidated_at(at) {
                return None;
            }
            let quantity = self.hedge.quantity.abs();
            let price = self.slipped(side.opposite(), at);
            let fill = self.fill(quantity, price, rules.taker_fee_rate, time_ns);
            self.fills_taken += 1;
            let trade = self.hedge.close(HEDGE, Purpose::HedgeExit, &fill);
            self.scratch.trades.push(trade);
        }
        Some(())
    }

    /// Follows the position that opened at `row` until it ends.
    #[inline(always)]
    fn hold(&mut self, entered: usize) -> Option<Held> {
        let end = self.traded.end();
        let long = self.main.is_long();
        let opposite = self.opposite_verdict(entered, long);
        let decided = opposite.map_or(usize::MAX, |verdict| verdict.row as usize);
        let due = self.due_row(entered);
        let last = decided.min(due);
        let moving = self.terms.levels.move_with_price();
        let trailing = self.terms.levels.trail.is_some();
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

    /// Prices between which nothing happens to the position.
    #[inline(always)]
    fn band(&self, long: bool) -> (f64, f64) {
        let guard = &self.guard;
        let (mut low, mut high) = (0.0_f64, f64::INFINITY);
        let mut bound = |falls: bool, level: Option<f64>| {
            if let Some(level) = level {
                if falls {
                    low = low.max(level);
                } else {
                    high = high.min(level);
                }
            }
        };
        bound(long, guard.stop);
        bound(long, guard.trail);
        bound(long, guard.net);
        bound(long, self.main.liquidation);
        bound(!long, guard.target);
        bound(!long, guard.break_even);
        bound(!long, self.hedge.liquidation);
        (low, high)
    }

    /// Passes over bars in which nothing happens.
    #[inline(always)]
    fn pass(&mut self, from: usize, to: usize) {
        if from == to {
            return;
        }
        let closes = &self.traded.bars.close[from..to];
        let base = self.cash();
        let (quantity, entry) = (self.main.quantity, self.main.entry_price);
        let equity = &mut self.scratch.equity;
        if self.hedge.is_open() {
            let (other, other_entry) = (self.hedge.quantity, self.hedge.entry_price);
            equity.extend(
                closes
                    .iter()
                    .map(|close| base + quantity * (close - entry) + other * (close - other_entry)),
            );
        } else {
            equity.extend(closes.iter().map(|close| base + quantity * (close - entry)));
        }
        let (low, high) = self.traded.extremes(from, to);
        self.main.saw(low, high);
        self.hedge.saw(low, high);
        self.totals.exposed_bars += to - from;
    }

    /// Plays one bar that reaches a level. Returns whether the position ended in it.
    #[inline(always)]
    fn play(&mut self, row: usize, moving: bool) -> Option<bool> {
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
        if self.guard.takes_profit(side, favourable, on_touch)
            && let Some(target) = self.guard.target
        {
            return self.end(target, row, Met::Target);
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
    fn next_funding_row(&self, row: usize) -> usize {
        let Some(payment) = self.traded.funding.get(self.next_funding) else {
            return usize::MAX;
        };
        let times = &self.traded.bars.open_time_ns[row..];
        row + times.partition_point(|time| *time < payment.time_ns)
    }

    /// Payments due at the open of `row` while nothing is held.
    #[inline(always)]
    fn skip_funding(&mut self, row: usize) {
        let now = self.traded.bars.open_time_ns[row];
        let due = self.traded.funding[self.next_funding..].iter();
        self.next_funding += due.take_while(|payment| payment.time_ns <= now).count();
    }

    /// Books the payments due at the open of `row` on what is held.
    #[inline(always)]
    fn fund(&mut self, row: usize) {
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
