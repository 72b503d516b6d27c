//! What market events do: to the book, to the queues of resting orders, to stops.

use super::Queue;
use super::market::{Knowledge, reaches};
use crate::market::{Event, EventKind};
use crate::venue::execute::{Point, Progress};
use crate::venue::live_order::LiveOrder;
use crate::venue::open::passes;
use crate::venue::pricing::Pricing;
use crate::venue::{MarketId, OrderState, Reason, Side, TimeInForce, Venue};

impl Venue {
    /// Plays what happens at the exchange; messages that arrived before it have been played by [`Venue::arrive`].
    /// Returns whether it might have concerned own orders or positions.
    ///
    /// # Panics
    /// When the market does not trade tick by tick.
    #[inline]
    pub fn on_event(&mut self, market: MarketId, event: &Event) -> bool {
        self.settle(market);
        let ticks = self.ticks_mut(market);
        ticks.feed_ns = event.local_ns - event.exchange_ns;
        if event.kind == EventKind::Depth && ticks.knowledge == Knowledge::Whole {
            let Some(side) = event.book_side() else {
                return false;
            };
            ticks.book.set(side, event.tick, event.size);
            let interest = &ticks.interest;
            let concerns = interest.has(side, event.tick)
                || (event.size > 0.0 && interest.is_met(side, event.tick));
            if !concerns && event.exchange_ns < interest.expiry_ns {
                return false;
            }
        }
        if event.kind == EventKind::Trade {
            if self.passes_calmly(market, event) {
                return false;
            }
            self.on_rare_event(market, event);
            self.calm_down(market);
            return true;
        }
        self.on_rare_event(market, event);
        true
    }

    /// Takes in where own orders rest, if that may have changed since the last time.
    #[inline]
    pub(super) fn settle(&mut self, market: MarketId) {
        let state = &mut self.markets[usize::from(market.0)];
        let ticks = state.ticks.as_deref_mut();
        let ticks = ticks.expect("the market trades tick by tick");
        if state.resting.take_changed() {
            ticks.settle(&state.resting);
            self.stirred += 1;
        }
    }

    /// Everything but a change of depth that concerns no own order.
    fn on_rare_event(&mut self, market: MarketId, event: &Event) {
        let now_ns = event.exchange_ns;
        if self.ticks(market).interest.expiry_ns <= now_ns {
            self.expire(market, now_ns);
        }
        match event.kind {
            EventKind::Trade => self.on_trade(market, event),
            EventKind::Depth | EventKind::Quote | EventKind::Snapshot | EventKind::Clear => {
                self.on_book(market, event);
            }
            EventKind::Gap => self.on_gap(market),
            EventKind::Funding => {
                let mark = self.ticks(market).mark;
                self.apply_funding(market, event.size, mark);
            }
            EventKind::Mark => self.on_mark(market, event),
        }
        self.answer_changes(now_ns);
    }

    fn on_trade(&mut self, market: MarketId, event: &Event) {
        let ticks = self.ticks_mut(market);
        let price = ticks.price(event.tick);
        ticks.last_trade = Some(price);
        let interest = ticks.interest;
        let takers = match event.book_side() {
            Some(taker) => [Some(taker), None],
            None => [Some(Side::Buy), Some(Side::Sell)],
        };
        self.ledger.set_mark(market, price);
        self.state_mut(market).last_close = Some(price);
        for taker in takers.into_iter().flatten() {
            if interest.is_met(taker, event.tick) {
                self.fill_by_trade(market, taker, event);
            }
        }
        self.watch_price(market, price, event.exchange_ns);
    }

