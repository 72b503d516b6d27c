//! What the strategy is told of its orders, and when it receives it.

use crate::venue::{Liquidity, MarketId, OrderId, OrderState, Reason, Venue};

/// A message from the exchange about an order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    /// When the strategy receives it, UTC nanoseconds.
    pub time_ns: i64,
    /// When it happened at the exchange, UTC nanoseconds.
    pub exchange_ns: i64,
    /// The order.
    pub order: OrderId,
    /// What happened.
    pub kind: AnswerKind,
}

/// What happened to an order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AnswerKind {
    /// It rests in the book, or watches the price.
    Accepted {
        /// Base units that stood before it.
        queue_ahead: f64,
    },
    /// It was not accepted.
    Rejected(Reason),
    /// A part of it filled, or all.
    Filled {
        /// Base units.
        quantity: f64,
        /// Quote currency per base unit.
        price: f64,
        /// Maker or taker.
        liquidity: Liquidity,
        /// Whether nothing of the order is left.
        whole: bool,
    },
    /// It ended; what had filled stays filled.
    Ended(OrderState, Reason),
    /// It was replaced as asked.
    Replaced {
        /// Base units that stand before it now.
        queue_ahead: f64,
    },
    /// A cancel or a replacement came too late or could not be.
    Refused(Reason),
}

impl Venue {
    /// When the next answer of a market reaches the strategy; `i64::MAX` when none is on its way.
    #[must_use]
    #[inline]
    pub fn next_answer(&self, market: MarketId) -> i64 {
        let next = self.ticks(market).answers.front();
        next.map_or(i64::MAX, |answer| answer.time_ns)
    }

    /// Takes the next answer.
    pub fn take_answer(&mut self, market: MarketId) -> Option<Answer> {
        self.ticks_mut(market).answers.pop_front()
    }

    /// Sends an answer; none overtakes another of its market.
    pub(super) fn answer(
        &mut self,
        market: MarketId,
        order: OrderId,
        exchange_ns: i64,
        kind: AnswerKind,
    ) {
        let ticks = self.ticks_mut(market);
        let latency = &ticks.rules.answer_latency;
        let number = ticks.answers_sent;
        // The other half of the seeds: orders and answers are drawn apart.
        let latency = latency.of(number, exchange_ns, ticks.feed_ns, !ticks.rules.seed);
        let before = ticks.answers.back().map_or(i64::MIN, |last| last.time_ns);
        ticks.answers_sent += 1;
        ticks.answers.push_back(Answer {
            time_ns: exchange_ns.saturating_add(latency).max(before),
            exchange_ns,
            order,
            kind,
        });
    }

    /// Sends answers on everything that has changed since the last call: fills, then orders that have ended otherwise.
    pub(super) fn answer_changes(&mut self, exchange_ns: i64) {
        while let Some(fill) = self.fills.get(self.fills_answered).copied() {
            self.fills_answered += 1;
            let last = !self.fills[self.fills_answered..]
                .iter()
                .any(|later| later.order == fill.order);
            let state = self.log.get(fill.order).state;
            let kind = AnswerKind::Filled {
                quantity: fill.quantity,
                price: fill.price,
                liquidity: fill.liquidity,
                whole: last && state == OrderState::Filled,
            };
            if self.state(fill.market).ticks.is_some() {
                self.answer(fill.market, fill.order, exchange_ns, kind);
            }
        }
        while let Some(id) = self.log.take_ended() {
            let record = *self.log.get(id);
            let kind = match record.state {
                OrderState::Filled | OrderState::Open | OrderState::PartiallyFilled => continue,
                OrderState::Rejected => AnswerKind::Rejected(record.reason),
                state => AnswerKind::Ended(state, record.reason),
            };
            if self.state(record.market).ticks.is_some() {
                self.answer(record.market, id, exchange_ns, kind);
            }
        }
    }
}
