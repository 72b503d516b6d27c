//! One strategy at work: from its standing signals and its position to orders.

mod hedge;

use std::sync::Arc;

use super::desk::{Desk, Moment};
use super::supply::Supply;
use super::tape::{Feed, Tape};
use crate::error::Result;
use crate::market::{Bar, Interval};
use crate::plan::{AllowedSide, EntryTerms, SizingInput, SizingMethod, StrategySpec, entry_size};
use crate::risk::Refusal;
use crate::signals::{Aggregator, Ballot, Direction, Vote};
use crate::venue::{MAIN, MarketId, OrderId, Purpose, Side};

/// When a strategy decides: at each close of its timeframe.
#[derive(Debug)]
enum DecisionClock {
    /// At these rows.
    Rows(Arc<[usize]>),
    /// Whenever this closes a bar.
    Live(Aggregator),
    /// At every bar.
    EveryBar,
}

/// A strategy with what it remembers between bars.
#[derive(Debug)]
pub(super) struct Runner {
    index: u16,
    spec: StrategySpec,
    market: MarketId,
    terms: EntryTerms,
    ballot: Ballot,
    supplies: Vec<Supply>,
    clock: DecisionClock,
    /// Every indicator closes with every bar.
    every_bar: bool,
    /// Something depends on time or price while a position is held.
    watches_position: bool,
    pending_close: Option<OrderId>,
    /// When the position opened whose hedge has been reduced.
    hedge_reduced_of: Option<i64>,
    profits: Vec<f64>,
    trades_seen: usize,
}