    /// Own orders that a trade reaches, the best price first and of one price the oldest.
    fn fill_by_trade(&mut self, market: MarketId, taker: Side, event: &Event) {
        let whole = self.ticks(market).is_whole();
        let touch = self.rules.fill_on_touch;
        let lot = self.instrument(market).lot_size;
        let mut left = event.size;
        for id in self.reached(market, taker, event.tick) {
            let Some(mut order) = self.state_mut(market).take_where(|order| order.id == id) else {
                continue;
            };
            let mut available = left;
            if order.tick == event.tick {
                let queue = &mut order.queue;
                if touch && queue.ahead == f64::INFINITY {
                    queue.ahead = 0.0;
                }
                queue.trade(event.size, if whole { event.size } else { left });
                // By so much the trade has gone beyond the queue.
                available = (-queue.ahead).clamp(0.0, left);
                queue.ahead = queue.ahead.max(if whole { f64::NEG_INFINITY } else { 0.0 });
            }
            let reached = if whole && order.tick == event.tick {
                (-order.queue.ahead / lot.unwrap_or(f64::MIN_POSITIVE)).round() > 0.0
            } else {
                available > 0.0
            };
            if !reached {
                self.keep(market, order);
                continue;
            }
            let available = if whole { f64::INFINITY } else { available };
            let filled = self.fill_resting(order, available, event.exchange_ns);
            if !whole {
                left -= filled;
                // What rounding leaves of a trade is nothing.
                if left <= event.size * 1e-9 {
                    left = 0.0;
                }
            }
        }
    }

    /// Own orders of the side that `side` meets, at `tick` or better for it: the best price first, of one price the oldest.
    pub(super) fn reached(
        &self,
        market: MarketId,
        side: Side,
        tick: i32,
    ) -> Vec<crate::venue::OrderId> {
        let mut reached: Vec<(i64, u64, crate::venue::OrderId)> = self
            .state(market)
            .resting
            .iter()
            .filter(|order| {
                order.is_limit() && order.request.side != side && reaches(side, tick, order.tick)
            })
            .map(|order| {
                let sign = if order.request.side == Side::Buy {
                    -1
                } else {
                    1
                };
                (sign * i64::from(order.tick), order.rested, order.id)
            })
            .collect();
        reached.sort_unstable();
        reached.into_iter().map(|(_, _, id)| id).collect()
    }

    /// Fills up to `available` units of an order at its own price, as a maker. Returns what has filled.
    pub(super) fn fill_resting(
        &mut self,
        mut order: Box<LiveOrder>,
        available: f64,
        now_ns: i64,
    ) -> f64 {
        let market = order.request.market;
        let point = Point {
            market,
            price: self.ticks(market).price(order.tick),
            time_ns: now_ns,
            inside: false,
        };
        let before = self.fills.len();
        let progress = self.execute(&mut order, point, Pricing::Queued { available });
        let filled = self.filled_since(before, &order);
        match progress {
            Progress::Ended => self.places.free(order),
            Progress::Waits => self.keep(market, order),
        }
        filled
    }

    /// Puts an order back among those that rest, at its place by age.
    fn keep(&mut self, market: MarketId, order: Box<LiveOrder>) {
        let resting = &mut self.state_mut(market).resting;
        let place = resting.partition_point(|other| other.id < order.id);
        resting.insert(place, order);
    }

    fn on_book(&mut self, market: MarketId, event: &Event) {
        let ticks = self.ticks_mut(market);
        let starts_anew = matches!(
            event.kind,
            EventKind::Snapshot | EventKind::Clear | EventKind::Quote
        );
        if ticks.knowledge == Knowledge::Lost && !starts_anew {
            return;
        }
        ticks.book.apply(event);
        if event.kind != EventKind::Clear {
            ticks.knowledge = Knowledge::Whole;
        }
        let Some(side) = event.book_side() else {
            return;
        };
        match event.kind {
            EventKind::Depth => {
                self.show(market, side, |tick| tick == event.tick);
                self.show_crossed(market, side, event);
            }
            EventKind::Quote => {
                // Better levels of its side are gone; in comparisons only the level itself is looked at.
                let whole = self.ticks(market).is_whole();
                self.show(market, side, |tick| {
                    tick == event.tick || (!whole && reaches(side, tick, event.tick))
                });
                self.show_crossed(market, side, event);
            }
            // A snapshot is whole with its last level only.
            EventKind::Snapshot if event.is_last() => {
                self.show(market, Side::Buy, |_| true);
                self.show(market, Side::Sell, |_| true);
            }
            _ => {}
        }
        if event.size > 0.0 && self.ticks(market).interest.is_met(side, event.tick) {
            self.fill_by_shown(market, side, event);
        }
        let ticks = self.ticks(market);
        if ticks.last_trade.is_none()
            && let Some(mid) = ticks.book.mid_tick()
        {
            let price = mid * ticks.tick_size;
            self.ledger.set_mark(market, price);
            self.watch_price(market, price, event.exchange_ns);
        }
    }

