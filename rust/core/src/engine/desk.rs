//! What all strategies share: the venue, the account's limits, and the record of refusals.

use super::simulation::Simulation;
use crate::market::Bars;
use crate::plan::{LimitSpec, PortfolioSpec};
use crate::risk::{Exposure, LossWatch, Refusal, check_entry};
use crate::signals::Direction;
use crate::venue::{
    AccountId, HEDGE, MAIN, MarketId, OrderId, OrderRequest, Purpose, Quantity, Side, Venue,
};

/// The moment of a decision: the close of a bar.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Close of the bar, UTC nanoseconds.
    pub close_time_ns: i64,
    /// Its closing price in the market concerned.
    pub price: f64,
    /// Equity of all accounts after the bar.
    pub equity: f64,
}

/// An entry that a limit or rule forbade.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RefusedEntry {
    /// Close of the bar on which it was decided, UTC nanoseconds.
    pub time_ns: i64,
    /// Strategy that wanted it.
    pub strategy: u16,
    /// Market.
    pub market: MarketId,
    /// Which way.
    pub direction: Direction,
    /// Rule, limit and value.
    pub refusal: Refusal,
}

/// An entry as it was sent.
#[derive(Debug, Clone, Copy)]
struct SentEntry {
    order: OrderId,
    market: MarketId,
    /// Of all legs, at the close of the decision.
    notional: f64,
}

/// The venue with the account's limits in front of it.
#[derive(Debug)]
pub(super) struct Desk {
    pub simulation: Simulation,
    limits: LimitSpec,
    /// A limit is set that an entry might break.
    limits_entries: bool,
    pub losses: LossWatch,
    pub refused: Vec<RefusedEntry>,
    /// The last entry of each strategy.
    entries: Vec<Option<SentEntry>>,
    /// Closes sent because a loss limit was reached.
    breach_closes: Vec<OrderId>,
    markets: u16,
    hedged: bool,
}

