//! The venue tick by tick: a book of its own, orders that take time to arrive, stand in a queue and are filled by trades and by what is shown.
//!
//! - `queue`, `latency`: the models.
//! - `market`: what is kept of such a market.
//! - `arrival`: what orders, cancels and replacements do when they arrive.
//! - `taking`: orders that take from the book.
//! - `events`: what trades and other events do to resting orders; `shown`: what a book shows does to them; `calm`: where trades do nothing.
//! - `answers`: what the strategy is told, and when.

mod answers;
mod arrival;
mod calm;
mod events;
mod latency;
mod market;
mod queue;
mod shown;
mod taking;

pub use answers::{Answer, AnswerKind};
pub use latency::{Latency, RecordedLatency};
pub(super) use market::{Message, TickMarket};
pub(super) use queue::Queue;
pub use queue::QueueModel;

use super::{MarketId, Venue};
use crate::error::{Error, Result};
use crate::market::Book;
use market::Knowledge;

/// How much of an order one event fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FillRule {
    /// No more than was traded or is shown.
    #[default]
    Partial,
    /// All of it, as simulations without partial fills do: takers at the best price, makers as soon as their queue is gone.
    /// Only for comparing with such simulations.
    Whole,
}

/// The rules of a market that trades tick by tick.
#[derive(Debug, Clone, PartialEq)]
pub struct TickRules {
    /// What shortens the queue before a resting order beside trades.
    pub queue: QueueModel,
    /// How much one event fills.
    pub fills: FillRule,
    /// What an own order takes is gone from the book until the level's next update.
    pub consume_depth: bool,
    /// From the strategy to the exchange.
    pub order_latency: Latency,
    /// From the exchange to the strategy.
    pub answer_latency: Latency,
    /// Seed of drawn latencies.
    pub seed: u64,
}

impl Default for TickRules {
    fn default() -> Self {
        Self {
            queue: QueueModel::default(),
            fills: FillRule::default(),
            consume_depth: true,
            order_latency: Latency::default(),
            answer_latency: Latency::default(),
            seed: 0,
        }
    }
}

impl TickRules {
    /// Checks the models.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the parameter.
    pub fn check(&self) -> Result<()> {
        self.queue.check()?;
        let order = self.order_latency.check();
        order.map_err(|error| error.within("order"))?;
        let answer = self.answer_latency.check();
        answer.map_err(|error| error.within("answer"))
    }
}

impl Venue {
    /// Has a market trade tick by tick, before any order is sent to it. `tick_size` is that of its events.
    ///
    /// # Errors
    /// [`Error::Parameter`] when a rule cannot be, or an order has been sent.
    pub fn use_ticks(&mut self, market: MarketId, rules: TickRules, tick_size: f64) -> Result<()> {
        rules.check()?;
        if !(tick_size.is_finite() && tick_size > 0.0) {
            return Err(Error::parameter(
                "tick_size",
                tick_size,
                "finite and positive",
            ));
        }
        if !self.log.records().is_empty() {
            let orders = self.log.records().len();
            return Err(Error::parameter("orders", orders, "0 when ticks begin"));
        }
        self.log.watch();
        self.state_mut(market).ticks = Some(Box::new(TickMarket::new(rules, tick_size)));
        Ok(())
    }

    /// The exchange's book of a market that trades tick by tick, without what own orders have taken.
    ///
    /// # Panics
    /// When the market does not trade tick by tick.
    #[must_use]
    pub fn book(&self, market: MarketId) -> &Book {
        &self.ticks(market).book
    }

    /// Marks positions at the middle of the book, or where there is none at the last trade.
    pub fn mark_to_book(&mut self, market: MarketId) {
        let ticks = self.ticks(market);
        let mid = match ticks.knowledge {
            Knowledge::Whole => ticks.book.mid_tick(),
            Knowledge::None | Knowledge::Lost => None,
        };
        let price = mid.map(|mid| mid * ticks.tick_size).or(ticks.last_trade);
        if let Some(price) = price {
            self.ledger.set_mark(market, price);
        }
    }

    pub(super) fn ticks(&self, market: MarketId) -> &TickMarket {
        let ticks = self.state(market).ticks.as_deref();
        ticks.expect("the market trades tick by tick")
    }

    pub(super) fn ticks_mut(&mut self, market: MarketId) -> &mut TickMarket {
        let ticks = self.state_mut(market).ticks.as_deref_mut();
        ticks.expect("the market trades tick by tick")
    }
}