impl Runner {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a checked portfolio has fewer than 65,536 of each"
    )]
    fn new(
        index: usize,
        spec: &StrategySpec,
        interval: Interval,
        supplies: Vec<Supply>,
        clock: DecisionClock,
    ) -> Self {
        let voters = spec.indicators.iter().map(|i| (i.weight, i.signal_ttl));
        Self {
            index: index as u16,
            market: MarketId(spec.market as u16),
            terms: EntryTerms::new(spec, index as u16),
            ballot: Ballot::new(spec.signal_mode, spec.min_confidence, voters),
            spec: spec.clone(),
            supplies,
            clock,
            every_bar: spec.indicators.iter().all(|i| i.timeframe == interval),
            watches_position: spec.max_holding_ns.is_some()
                || spec
                    .hedge
                    .is_some_and(|hedge| hedge.reduce_at_pct.is_some()),
            pending_close: None,
            hedge_reduced_of: None,
            profits: Vec::new(),
            trades_seen: 0,
        }
    }

    /// A strategy that is fed bar by bar.
    pub fn live(index: usize, spec: &StrategySpec, interval: Interval) -> Result<Self> {
        let supplies = spec
            .indicators
            .iter()
            .map(|indicator| Supply::live(indicator, interval))
            .collect::<Result<_>>()?;
        let clock = if spec.timeframe == interval {
            DecisionClock::EveryBar
        } else {
            DecisionClock::Live(Aggregator::new(interval, spec.timeframe)?)
        };
        Ok(Self::new(index, spec, interval, supplies, clock))
    }

    /// A strategy whose signals are known in advance, from row `start` on.
    pub fn taped(
        index: usize,
        spec: &StrategySpec,
        interval: Interval,
        start: usize,
        feed: &Feed,
    ) -> Self {
        let tapes = feed.tapes.iter().map(Arc::clone);
        let supplies = tapes
            .map(|tape| Supply::Tape(Tape::at(start, tape)))
            .collect();
        let clock = feed
            .closes
            .as_ref()
            .map_or(DecisionClock::EveryBar, |rows| {
                DecisionClock::Rows(Arc::clone(rows))
            });
        Self::new(index, spec, interval, supplies, clock)
    }

    /// Market that the strategy trades.
    pub const fn market(&self) -> MarketId {
        self.market
    }

    /// Signals still to come, as far as they are known.
    pub fn signals_left(&self) -> usize {
        let tapes = self.supplies.iter().map(|supply| match supply {
            Supply::Tape(tape) => tape.signals_left(),
            _ => 0,
        });
        tapes.sum()
    }

    /// The supply of one indicator.
    pub fn supply_mut(&mut self, indicator: usize) -> Option<&mut Supply> {
        self.supplies.get_mut(indicator)
    }

    /// Feeds a bar to the indicators only; no signal of it stands afterwards.
    pub fn warm_up(&mut self, bar: &Bar) {
        for supply in &mut self.supplies {
            supply.close(0, bar, |_| ());
        }
        if let DecisionClock::Live(aggregator) = &mut self.clock {
            aggregator.push(bar);
        }
    }

    /// The first row from `row` on at which the strategy could do anything, as long as no order of its own fills before.
    pub fn next_row(&self, row: usize, desk: &Desk) -> usize {
        let held = || desk.venue().position(MAIN, self.market).quantity != 0.0;
        if !self.may_sleep() || (self.watches_position && held()) {
            return row;
        }
        let tapes = self.supplies.iter().map(|supply| match supply {
            Supply::Tape(tape) => tape.next_row(),
            _ => row,
        });
        tapes.min().unwrap_or(usize::MAX)
    }

    /// Whether no signal can act before a new one comes. On every bar's close a signal that stands for one close is spent;
    /// where an indicator closes less often, it acts until its next close.
    fn may_sleep(&self) -> bool {
        if self.every_bar {
            self.ballot.is_spent()
        } else {
            self.ballot.is_silent()
        }
    }

    /// Takes a closed bar and, if a bar of the strategy's timeframe closed with it, decides.
    pub fn close(&mut self, row: usize, bar: &Bar, desk: &mut Desk, now: &Moment) {
        let ballot = &mut self.ballot;
        for (indicator, supply) in self.supplies.iter_mut().enumerate() {
            supply.close(row, bar, |signal| ballot.close(indicator, signal));
        }
        let decides = match &mut self.clock {
            DecisionClock::EveryBar => true,
            DecisionClock::Rows(rows) => rows.binary_search(&row).is_ok(),
            DecisionClock::Live(aggregator) => aggregator.push(bar).iter().next().is_some(),
        };
        if decides {
            self.decide(desk, now);
        } else if !self.is_closing(desk) {
            self.close_when_held_long(desk, now);
        }
    }

    fn decide(&mut self, desk: &mut Desk, now: &Moment) {
        let vote = self.ballot.verdict();
        let position = desk.venue().position(MAIN, self.market);
        if position.quantity == 0.0 {
            if let Some(vote) = vote {
                self.when_flat(vote, desk, now);
            }
        } else if position.strategy == self.index {
            let long = position.quantity > 0.0;
            self.when_holding(long, vote, desk, now);
        } else if let Some(vote) = vote {
            self.refuse_as_busy(position.strategy, vote, desk, now);
        }
    }

    fn refuse_as_busy(&self, owner: u16, vote: Vote, desk: &mut Desk, now: &Moment) {
        if self.allows(side_of(vote.direction)) {
            let refusal = Refusal::above("market_busy", 0.0, f64::from(owner));
            desk.refuse(self.index, self.market, vote.direction, refusal, now);
        }
    }

    fn when_flat(&mut self, vote: Vote, desk: &mut Desk, now: &Moment) {
        if desk.hedge_quantity(self.market) == 0.0 {
            self.enter(vote, false, desk, now);
        } else if self.gives_up_hedge(vote, desk, now) {
            self.enter(vote, true, desk, now);
        }
    }

    /// Closes a position that has been held for its longest time, whether or not a bar of the strategy's timeframe closes. Returns whether it has.
    fn close_when_held_long(&mut self, desk: &mut Desk, now: &Moment) -> bool {
        let position = desk.venue().position(MAIN, self.market);
        let held_ns = now.close_time_ns - position.opened_ns;
        let is_due = position.is_open()
            && position.strategy == self.index
            && self
                .spec
                .max_holding_ns
                .is_some_and(|longest| held_ns >= longest);
        if is_due {
            self.pending_close =
                Some(desk.close(MAIN, self.market, self.index, Purpose::HoldingTime, now));
        }
        is_due
    }

    fn when_holding(&mut self, long: bool, vote: Option<Vote>, desk: &mut Desk, now: &Moment) {
        if self.is_closing(desk) || self.close_when_held_long(desk, now) {
            return;
        }
        let entries = desk.venue().position(MAIN, self.market).entries;
        match vote {
            Some(vote) if (vote.direction == Direction::Buy) != long => {
                if self.spec.exit_on_opposite {
                    self.pending_close = Some(desk.close(
                        MAIN,
                        self.market,
                        self.index,
                        Purpose::OppositeSignal,
                        now,
                    ));
                    if !self.spec.hedge.is_some_and(|hedge| hedge.keep_on_reversal) {
                        self.enter(vote, true, desk, now);
                    }
                }
            }
            Some(vote) if entries < self.spec.max_entries => self.enter(vote, false, desk, now),
            _ => self.reduce_hedge(long, desk, now),
        }
    }

    /// Sends an entry in the direction of the vote, if side, size and limits allow it. `reversing` means that what is held is being closed by an order already sent.
    fn enter(&mut self, vote: Vote, reversing: bool, desk: &mut Desk, now: &Moment) {
        let side = side_of(vote.direction);
        if !self.allows(side) || !desk.may_enter(self.index, self.market, vote.direction, now) {
            return;
        }
        self.collect_profits(desk);
        let input = SizingInput {
            equity: now.equity,
            price: now.price,
            leverage: self.spec.leverage,
            confidence: vote.confidence,
            stop_fraction: self.terms.stop_fraction(),
            profits: &self.profits,
        };
        let checked = entry_size(&self.spec.sizing, &input).and_then(|size| {
            let size = self.within_accounts(size, reversing, desk);
            let capital = self.capital(size, &input);
            let notional = self.notional(capital);
            desk.check(self.market, reversing, notional, now)?;
            Ok((size, capital, notional))
        });
        match checked {
            Ok((size, capital, notional)) => {
                if let Some(hedge) = self.spec.hedge {
                    desk.balance_accounts(hedge.ratio);
                }
                let order = self.terms.order(side, size, capital);
                desk.submit_entry(order, notional, now);
            }
            Err(refusal) => desk.refuse(self.index, self.market, vote.direction, refusal, now),
        }
    }

    fn is_closing(&self, desk: &Desk) -> bool {
        self.pending_close.is_some_and(|order| desk.is_open(order))
    }

    fn allows(&self, side: Side) -> bool {
        match self.spec.side {
            AllowedSide::Both => true,
            AllowedSide::Long => side == Side::Buy,
            AllowedSide::Short => side == Side::Sell,
        }
    }

    /// Keeps the profits of closed trades where the sizing asks for them.
    fn collect_profits(&mut self, desk: &Desk) {
        if !matches!(
            self.spec.sizing.method,
            SizingMethod::Kelly {
                from_trades: true,
                ..
            }
        ) {
            return;
        }
        let trades = desk.venue().trades();
        self.profits.extend(
            trades[self.trades_seen..]
                .iter()
                .filter(|trade| trade.strategy == self.index && trade.account == MAIN)
                .map(|trade| trade.profit),
        );
        self.trades_seen = trades.len();
    }
}

const fn side_of(direction: Direction) -> Side {
    match direction {
        Direction::Buy => Side::Buy,
        Direction::Sell => Side::Sell,
    }
}