    fn on_gap(&mut self, market: MarketId) {
        let ticks = self.ticks_mut(market);
        ticks.book.clear(None);
        if ticks.knowledge == Knowledge::Whole {
            ticks.knowledge = Knowledge::Lost;
        }
        for order in self.state_mut(market).resting.unchanged_mut() {
            order.queue = Queue::unknown();
        }
    }

    fn on_mark(&mut self, market: MarketId, event: &Event) {
        self.stirred += 1;
        self.state_mut(market).has_mark = true;
        let ticks = self.ticks_mut(market);
        ticks.mark = Some(event.size);
        let price = ticks.last_trade.unwrap_or(event.size);
        let point = Point {
            market,
            price,
            time_ns: event.exchange_ns,
            inside: false,
        };
        for account in self.account_ids() {
            self.liquidate_at(account, point, event.size);
        }
    }

    /// Lets everything act that watches the price: protective orders, stops, liquidation.
    fn watch_price(&mut self, market: MarketId, price: f64, now_ns: i64) {
        let point = Point {
            market,
            price,
            time_ns: now_ns,
            inside: false,
        };
        for account in self.account_ids() {
            if self.position(account, market).is_open() {
                self.protect(account, point);
            }
        }
        if self.ticks(market).interest.stops {
            self.trigger_stops(point);
        }
    }

    fn protect(&mut self, account: crate::venue::AccountId, point: Point) {
        let market = point.market;
        if self.protection(account, market).bracket.is_some() {
            for role in 0..4 {
                let child = self.protection(account, market).children[role];
                let Some(child) = child else { continue };
                let touch = self.rules.fill_on_touch;
                if passes(child.limit, child.falls, point.price, child.level, touch)
                    && let Some(order) = self.take_child(account, market, role)
                {
                    // A target fills at its own price, however far the trade went.
                    let price = if child.limit {
                        child.level
                    } else {
                        point.price
                    };
                    self.act(order, Point { price, ..point });
                }
            }
        }
        if !self.state(market).has_mark {
            self.liquidate_at(account, point, point.price);
        }
        let position = self.ledger.position_mut(account, market);
        if position.is_open() {
            position.saw(point.price);
            if self.protection(account, market).moves() {
                self.refresh(account, market, point.time_ns);
            }
        }
    }

    fn trigger_stops(&mut self, point: Point) {
        for order in self.state_mut(point.market).resting.unchanged_mut() {
            if order.is_trailing() {
                let best = if order.best == 0.0 {
                    point.price
                } else {
                    order.best
                };
                order.best = match order.request.side {
                    Side::Sell => best.max(point.price),
                    Side::Buy => best.min(point.price),
                };
            }
        }
        while let Some(order) = self.state_mut(point.market).take_where(|order| {
            !order.is_limit()
                && passes(
                    false,
                    order.acts_on_fall(),
                    point.price,
                    order.level(),
                    true,
                )
        }) {
            self.act(order, point);
        }
    }

    fn expire(&mut self, market: MarketId, now_ns: i64) {
        let due = |order: &LiveOrder| matches!(order.request.time_in_force, TimeInForce::GoodTilDate(date) if date <= now_ns);
        while let Some(order) = self.state_mut(market).take_where(due) {
            self.end(order, OrderState::Expired, Reason::TimeInForce, now_ns);
        }
    }
}
