//! What orders, cancels and replacements do when they arrive at the exchange.

use super::market::{Flight, Knowledge, Message, reaches};
use super::{AnswerKind, Queue};
use crate::venue::live_order::LiveOrder;
use crate::venue::{
    Liquidity, MarketId, OrderId, OrderKind, OrderState, Quantity, Reason, TimeInForce, Venue,
};

impl Venue {
    /// When the next message of a market reaches the exchange; `i64::MAX` when none is on its way.
    #[must_use]
    #[inline]
    pub fn next_arrival(&self, market: MarketId) -> i64 {
        let next = self.ticks(market).flights.front();
        next.map_or(i64::MAX, |flight| flight.arrives_ns)
    }

    /// Messages of a market that are on their way to the exchange.
    #[must_use]
    pub fn messages(&self, market: MarketId) -> usize {
        self.ticks(market).flights.len()
    }

    /// Plays the next message that reaches the exchange. Returns the order, if the message is a new one.
    pub fn arrive(&mut self, market: MarketId) -> Option<OrderId> {
        let Flight {
            arrives_ns,
            message,
        } = self.ticks_mut(market).flights.pop_front()?;
        self.stirred += 1;
        let mut new = None;
        match message {
            Message::New(order) => {
                new = Some(order.id);
                self.enter(order, arrives_ns);
            }
            Message::Cancel(id) => self.cancel_resting(market, id, arrives_ns),
            Message::Replace(id, kind, quantity) => {
                self.replace_resting((market, id), kind, quantity, arrives_ns);
            }
        }
        self.answer_changes(arrives_ns);
        new
    }

    /// A new order at the exchange: checked, then it takes, rests or watches the price.
    fn enter(&mut self, mut order: Box<LiveOrder>, now_ns: i64) {
        match self.admit(&mut order, now_ns) {
            Ok(()) => {
                self.log.get_mut(order.id).kind = order.request.kind;
                self.place(order, now_ns);
            }
            Err(Reason::TimeInForce) => {
                self.end(order, OrderState::Expired, Reason::TimeInForce, now_ns);
            }
            Err(reason) => self.refuse_at(order, reason, now_ns),
        }
    }

    /// Lets an admitted order, or the limit that a stop has released, meet the book.
    pub(in crate::venue) fn place(&mut self, mut order: Box<LiveOrder>, now_ns: i64) {
        let market = order.request.market;
        let side = order.request.side;
        match order.request.kind {
            OrderKind::Market => self.take_from_book(order, None, now_ns),
            OrderKind::Limit { price } | OrderKind::TakeProfit { price } => {
                let tick = self.ticks(market).tick_of(side, price);
                order.tick = tick;
                if self.ticks(market).meets(side, tick) {
                    order.liquidity = Liquidity::Taker;
                    if order.request.post_only {
                        self.refuse_at(order, Reason::WouldTake, now_ns);
                    } else {
                        self.take_from_book(order, Some(tick), now_ns);
                    }
                } else {
                    self.rest(order, now_ns);
                }
            }
            OrderKind::Stop { .. }
            | OrderKind::StopLimit { .. }
            | OrderKind::TrailingStop { .. } => {
                let id = order.id;
                self.state_mut(market).resting.push(order);
                self.answer(
                    market,
                    id,
                    now_ns,
                    AnswerKind::Accepted { queue_ahead: 0.0 },
                );
            }
        }
    }

    /// Puts a limit, or what is left of it, behind what is shown at its price.
    pub(super) fn rest(&mut self, mut order: Box<LiveOrder>, now_ns: i64) {
        let (market, side, id) = (order.request.market, order.request.side, order.id);
        let ended = match order.request.time_in_force {
            TimeInForce::ImmediateOrCancel => Some(Reason::NotImmediatelyFillable),
            TimeInForce::FillOrKill => Some(Reason::NotWhollyFillable),
            TimeInForce::GoodTilCancelled | TimeInForce::GoodTilDate(_) => None,
        };
        if let Some(reason) = ended {
            self.refuse_at(order, reason, now_ns);
            return;
        }
        if !self.ticks(market).is_whole() && self.meets_own(&order, order.tick) {
            self.refuse_at(order, Reason::SelfTrade, now_ns);
            return;
        }
        order.liquidity = Liquidity::Maker;
        order.queue = self.queue_at(market, &order);
        let ticks = self.ticks_mut(market);
        ticks.rested += 1;
        order.rested = ticks.rested;
        let queue_ahead = order.queue.ahead;
        debug_assert_eq!(order.request.side, side);
        self.state_mut(market).resting.push(order);
        self.answer(market, id, now_ns, AnswerKind::Accepted { queue_ahead });
    }