impl Desk {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a checked portfolio has fewer than 65,536 markets"
    )]
    pub fn new(simulation: Simulation, portfolio: &PortfolioSpec) -> Self {
        Self {
            simulation,
            limits: portfolio.limits,
            limits_entries: portfolio.limits != LimitSpec::default(),
            losses: LossWatch::new(portfolio.initial_balance),
            refused: Vec::new(),
            entries: vec![None; portfolio.strategies.len()],
            breach_closes: Vec::new(),
            markets: portfolio.markets.len() as u16,
            hedged: portfolio.hedge_ratio().is_some(),
        }
    }

    /// The venue.
    pub const fn venue(&self) -> &Venue {
        &self.simulation.venue
    }

    /// Whether quiet stretches may be skipped without looking at the equity of every bar.
    pub const fn watches_losses(&self) -> bool {
        self.limits.max_daily_loss_pct.is_some() || self.limits.max_drawdown_pct.is_some()
    }

    /// Whether reaching a loss limit closes positions.
    pub const fn closes_on_breach(&self) -> bool {
        self.limits.close_on_breach && self.watches_losses()
    }

    /// Passes over a quiet stretch of bars of the only market.
    pub fn pass(&mut self, market: MarketId, bars: Bars<'_>) {
        let watches_losses = self.watches_losses();
        let equity = self.simulation.pass(market, bars);
        if watches_losses {
            for (open_time_ns, equity) in bars.open_time_ns.iter().zip(equity) {
                self.losses.observe(*open_time_ns, *equity);
            }
        }
    }

    #[inline]
    pub fn submit(&mut self, order: OrderRequest, now: &Moment) -> OrderId {
        self.simulation.venue.submit(order, now.close_time_ns)
    }

    /// Sends an entry of `notional` (all legs).
    #[inline]
    pub fn submit_entry(&mut self, order: OrderRequest, notional: f64, now: &Moment) {
        let (market, strategy) = (order.market, usize::from(order.strategy));
        self.entries[strategy] = Some(SentEntry {
            order: self.submit(order, now),
            market,
            notional,
        });
    }

    /// Sends an order that closes the whole position.
    pub fn close(
        &mut self,
        account: AccountId,
        market: MarketId,
        strategy: u16,
        purpose: Purpose,
        now: &Moment,
    ) -> OrderId {
        let long = self.simulation.venue.position(account, market).quantity > 0.0;
        let side = if long { Side::Sell } else { Side::Buy };
        self.submit(
            OrderRequest {
                account,
                strategy,
                purpose,
                ..OrderRequest::market(market, side, Quantity::Position)
            },
            now,
        )
    }

    pub fn refuse(
        &mut self,
        strategy: u16,
        market: MarketId,
        direction: Direction,
        refusal: Refusal,
        now: &Moment,
    ) {
        self.refused.push(RefusedEntry {
            time_ns: now.close_time_ns,
            strategy,
            market,
            direction,
            refusal,
        });
    }

    /// Signed quantity of the hedge leg in a market; zero without a hedge account.
    pub fn hedge_quantity(&self, market: MarketId) -> f64 {
        if self.hedged {
            self.simulation.venue.position(HEDGE, market).quantity
        } else {
            0.0
        }
    }

    /// Whether an order still waits.
    pub fn is_open(&self, order: OrderId) -> bool {
        !self.simulation.venue.orders()[order.0 as usize].is_ended()
    }

    fn waiting_entry(&self, strategy: usize, market: MarketId) -> Option<OrderId> {
        let entry = self.entries[strategy]?;
        (entry.market == market && self.is_open(entry.order)).then_some(entry.order)
    }

    /// Notional in a market once the entry that waits there has filled, and whether there is a trade then. A position that it reverses is about to close.
    fn committed(&self, market: MarketId) -> (f64, bool) {
        let held = self.simulation.venue.position(MAIN, market).quantity;
        let waiting = self
            .entries
            .iter()
            .flatten()
            .find(|entry| entry.market == market && self.is_open(entry.order));
        let Some(entry) = waiting else {
            return (self.notional(market), held != 0.0);
        };
        let record = &self.simulation.venue.orders()[entry.order.0 as usize];
        let unfilled = (entry.notional - record.filled_quantity * record.average_price).max(0.0);
        let standing = if held * record.side.sign() < 0.0 {
            0.0
        } else {
            self.notional(market)
        };
        (standing + unfilled, true)
    }

    fn notional(&self, market: MarketId) -> f64 {
        self.simulation.venue.ledger().gross_notional(Some(market))
    }

    /// Whether no entry waits in the market. An own one that waits in the other direction is cancelled; another strategy's is respected.
    pub fn may_enter(
        &mut self,
        strategy: u16,
        market: MarketId,
        direction: Direction,
        now: &Moment,
    ) -> bool {
        let own = usize::from(strategy);
        if let Some(order) = self.waiting_entry(own, market) {
            let same =
                self.simulation.venue.orders()[order.0 as usize].side.sign() == direction.sign();
            if !same {
                self.simulation.venue.cancel(order, now.close_time_ns);
            }
            return !same;
        }
        let busy =
            (0..self.entries.len()).find(|other| self.waiting_entry(*other, market).is_some());
        if let Some(other) = busy {
            self.refuse(
                strategy,
                market,
                direction,
                Refusal::above("market_busy", 0.0, other as f64),
                now,
            );
        }
        busy.is_none()
    }

    /// Checks an entry of `notional` (all legs) against the limits.
    pub fn check(
        &self,
        market: MarketId,
        reversing: bool,
        notional: f64,
        now: &Moment,
    ) -> Result<(), Refusal> {
        if !self.limits_entries {
            return Ok(());
        }
        let elsewhere = (0..self.markets)
            .map(MarketId)
            .filter(|other| *other != market);
        let mut open_trades = 0;
        let mut standing = 0.0;
        for other in elsewhere {
            let (notional, trades) = self.committed(other);
            standing += notional;
            open_trades += u32::from(trades);
        }
        let market_notional = if reversing {
            0.0
        } else {
            self.notional(market)
        };
        let exposure = Exposure {
            equity: now.equity,
            open_trades,
            notional: standing + market_notional,
            market_notional,
        };
        check_entry(&self.limits, &exposure, &self.losses, notional)
    }

    /// While nothing is open, moves cash so that the hedge account holds its share.
    pub fn balance_accounts(&mut self, hedge_ratio: f64) {
        let flat = (0..self.markets).map(MarketId).all(|market| {
            self.simulation.venue.position(MAIN, market).quantity == 0.0
                && self.simulation.venue.position(HEDGE, market).quantity == 0.0
        });
        let waiting = self
            .entries
            .iter()
            .flatten()
            .any(|entry| self.is_open(entry.order));
        if !flat || waiting {
            return;
        }
        let ledger = self.simulation.venue.ledger();
        let (main, hedge) = (ledger.cash(MAIN), ledger.cash(HEDGE));
        let excess = hedge - (main + hedge) * hedge_ratio;
        let (from, to) = if excess > 0.0 {
            (HEDGE, MAIN)
        } else {
            (MAIN, HEDGE)
        };
        let movable = excess.abs().min(ledger.cash(from));
        if movable > 0.0 {
            self.simulation
                .venue
                .transfer(from, to, movable)
                .expect("cash of an account without positions or orders is free");
        }
    }

    /// Most capital of both legs that the two accounts can carry once their positions in a market have closed at the last price.
    pub fn capital_of_accounts(&self, hedge_ratio: f64) -> f64 {
        let main = self.venue().account_equity(MAIN) / (1.0 - hedge_ratio);
        main.min(self.venue().account_equity(HEDGE) / hedge_ratio)
    }

    /// Closes whatever is open when a loss limit has been reached and the limits say so.
    pub fn close_on_breach(&mut self, now: &Moment) {
        if !self.closes_on_breach() || self.losses.breach(&self.limits).is_none() {
            return;
        }
        for strategy in 0..self.entries.len() {
            if let Some(entry) = self.entries[strategy]
                && self.is_open(entry.order)
            {
                self.simulation.venue.cancel(entry.order, now.close_time_ns);
            }
        }
        let mut waiting = std::mem::take(&mut self.breach_closes);
        waiting.retain(|order| self.is_open(*order));
        let accounts: &[AccountId] = if self.hedged { &[MAIN, HEDGE] } else { &[MAIN] };
        for market in (0..self.markets).map(MarketId) {
            for &account in accounts {
                let position = self.simulation.venue.position(account, market);
                let waits = |order: &OrderId| {
                    let record = &self.simulation.venue.orders()[order.0 as usize];
                    (record.account, record.market) == (account, market)
                };
                if position.quantity != 0.0 && !waiting.iter().any(waits) {
                    let strategy = position.strategy;
                    waiting.push(self.close(account, market, strategy, Purpose::RiskLimit, now));
                }
            }
        }
        self.breach_closes = waiting;
    }
}