    /// The place that an order gets which joins the queue of its price now.
    fn queue_at(&self, market: MarketId, order: &LiveOrder) -> Queue {
        let ticks = self.ticks(market);
        match ticks.knowledge {
            Knowledge::Whole => Queue::behind(ticks.book.size(order.request.side, order.tick)),
            Knowledge::None | Knowledge::Lost => Queue::unknown(),
        }
    }

    /// Whether an order at `tick` would meet one of the same account.
    pub(super) fn meets_own(&self, order: &LiveOrder, tick: i32) -> bool {
        let request = &order.request;
        self.state(request.market).resting.iter().any(|own| {
            own.is_limit()
                && own.request.account == request.account
                && own.request.side != request.side
                && reaches(request.side, tick, own.tick)
        })
    }

    fn cancel_resting(&mut self, market: MarketId, id: OrderId, now_ns: i64) {
        let found = self
            .state_mut(market)
            .take_where(|order| order.id == id && !order.protective);
        match found {
            Some(order) => self.end(order, OrderState::Cancelled, Reason::Requested, now_ns),
            None => self.answer(market, id, now_ns, AnswerKind::Refused(Reason::NotFound)),
        }
    }

    /// Replaces price or size. Only a smaller size at the same price keeps its place in the queue.
    fn replace_resting(
        &mut self,
        (market, id): (MarketId, OrderId),
        kind: OrderKind,
        quantity: Option<Quantity>,
        now_ns: i64,
    ) {
        let refused = |venue: &mut Self, reason| {
            venue.answer(market, id, now_ns, AnswerKind::Refused(reason));
        };
        let resting = &self.state(market).resting;
        let Some(old) = resting.iter().find(|order| order.id == id) else {
            return refused(self, Reason::NotFound);
        };
        let old = **old;
        if std::mem::discriminant(&old.request.kind) != std::mem::discriminant(&kind) {
            return refused(self, Reason::BadPrice);
        }
        let mut new = LiveOrder::new(id, &old.request);
        new.request.kind = kind;
        if let Some(quantity) = quantity {
            new.request.quantity = quantity;
        }
        if let Err(reason) = self.admit(&mut new, now_ns) {
            return refused(self, reason);
        }
        if new.is_trailing() {
            new.best = old.best;
        }
        let shrinks = match (old.request.quantity, new.request.quantity) {
            (Quantity::Base(before), Quantity::Base(after)) => after <= before,
            (before, after) => before == after,
        };
        self.log.get_mut(id).kind = new.request.kind;
        let Some(mut place) = self.state_mut(market).take_where(|order| order.id == id) else {
            return;
        };
        if new.request.kind == old.request.kind && shrinks {
            place.request = new.request;
            let queue_ahead = place.queue.ahead;
            self.state_mut(market).resting.push(place);
            self.state_mut(market).resting.sort_by_key(|order| order.id);
            self.answer(market, id, now_ns, AnswerKind::Replaced { queue_ahead });
            return;
        }
        *place = new;
        self.place(place, now_ns);
    }

    /// Ends an order that waited or was about to.
    pub(super) fn end(
        &mut self,
        order: Box<LiveOrder>,
        state: OrderState,
        reason: Reason,
        now_ns: i64,
    ) {
        self.log.set(order.id, state, reason, now_ns);
        self.places.free(order);
    }

    /// Ends an order that cannot go on: rejected, or cancelled if some of it has filled.
    pub(super) fn refuse_at(&mut self, order: Box<LiveOrder>, reason: Reason, now_ns: i64) {
        self.log.refuse(order.id, reason, now_ns);
        self.places.free(order);
    }
}
